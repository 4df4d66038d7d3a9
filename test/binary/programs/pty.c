/* pty PROGRAM [ARG]...: runs it as leader of a session whose terminal is new, without echo and with plain "\n", and
 * relays stdin and stdout. Leaves with the program's code, 128 + n for a signal; its leaving hangs the terminal up. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

static int relay(int from, int to) {
  char buffer[4096];
  ssize_t length = read(from, buffer, sizeof buffer);
  for (ssize_t done = 0; done < length;) {
    ssize_t written = write(to, buffer + done, length - done);
    if (written < 0) return 0;
    done += written;
  }
  return length > 0;
}

static void resize(int master) {
  struct winsize size = {.ws_row = 50, .ws_col = 132};
  ioctl(master, TIOCSWINSZ, &size);
}

static volatile int wants_resize;

static void on_signal(int signal) {
  if (signal == SIGUSR1) wants_resize = 1;
}

int main(int count, char **words) {
  struct termios settings;
  int master, slave;
  if (openpty(&master, &slave, 0, 0, 0) < 0) return 98;
  tcgetattr(slave, &settings);
  settings.c_lflag &= ~ECHO;
  settings.c_oflag &= ~OPOST;
  tcsetattr(slave, TCSANOW, &settings);
  pid_t child = fork();
  if (child == 0) {
    close(master);
    login_tty(slave);
    execvp(words[1], words + 1);
    perror("pty");
    _exit(98);
  }
  close(slave);
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGCHLD, &action, 0);
  sigaction(SIGUSR1, &action, 0);
  int status, ended = 0;
  struct pollfd files[2] = {{.fd = master, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  for (;;) {
    if (wants_resize) {
      wants_resize = 0;
      resize(master);
    }
    if (!ended && waitpid(child, &status, WNOHANG) == child) ended = 1;
    /* A process that outlives the leader may hold the terminal: what is there is read, and no more waited for. */
    int ready = poll(files, 2, ended ? 0 : 50);
    if (ready < 0 && errno == EINTR) continue;
    if (files[0].revents && !relay(master, 1)) files[0].fd = -1;
    if (files[1].fd >= 0 && files[1].revents && !relay(0, master)) files[1].fd = -1;
    if (ended && (ready <= 0 || files[0].fd < 0 || !files[0].revents)) break;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
