// signal-latency COUNT -- INIT-A… --then INIT-B…: starts both inits over a child of this program and sends USR1 to each in
// turn. The child's handler writes the time. Prints nanoseconds from kill(2) to handler, one pair per line.

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** Where the child writes; the inits pass it on. */
enum { TIMES = 9 };

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void answer(int signal) {
  long long time = now();
  write(TIMES, &time, sizeof time);
}

static int child(void) {
  struct sigaction action = {.sa_handler = answer};
  sigaction(SIGUSR1, &action, NULL);
  answer(0);
  while (1) pause();
  return 0;
}

struct under_test { pid_t init; int times; };

static struct under_test start(char **words, char *self) {
  int count = 0, ends[2];
  while (words[count]) count++;
  char *full[count + 3];
  memcpy(full, words, count * sizeof *words);
  full[count] = self;
  full[count + 1] = "child";
  full[count + 2] = NULL;
  if (pipe(ends)) exit(1);
  struct under_test result = {fork(), ends[0]};
  if (result.init == 0) {
    dup2(ends[1], TIMES);
    close(ends[0]);
    if (ends[1] != TIMES) close(ends[1]);
    execvp(full[0], full);
    _exit(127);
  }
  close(ends[1]);
  long long ready;
  if (read(ends[0], &ready, sizeof ready) != sizeof ready) exit(1);
  return result;
}

static long long measure(struct under_test init) {
  struct timespec rest = {0, 500000};
  nanosleep(&rest, NULL);
  long long sent = now(), received;
  kill(init.init, SIGUSR1);
  if (read(init.times, &received, sizeof received) != sizeof received) exit(1);
  return received - sent;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "child") == 0) return child();
  int second = 0;
  for (int i = 3; i < argc; i++)
    if (strcmp(argv[i], "--then") == 0) second = i;
  if (second == 0) return 64;
  argv[second] = NULL;
  struct under_test a = start(argv + 3, argv[0]), b = start(argv + second + 1, argv[0]);
  for (int i = atoi(argv[1]); i > 0; i--) {
    /* Who is first of a pair changes: the first one finds the caches colder. */
    int is_a_first = i & 1;
    long long first = measure(is_a_first ? a : b), second = measure(is_a_first ? b : a);
    if (is_a_first) printf("%lld %lld\n", first, second);
    else printf("%lld %lld\n", second, first);
  }
  kill(a.init, SIGTERM);
  kill(b.init, SIGTERM);
  waitpid(a.init, NULL, 0);
  waitpid(b.init, NULL, 0);
  return 0;
}
