// exec-loop ROUNDS LAPS -- A… --then B…: runs A and B in turn, LAPS times each per round, who begins in turn too, and prints one line per round:
// wall and CPU nanoseconds of one A and one B. CPU is wait4's: the process and all it has waited for.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cost { double wall, cpu; };

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

static double timevals(const struct rusage *usage) {
  return usage->ru_utime.tv_sec + usage->ru_stime.tv_sec + (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1e-6;
}

static struct cost run(char **words, int null, int laps) {
  struct cost cost = {0, 0};
  for (int lap = 0; lap < laps; lap++) {
    struct rusage usage;
    int status;
    double start = seconds();
    pid_t pid = fork();
    if (pid == 0) {
      dup2(null, 1);
      dup2(null, 2);
      execvp(words[0], words);
      _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) exit(2);
    cost.wall += seconds() - start;
    cost.cpu += timevals(&usage);
    if (status != 0) {
      fprintf(stderr, "exec-loop: %s: wait status %d\n", words[0], status);
      exit(1);
    }
  }
  cost.wall *= 1e9 / laps;
  cost.cpu *= 1e9 / laps;
  return cost;
}

int main(int argc, char **argv) {
  int second = 0;
  for (int i = 4; i < argc; i++)
    if (strcmp(argv[i], "--then") == 0) second = i;
  if (argc < 6 || second == 0) {
    fprintf(stderr, "usage: exec-loop ROUNDS LAPS -- A... --then B...\n");
    return 64;
  }
  argv[second] = NULL;
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int rounds = atoi(argv[1]), laps = atoi(argv[2]);
  run(argv + 4, null, 3);
  run(argv + second + 1, null, 3);
  for (int round = 0; round < rounds; round++) {
    struct cost a, b;
    if (round % 2 == 0) a = run(argv + 4, null, laps);
    b = run(argv + second + 1, null, laps);
    if (round % 2 == 1) a = run(argv + 4, null, laps);
    printf("%.0f %.0f %.0f %.0f\n", a.wall, a.cpu, b.wall, b.cpu);
  }
  return 0;
}
