// http-paced PORT COUNT RATE: COUNT times GET /livez on loopback, one after the other, RATE a second, each on a
// connection of its own. Prints one line each: nanoseconds from connect(2) to the answer's end, and the client's own CPU.

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char REQUEST[] = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

static long long clock_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void get(const struct sockaddr_in *server) {
  char answer[4096];
  size_t length = 0;
  ssize_t count = 1;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd >= 0 && connect(fd, (const struct sockaddr *)server, sizeof *server) == 0 &&
      write(fd, REQUEST, sizeof REQUEST - 1) == sizeof REQUEST - 1) {
    while (length < sizeof answer && (count = read(fd, answer + length, sizeof answer - length)) > 0) length += count;
  }
  if (count != 0 || length < 12 || memcmp(answer, "HTTP/1.1 200", 12) != 0) {
    fprintf(stderr, "http-paced: no 200: %.*s\n", (int)length, answer);
    exit(1);
  }
  close(fd);
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int count = atoi(argv[2]);
  long long period = 1000000000LL / atoi(argv[3]), next = clock_ns(CLOCK_MONOTONIC);
  long long (*results)[2] = malloc(count * sizeof *results);
  if (!results) return 1;
  for (int i = 0; i < count; i++, next += period) {
    struct timespec at = {next / 1000000000, next % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    long long cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), start = clock_ns(CLOCK_MONOTONIC);
    get(&server);
    results[i][0] = clock_ns(CLOCK_MONOTONIC) - start;
    results[i][1] = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  }
  for (int i = 0; i < count; i++) printf("%lld %lld\n", results[i][0], results[i][1]);
  return 0;
}
