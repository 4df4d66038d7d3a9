// ping PORT: connects to loopback, sends PING, reads PONG; no option, no deadline, no verdict. The least that a program
// can do to ask a Redis.

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  char reply[8];
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(argc == 2 ? atoi(argv[1]) : 0)};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr *)&server, sizeof server) != 0) return 1;
  if (write(fd, "PING\r\n", 6) != 6 || read(fd, reply, sizeof reply) != 7) return 1;
  return memcmp(reply, "+PONG\r\n", 7) != 0;
}
