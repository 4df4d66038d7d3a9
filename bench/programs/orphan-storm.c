// orphan-storm N, as the main child of an init that is PID 1: makes N orphans that all end at once, and prints the
// nanoseconds until the init has reaped the last one, and the nanoseconds of CPU that took the init (schedstat).

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LITTER = 100 };

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long init_cpu(void) {
  long long nanoseconds = -1;
  FILE *file = fopen("/proc/1/schedstat", "r");
  if (file && fscanf(file, "%lld", &nanoseconds) != 1) nanoseconds = -1;
  if (file) fclose(file);
  return nanoseconds;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 10000;
  int starting_gun[2], names[2];
  pid_t *orphans = malloc(count * sizeof *orphans);
  if (!orphans || pipe(starting_gun) || pipe(names)) return 1;
  for (int made = 0; made < count; made += LITTER) {
    if (fork() == 0) {
      for (int i = 0; i < LITTER; i++) {
        pid_t pid = fork();
        if (pid < 0) _exit(1);
        if (pid == 0) {
          char byte;
          close(starting_gun[1]);
          read(starting_gun[0], &byte, 1);
          _exit(0);
        }
        write(names[1], &pid, sizeof pid);
      }
      _exit(0);
    }
    int status;
    if (wait(&status) < 0 || status != 0) return 1;
    for (int i = 0; i < LITTER; i++)
      if (read(names[0], &orphans[made + i], sizeof(pid_t)) != sizeof(pid_t)) return 1;
  }
  struct timespec settle = {0, 200000000}, step = {0, 200000};
  nanosleep(&settle, NULL);
  long long cpu = init_cpu(), start = now();
  close(starting_gun[1]);
  for (int i = 0; i < count; i++)
    while (kill(orphans[i], 0) == 0) nanosleep(&step, NULL);
  long long wall = now() - start;
  printf("%lld %lld\n", wall, init_cpu() - cpu);
  return 0;
}
