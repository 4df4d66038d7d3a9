/* http-load PORT PATH REQUESTS CONNECTIONS: asks with so many connections at once, a new one for each request, and
 * prints the answers as "200=N other=N broken=N". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 256

static struct sockaddr_in address = {.sin_family = AF_INET};
static char request[256];
static struct pollfd sockets[MOST];
static char answers[MOST][16];
static size_t lengths[MOST];

static void begin(int slot) {
  int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockets[slot] = (struct pollfd){.fd = file, .events = POLLOUT};
  lengths[slot] = 0;
  if (connect(file, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
    perror("http-load");
    exit(1);
  }
}

/* 1 once the connection has ended. */
static int go_on(int slot) {
  struct pollfd *socket = sockets + slot;
  char bytes[8192];
  if (socket->events == POLLOUT) {
    socket->events = POLLIN;
    return send(socket->fd, request, strlen(request), MSG_NOSIGNAL) < 0;
  }
  ssize_t count = read(socket->fd, bytes, sizeof bytes);
  if (count < 0 && errno == EAGAIN) return 0;
  for (ssize_t i = 0; i < count && lengths[slot] < sizeof answers[slot]; i++) answers[slot][lengths[slot]++] = bytes[i];
  return count <= 0;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  long left = atol(words[3]), passed = 0, other = 0, broken = 0;
  int slots = atoi(words[4]), busy = 0;
  address.sin_port = htons(atoi(words[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\nUser-Agent: kube-probe/1.32\r\nConnection: close\r\n\r\n", words[2]);
  for (int slot = 0; slot < slots && slot < MOST; slot++) sockets[slot].fd = -1;
  for (int slot = 0; slot < slots && left > 0; slot++, left--, busy++) begin(slot);
  while (busy > 0) {
    poll(sockets, slots, -1);
    for (int slot = 0; slot < slots; slot++) {
      if (sockets[slot].fd < 0 || !sockets[slot].revents || !go_on(slot)) continue;
      close(sockets[slot].fd);
      sockets[slot].fd = -1;
      if (lengths[slot] < 12) broken++;
      else if (!memcmp(answers[slot], "HTTP/1.1 200", 12)) passed++;
      else other++;
      if (left > 0) left--, begin(slot);
      else busy--;
    }
  }
  printf("200=%ld other=%ld broken=%ld\n", passed, other, broken);
}
