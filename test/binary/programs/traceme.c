/* Makes its parent its tracer (PTRACE_TRACEME), comes to a trace stop, and goes on only if the parent lets it.
 *   traceme signal    stops at USR1, whose handler then runs; prints "USR1 handled", exits 7
 *   traceme exec      stops at the SIGTRAP of execve; the new program prints "executed", exits 7
 *   traceme orphan    as "signal" in an orphan, made as soon as it has a new parent; the main process waits for "go" */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

static volatile int handled;

static void handler(int signal) {
  handled = signal;
}

static int stop_at_signal(void) {
  signal(SIGUSR1, handler);
  if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) return 97;
  raise(SIGUSR1);
  if (!handled) return 96;
  printf("USR1 handled\n");
  fflush(stdout);
  return 7;
}

int main(int count, char **words) {
  if (!strcmp(words[1], "signal")) return stop_at_signal();
  if (!strcmp(words[1], "exec")) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) return 97;
    execl("/bin/sh", "sh", "-c", "echo executed; exit 7", (char *)0);
    return 95;
  }
  usleep(1000000); /* so that the namespace is seen before its PID 1 may end */
  pid_t middle = fork();
  if (middle == 0) {
    pid_t parent = getpid();
    if (fork() == 0) {
      while (getppid() == parent) usleep(1000);
      _exit(stop_at_signal());
    }
    _exit(0);
  }
  printf("main %d\n", getpid());
  fflush(stdout);
  for (;;) pause();
}
