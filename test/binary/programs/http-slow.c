/* http-slow PORT COUNT: so many clients that send a request's head one byte every 50 ms, and come again 1 s after
 * they were turned away. Says "connected" once each of them has been there. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 2000
#define TICK 50
#define PAUSE 1000

static struct sockaddr_in address = {.sin_family = AF_INET};
static int sockets[MOST], seen[MOST], reached;
static long due[MOST];
static const char head[] = "GET /livez HTTP/1.1\r\nHost: slow\r\nX-Slow: ";

static long milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void begin(int client) {
  sockets[client] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (sockets[client] < 0 || (connect(sockets[client], (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)) {
    perror("http-slow");
    exit(1);
  }
}

static void reach(int client) {
  reached += !seen[client];
  seen[client] = 1;
}

static void leave(int client, long now) {
  close(sockets[client]);
  sockets[client] = -1;
  due[client] = now + PAUSE;
  reach(client);
}

int main(int count, char **words) {
  if (count != 3) return 2;
  int clients = atoi(words[2]), said = 0;
  long sent[MOST] = {0};
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  address.sin_port = htons(atoi(words[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int client = 0; client < clients; client++) sockets[client] = -1;
  for (;;) {
    for (int client = 0; client < clients; client++) {
      long now = milliseconds();
      char bytes[512];
      if (now < due[client]) continue;
      /* Spread over a second: all at once they would fill the queue of those not accepted yet. */
      if (due[client] == 0) {
        due[client] = now + client % PAUSE;
        continue;
      }
      if (sockets[client] < 0) {
        begin(client);
        sent[client] = 0;
        due[client] = now + TICK;
        continue;
      }
      ssize_t got = recv(sockets[client], bytes, sizeof bytes, MSG_DONTWAIT);
      if (got >= 0 || errno != EAGAIN) {
        leave(client, now);
        continue;
      }
      char byte = sent[client] < (long)sizeof head - 1 ? head[sent[client]] : 'x';
      if (send(sockets[client], &byte, 1, MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN && errno != ENOTCONN) leave(client, now);
        continue;
      }
      sent[client]++;
      due[client] = now + TICK;
      reach(client);
    }
    if (reached == clients && !said) said = puts("connected"), fflush(stdout);
    usleep(2000);
  }
}
