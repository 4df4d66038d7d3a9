// peak-rss PROGRAM…: bytes resident when PROGRAM is about to exit, by walking its pages (smaps_rollup), and wait4's
// ru_maxrss. A program that frees nothing has its peak there. Since Linux 6.2 ru_maxrss is batched per CPU and counts
// what the forking process had, so the page walk is what counts for something this small.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long resident(pid_t pid) {
  char path[64], line[256];
  long kibibytes = -1;
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "Rss: %ld kB", &kibibytes) == 1) break;
  }
  if (file) fclose(file);
  return kibibytes;
}

int main(int argc, char **argv) {
  if (argc < 2) return 64;
  pid_t pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status;
  long kibibytes = -1;
  struct rusage usage;
  waitpid(pid, &status, 0);
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC);
  ptrace(PTRACE_CONT, pid, 0, 0);
  while (wait4(pid, &status, 0, &usage) == pid && WIFSTOPPED(status)) {
    int signal = WSTOPSIG(status);
    if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXIT << 8))) kibibytes = resident(pid);
    ptrace(PTRACE_CONT, pid, 0, signal == SIGTRAP ? 0 : signal);
  }
  fprintf(stderr, "%ld %ld\n", kibibytes * 1024, usage.ru_maxrss * 1024);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
