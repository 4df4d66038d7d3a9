/* Prints "ready PID", then every signal it gets, in order, as "SIGNAL CODE SENDER VALUE TIME", one a line;
 * TIME is CLOCK_MONOTONIC in nanoseconds.
 * recorder [SIGNAL=STATUS]...: leaves with STATUS when SIGNAL comes. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words) {
  unsigned long all = ~0ul;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
  printf("ready %d\n", getpid());
  fflush(stdout);
  for (;;) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int signal = syscall(SYS_rt_sigtimedwait, &all, &info, 0, 8);
    if (signal < 0) {
      if (errno == EINTR) continue;
      return 99;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%d %d %d %d %lld\n", signal, info.si_code, info.si_pid, info.si_code == SI_QUEUE ? info.si_value.sival_int : 0,
           now.tv_sec * 1000000000ll + now.tv_nsec);
    fflush(stdout);
    for (int i = 1; i < count; i++) {
      char *rest;
      if (strtol(words[i], &rest, 10) == signal && *rest == '=') return atoi(rest + 1);
    }
  }
}
