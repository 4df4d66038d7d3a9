/* Starts a program in a state that shells cannot make: preset [OPTION VALUE]... -- PROGRAM [ARG]...
 *   -i LIST  ignore these signals          -b LIST  block these signals
 *   -x LIST  close these descriptors       -n N     RLIMIT_NOFILE, soft and hard
 *   -s 1     be a child subreaper          -l 1     lead a new session that has fd 0 as its terminal
 *   -g 1     lead a new process group      -t 1     take the foreground for that group
 *   -c N     dumpable core size */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long mask_of(char *list) {
  unsigned long mask = 0;
  for (char *word = strtok(list, ","); word; word = strtok(0, ",")) mask |= 1ul << (atoi(word) - 1);
  return mask;
}

static int apply(char option, char *value) {
  struct rlimit limit = {atol(value), atol(value)};
  unsigned long mask = 0;
  switch (option) {
    case 'i':
      mask = mask_of(value);
      for (int signal = 1; signal <= 64; signal++) {
        /* The kernel's own structure: the C library refuses 32 and 33. */
        struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } ignore = {SIG_IGN, 0, 0, 0};
        if (mask >> (signal - 1) & 1 && syscall(SYS_rt_sigaction, signal, &ignore, 0, 8) < 0) return -1;
      }
      return 0;
    case 'b':
      mask = mask_of(value);
      return syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
    case 'x':
      for (char *word = strtok(value, ","); word; word = strtok(0, ",")) close(atoi(word));
      return 0;
    case 'n': return setrlimit(RLIMIT_NOFILE, &limit);
    case 'c': return setrlimit(RLIMIT_CORE, &limit);
    case 's': return prctl(PR_SET_CHILD_SUBREAPER, 1);
    case 'l': return setsid() < 0 ? -1 : ioctl(0, TIOCSCTTY, 1);
    case 'g': return setpgid(0, 0);
    case 't': signal(SIGTTOU, SIG_IGN); return tcsetpgrp(0, getpgid(0)) < 0 || signal(SIGTTOU, SIG_DFL) == SIG_ERR ? -1 : 0;
  }
  return -1;
}

int main(int count, char **words) {
  int at = 1;
  for (; at + 1 < count && strcmp(words[at], "--"); at += 2) {
    char what[3] = {words[at][0], words[at][1], 0};
    if (what[0] != '-' || apply(what[1], words[at + 1]) < 0) {
      dprintf(2, "preset %s: ", what);
      perror(0);
      return 98;
    }
  }
  execvp(words[at + 1], words + at + 1);
  perror("preset");
  return 98;
}
