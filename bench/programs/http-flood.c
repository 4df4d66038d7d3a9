// http-flood PORT COUNT CONNECTIONS: COUNT times GET /livez on loopback as fast as they are answered, CONNECTIONS at
// once, one request each. Prints the nanoseconds that took.

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64 };

static const char REQUEST[] = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
static struct sockaddr_in server = {.sin_family = AF_INET};
static struct pollfd connections[MOST];
/** An answer of /livez is far shorter. */
static struct { char text[4096]; size_t length; } answers[MOST];

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void begin(int i) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr *)&server, sizeof server) != 0 ||
      write(fd, REQUEST, sizeof REQUEST - 1) != sizeof REQUEST - 1) {
    perror("http-flood");
    exit(1);
  }
  connections[i] = (struct pollfd){fd, POLLIN, 0};
  answers[i].length = 0;
}

/** True if the answer has ended. */
static int receive(int i) {
  char *text = answers[i].text;
  size_t length = answers[i].length;
  ssize_t count = read(connections[i].fd, text + length, sizeof answers[i].text - length);
  if (count > 0) {
    answers[i].length += count;
    return 0;
  }
  if (count < 0 || length < 12 || memcmp(text, "HTTP/1.1 200", 12) != 0) {
    fprintf(stderr, "http-flood: no 200: %.*s\n", (int)length, text);
    exit(1);
  }
  close(connections[i].fd);
  connections[i].fd = -1;
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  server.sin_port = htons(atoi(argv[1]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int count = atoi(argv[2]), at_once = atoi(argv[3]), begun = 0, ended = 0;
  if (at_once < 1 || at_once > MOST || count < at_once) return 64;
  long long start = now();
  while (begun < at_once) begin(begun++);
  while (ended < count) {
    poll(connections, at_once, -1);
    for (int i = 0; i < at_once; i++) {
      if (connections[i].fd < 0 || connections[i].revents == 0 || !receive(i)) continue;
      ended++;
      if (begun < count) {
        begin(i);
        begun++;
      }
    }
  }
  printf("%lld\n", now() - start);
  return 0;
}
