/* deny ERRNO [NAME]... -- PROGRAM [ARG]...: a seccomp filter that answers ERRNO to every system call newer than
 * Linux 4.14 and to those named. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; int number; } names[] = {
  {"signalfd4", SYS_signalfd4}, {"ptrace", SYS_ptrace}, {"waitid", SYS_waitid}, {"prctl", SYS_prctl},
  {"setpgid", SYS_setpgid}, {"getdents64", SYS_getdents64}, {"rt_sigqueueinfo", SYS_rt_sigqueueinfo},
  {"clone", SYS_clone}, {"chdir", SYS_chdir},
};

int main(int count, char **words) {
  struct sock_filter code[64];
  int length = 0, at = 2, error = !strcmp(words[1], "EPERM") ? EPERM : !strcmp(words[1], "ENOMEM") ? ENOMEM
    : !strcmp(words[1], "EAGAIN") ? EAGAIN : ENOSYS;
  int refused[32], refusals = 0;
  for (; at < count && strcmp(words[at], "--"); at++) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      if (!strcmp(names[i].name, words[at])) refused[refusals++] = names[i].number;
  }
  code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  /* statx is the newest of 4.11, and nothing was added up to 4.14. */
  code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_statx, refusals + 1, 0);
  for (int i = 0; i < refusals; i++)
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i], refusals - i, 0);
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
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
