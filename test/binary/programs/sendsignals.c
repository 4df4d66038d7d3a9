/* sendsignals PID [SIGNAL[:VALUE]]...: one after the other, with sigqueue(3) where a value is given, else kill(2).
 * sendsignals PID flood COUNT: COUNT signals, TERM to RTMAX in turn, as fast as possible. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int flood[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGURG, SIGIO, SIGWINCH, 35, 40, 64};

int main(int count, char **words) {
  pid_t target = atoi(words[1]);
  if (count == 4 && !strcmp(words[2], "flood")) {
    for (int i = 0; i < atoi(words[3]); i++) {
      if (kill(target, flood[i % 10]) < 0 && errno != EAGAIN) return 1;
    }
    return 0;
  }
  for (int i = 2; i < count; i++) {
    char *value = strchr(words[i], ':');
    union sigval queued = {.sival_int = value ? atoi(value + 1) : 0};
    if ((value ? sigqueue(target, atoi(words[i]), queued) : kill(target, atoi(words[i]))) < 0) {
      perror(words[i]);
      return 1;
    }
  }
  return 0;
}
