/* Makes orphans for whoever is their reaper, says "made", and stays until it is told to end.
 *   orphans COUNT MS      COUNT processes that sleep MS to 2*MS and exit
 *   orphans burst COUNT   COUNT processes that are dead already when their parent leaves them
 *   orphans chain COUNT   COUNT endless chains: each process forks the next and exits
 *   orphans storm COUNT   COUNT processes that fork as long as they can
 *   orphans leave COUNT MS   as the first, but ends at once with code 3 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void chain(void) {
  for (;;) {
    pid_t next = fork();
    if (next > 0) _exit(0);
    if (next < 0) usleep(1000);
  }
}

static void storm(void) {
  for (;;) {
    pid_t next = fork();
    if (next == 0) {
      sleep(30);
      _exit(0);
    }
    if (next < 0) usleep(1000);
  }
}

static void child(const char *mode, int number, int milliseconds) {
  if (!strcmp(mode, "chain")) chain();
  if (!strcmp(mode, "storm")) storm();
  if (strcmp(mode, "burst")) usleep(1000 * (milliseconds + number * 37 % (milliseconds + 1)));
  _exit(0);
}

int main(int words, char **word) {
  int has_mode = word[1][0] > '9';
  const char *mode = has_mode ? word[1] : "";
  int count = atoi(word[1 + has_mode]), milliseconds = words > 2 + has_mode ? atoi(word[2 + has_mode]) : 0;
  pid_t middle = fork();
  if (middle == 0) {
    for (int i = 0; i < count; i++) {
      pid_t orphan = fork();
      if (orphan == 0) child(mode, i, milliseconds);
      if (orphan < 0) _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(middle, &status, 0);
  printf(status ? "failed\n" : "made\n");
  fflush(stdout);
  if (!strcmp(mode, "leave")) return 3;
  for (;;) pause();
}
