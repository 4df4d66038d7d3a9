/* fork-storm [setsid]: a tree of 255 processes in which every node puts a new subtree in the place of a child that
 * ends. With setsid each node is a session of its own, so that no process group holds two. Each node gives up after
 * ten seconds. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GENERATIONS 7
#define LIFETIME 10

int main(int count, char **words) {
  int own_sessions = count > 1 && !strcmp(words[1], "setsid");
  int below = GENERATIONS;
  signal(SIGTERM, SIG_IGN);
begin:
  if (own_sessions) setsid();
  alarm(LIFETIME);
  for (int children = 0; below > 0; children++) {
    if (children >= 2) wait(0);
    if (fork() == 0) {
      below--;
      goto begin;
    }
  }
  for (;;) pause();
}
