/* deny ERRNO [NAME]... -- PROGRAM [ARG]...: a seccomp filter that answers ERRNO to the system calls named. "new"
 * stands for every one that is newer than Linux 4.14, "tcsetpgrp" for that request of ioctl. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; int number; } names[] = {
  {"signalfd4", SYS_signalfd4}, {"ptrace", SYS_ptrace}, {"waitid", SYS_waitid}, {"prctl", SYS_prctl},
  {"setpgid", SYS_setpgid}, {"rt_sigqueueinfo", SYS_rt_sigqueueinfo}, {"getdents64", SYS_getdents64},
};

static struct sock_filter code[128];
static int length;

static void add(unsigned short what, unsigned int value, int if_true, int if_false) {
  code[length++] = (struct sock_filter)BPF_JUMP(what, value, if_true, if_false);
}

static int number_of(const char *error) {
  for (int number = 1; number < 134; number++) {
    const char *name = strerrorname_np(number);
    if (name && !strcmp(name, error)) return number;
  }
  return 0;
}

int main(int count, char **words) {
  unsigned int refuse = SECCOMP_RET_ERRNO | number_of(words[1]);
  int at = 2;
  for (; at < count && strcmp(words[at], "--"); at++) {
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    if (!strcmp(words[at], "new")) {
      /* statx is the newest of 4.11, and nothing was added up to 4.14. */
      add(BPF_JMP | BPF_JGT | BPF_K, SYS_statx, 0, 1);
    } else if (!strcmp(words[at], "tcsetpgrp")) {
      add(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3);
      add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]), 0, 0);
      add(BPF_JMP | BPF_JEQ | BPF_K, TIOCSPGRP, 0, 1);
    } else {
      int number = -1;
      for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(names[i].name, words[at])) number = names[i].number;
      }
      if (number < 0) return fprintf(stderr, "deny: unknown \"%s\"\n", words[at]), 98;
      add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    }
    add(BPF_RET | BPF_K, refuse, 0, 0);
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  struct sock_fprog filter = {length, code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0) {
    perror("deny");
    return 98;
  }
  execvp(words[at + 1], words + at + 1);
  perror("deny");
  return 98;
}
