/* The imports of binary/system/host.ts, in the same order: one system call each and no decisions (D4). What is
 * more than that says why. An address from the wasm is checked before it is used. */
#define _GNU_SOURCE
#include "host.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "help.h"
#include "wabt.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#define KERNEL_MASK_SIZE 8
#define RESULT(call)                        \
  do {                                      \
    long result_ = (call);                  \
    return result_ < 0 ? -errno : result_;  \
  } while (0)

extern char **environ;

static int argument_count;
static char **arguments;
/* Words that are no arguments of ours: command lines in a variable or in one argument, each ended by 0. Their
 * indices begin behind those of the arguments and the 0 that ends them. */
static char *pushed[512];
static u32 pushed_count;
static uint64_t start_mask;
/* The first process forked: the one whose end is knell's end if the wasm traps (D5). */
static pid_t main_child;

void *host_at(uint32_t address, uint32_t length) {
  if ((uint64_t)address + length > host_memory_size) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return host_memory + address;
}

static const char *text_at(u32 address) {
  return host_at(address, 1);
}

static u32 copy_out(const char *from, u32 offset, u32 to, u32 length) {
  u32 available = strlen(from);
  if (offset > available) offset = available;
  if (length > available - offset) length = available - offset;
  memcpy(host_at(to, length), from + offset, length);
  return length;
}

static void store_siginfo(u32 address, const siginfo_t *info) {
  struct {
    int32_t signal, code, pid, uid;
    uint64_t value;
  } out = {info->si_signo, info->si_code, info->si_pid, info->si_uid, (uintptr_t)info->si_value.sival_ptr};
  memcpy(host_at(address, sizeof out), &out, sizeof out);
}

static struct timespec *timespec_of(struct timespec *to, u64 nanoseconds) {
  if ((int64_t)nanoseconds < 0) return 0;
  to->tv_sec = nanoseconds / 1000000000;
  to->tv_nsec = nanoseconds % 1000000000;
  return to;
}

static u64 nanoseconds_of(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (u64)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* --- what the process was started with --- */

static char **word_at(u32 index) {
  static char *none[1];
  u32 behind = index - argument_count - 1;
  if (index <= (u32)argument_count) return arguments + index;
  return behind < pushed_count ? pushed + behind : none;
}

u32 HOST(argv_length)(SELF, u32 index) {
  const char *word = *word_at(index);
  return word ? strlen(word) : (u32)-1;
}

u32 HOST(argv_read)(SELF, u32 index, u32 offset, u32 buffer, u32 length) {
  const char *word = *word_at(index);
  return word ? copy_out(word, offset, buffer, length) : 0;
}

void HOST(argv_set)(SELF, u32 index, u32 text) {
  char **word = word_at(index);
  if (*word) *word = (char *)text_at(text);
}

u32 HOST(argv_push)(SELF, u32 text) {
  /* The last entry stays 0: it ends the last command line whatever happens. */
  if (pushed_count >= sizeof pushed / sizeof *pushed - 1) return -E2BIG;
  pushed[pushed_count++] = text ? (char *)text_at(text) : 0;
  return argument_count + pushed_count;
}

void HOST(argv_scrub)(SELF, u32 index, u32 offset) {
  char *word = *word_at(index);
  size_t length = word ? strlen(word) : 0;
  if (offset < length) memset(word + offset, '*', length - offset);
}

static u32 environ_count(void) {
  u32 count = 0;
  while (environ[count]) count++;
  return count;
}

u32 HOST(environ_length)(SELF, u32 index) {
  return index < environ_count() ? strlen(environ[index]) : (u32)-1;
}

u32 HOST(environ_read)(SELF, u32 index, u32 offset, u32 buffer, u32 length) {
  return index < environ_count() ? copy_out(environ[index], offset, buffer, length) : 0;
}

void HOST(environ_set)(SELF, u32 index, u32 text) {
  if (index < environ_count()) environ[index] = (char *)text_at(text);
}

void HOST(environ_remove)(SELF, u32 index) {
  u32 count = environ_count();
  if (index < count) memmove(environ + index, environ + index + 1, (count - index) * sizeof *environ);
}

static const char *help_text(u32 topic) {
  for (const struct help_topic *help = help_topics; help->name; help++) {
    if (!strcmp(help->name, text_at(topic))) return help->text;
  }
  return 0;
}

u32 HOST(help_length)(SELF, u32 topic) {
  const char *text = help_text(topic);
  return text ? strlen(text) : (u32)-1;
}

u32 HOST(help_read)(SELF, u32 topic, u32 offset, u32 buffer, u32 length) {
  const char *text = help_text(topic);
  return text ? copy_out(text, offset, buffer, length) : 0;
}

u64 HOST(initial_mask)(SELF) {
  return start_mask;
}

u32 HOST(elf_machine)(SELF) {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#elif defined(__arm__)
  return EM_ARM;
#elif defined(__riscv)
  return EM_RISCV;
#endif
}

/* --- processes --- */

u32 HOST(fork)(SELF) {
#ifdef TRAP_ON_SIGNAL /* test builds: pending on entry, it traps before there is a child (D5) */
  sigset_t pending;
  if (sigpending(&pending) == 0 && sigismember(&pending, TRAP_ON_SIGNAL)) wasm_rt_trap(WASM_RT_TRAP_UNREACHABLE);
#endif
  /* Not the C library's fork: no handlers to run, and nothing between the system call and its result. */
  long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) return -errno;
  if (!main_child) main_child = pid;
  return pid;
}

u32 HOST(execve)(SELF, u32 path, u32 argument) {
  execve(text_at(path), word_at(argument), environ);
  return -errno;
}

void HOST(exit)(SELF, u32 status) {
  _exit(status);
}

u32 HOST(getpid)(SELF) {
  return getpid();
}

u32 HOST(getppid)(SELF) {
  return getppid();
}

u32 HOST(geteuid)(SELF) {
  return geteuid();
}

u32 HOST(waitid)(SELF, u32 id_type, u32 id, u32 info, u32 options) {
  siginfo_t from = {0};
  if (waitid(id_type, id, &from, options) < 0) return -errno;
  int32_t out[4] = {from.si_pid, from.si_code, from.si_status, from.si_uid};
  memcpy(host_at(info, sizeof out), out, sizeof out);
  return 0;
}

u32 HOST(kill)(SELF, u32 target, u32 signal) {
  RESULT(kill(target, signal));
}

u32 HOST(sigqueue)(SELF, u32 target, u32 signal, u64 value) {
  siginfo_t info = {0};
  info.si_signo = signal;
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  info.si_uid = getuid();
  info.si_value.sival_ptr = (void *)(uintptr_t)value;
  RESULT(syscall(SYS_rt_sigqueueinfo, target, signal, &info));
}

u32 HOST(pidfd_open)(SELF, u32 target) {
  RESULT(syscall(SYS_pidfd_open, target, 0));
}

u32 HOST(pidfd_send_signal)(SELF, u32 pidfd, u32 signal) {
  RESULT(syscall(SYS_pidfd_send_signal, pidfd, signal, 0, 0));
}

u32 HOST(setpgid)(SELF, u32 target, u32 group) {
  RESULT(setpgid(target, group));
}

u32 HOST(getpgid)(SELF, u32 target) {
  RESULT(getpgid(target));
}

u32 HOST(getsid)(SELF, u32 target) {
  RESULT(getsid(target));
}

u32 HOST(setsid)(SELF) {
  RESULT(setsid());
}

u32 HOST(prctl)(SELF, u32 option, u32 argument) {
  RESULT(prctl(option, (unsigned long)argument, 0ul, 0ul, 0ul));
}

u32 HOST(get_child_subreaper)(SELF) {
  int is_subreaper = 0;
  if (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0ul, 0ul, 0ul) < 0) return -errno;
  return is_subreaper;
}

u32 HOST(ptrace_detach)(SELF, u32 target, u32 signal) {
  RESULT(ptrace(PTRACE_DETACH, target, (void *)0, (void *)(uintptr_t)signal));
}

u32 HOST(ptrace_getsiginfo)(SELF, u32 target, u32 info) {
  siginfo_t from = {0};
  if (ptrace(PTRACE_GETSIGINFO, target, (void *)0, &from) < 0) return -errno;
  store_siginfo(info, &from);
  return 0;
}

/* --- signals --- */

u32 HOST(rt_sigprocmask)(SELF, u32 how, u64 set) {
  RESULT(syscall(SYS_rt_sigprocmask, how, &set, 0, KERNEL_MASK_SIZE));
}

u32 HOST(sigaction)(SELF, u32 signal, u32 disposition) {
  struct sigaction action = {.sa_handler = disposition ? SIG_IGN : SIG_DFL}, before;
  if (sigaction(signal, &action, &before) < 0) return -errno;
  return before.sa_handler == SIG_DFL ? 0 : before.sa_handler == SIG_IGN ? 1 : 2;
}

u32 HOST(rt_sigtimedwait)(SELF, u64 signals, u32 info, u64 timeout) {
  struct timespec time;
  siginfo_t from;
  sigset_t set = {0};
  memcpy(&set, &signals, sizeof signals);
  int signal = sigtimedwait(&set, &from, timespec_of(&time, timeout));
  if (signal < 0) return -errno;
#ifdef TRAP_ON_SIGNAL /* test builds: a signal on which the wasm traps (D5) */
  if (signal == TRAP_ON_SIGNAL) wasm_rt_trap(WASM_RT_TRAP_UNREACHABLE);
#endif
  store_siginfo(info, &from);
  return signal;
}

u32 HOST(signalfd4)(SELF, u64 mask) {
  RESULT(syscall(SYS_signalfd4, -1, &mask, KERNEL_MASK_SIZE, O_CLOEXEC | O_NONBLOCK));
}

/* --- descriptors --- */

u32 HOST(open)(SELF, u32 path, u32 flags) {
  RESULT(open(text_at(path), flags | O_CLOEXEC));
}

u32 HOST(close)(SELF, u32 file) {
  RESULT(syscall(SYS_close, file));
}

u32 HOST(close_range)(SELF, u32 first, u32 last) {
  RESULT(syscall(SYS_close_range, first, last, 0));
}

u32 HOST(read)(SELF, u32 file, u32 buffer, u32 length) {
#ifdef TRAP_ON_SIGNAL /* test builds: bytes from a client on which the wasm traps (D5) */
  ssize_t result = read(file, host_at(buffer, length), length);
  if (result >= 5 && !memcmp(host_memory + buffer, "TRAP ", 5)) wasm_rt_trap(WASM_RT_TRAP_UNREACHABLE);
  return result < 0 ? -errno : result;
#else
  RESULT(read(file, host_at(buffer, length), length));
#endif
}

u32 HOST(write)(SELF, u32 file, u32 buffer, u32 length) {
  RESULT(write(file, host_at(buffer, length), length));
}

u64 HOST(lseek)(SELF, u32 file, u64 offset) {
  RESULT(lseek(file, offset, SEEK_SET));
}

u32 HOST(dup2)(SELF, u32 from, u32 to) {
  RESULT(dup3(from, to, 0));
}

u32 HOST(fcntl)(SELF, u32 file, u32 command, u32 argument) {
  RESULT(fcntl(file, command, (unsigned long)argument));
}

u32 HOST(pipe2)(SELF, u32 fds, u32 flags) {
  RESULT(pipe2(host_at(fds, 8), flags));
}

u32 HOST(getdents64)(SELF, u32 directory, u32 buffer, u32 length) {
  RESULT(syscall(SYS_getdents64, directory, host_at(buffer, length), length));
}

u32 HOST(readlink)(SELF, u32 path, u32 buffer, u32 length) {
  RESULT(readlink(text_at(path), host_at(buffer, length), length));
}

u32 HOST(stat_mode)(SELF, u32 path) {
  struct stat status;
  if (stat(text_at(path), &status) < 0) return -errno;
  return status.st_mode;
}

u32 HOST(chdir)(SELF, u32 path) {
  RESULT(chdir(text_at(path)));
}

u32 HOST(getcwd)(SELF, u32 buffer, u32 length) {
  RESULT(syscall(SYS_getcwd, host_at(buffer, length), length));
}

u32 HOST(unlink)(SELF, u32 path) {
  RESULT(unlink(text_at(path)));
}

u32 HOST(ppoll)(SELF, u32 fds, u32 count, u64 timeout) {
  struct timespec time;
  RESULT(ppoll(host_at(fds, count * sizeof(struct pollfd)), count, timespec_of(&time, timeout), 0));
}

/* --- terminal --- */

u32 HOST(isatty)(SELF, u32 file) {
  return isatty(file);
}

u32 HOST(tcgetpgrp)(SELF, u32 terminal) {
  RESULT(tcgetpgrp(terminal));
}

u32 HOST(tcsetpgrp)(SELF, u32 terminal, u32 group) {
  RESULT(tcsetpgrp(terminal, group));
}

u32 HOST(ioctl)(SELF, u32 file, u32 request, u32 argument) {
  RESULT(ioctl(file, request, (unsigned long)argument));
}

u32 HOST(terminal_columns)(SELF, u32 file) {
  struct winsize size;
  if (ioctl(file, TIOCGWINSZ, &size) < 0) return -errno;
  return size.ws_col;
}

/* --- sockets --- */

u32 HOST(socket)(SELF, u32 domain, u32 type) {
  RESULT(socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

u32 HOST(connect)(SELF, u32 socket, u32 address, u32 length) {
  RESULT(connect(socket, host_at(address, length), length));
}

u32 HOST(bind)(SELF, u32 socket, u32 address, u32 length) {
  RESULT(bind(socket, host_at(address, length), length));
}

u32 HOST(listen)(SELF, u32 socket, u32 backlog) {
  RESULT(listen(socket, backlog));
}

u32 HOST(accept4)(SELF, u32 socket) {
  RESULT(accept4(socket, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

u32 HOST(shutdown)(SELF, u32 socket, u32 how) {
  RESULT(shutdown(socket, how));
}

u32 HOST(setsockopt)(SELF, u32 socket, u32 level, u32 option, u32 value) {
  RESULT(setsockopt(socket, level, option, &value, sizeof value));
}

u32 HOST(socket_error)(SELF, u32 socket) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return errno;
  return error;
}

/* --- clock and chance --- */

u64 HOST(clock_monotonic)(SELF) {
  return nanoseconds_of(CLOCK_MONOTONIC);
}

u64 HOST(clock_boottime)(SELF) {
  return nanoseconds_of(CLOCK_BOOTTIME);
}

u64 HOST(clock_realtime)(SELF) {
  return nanoseconds_of(CLOCK_REALTIME) / 1000000000;
}

u32 HOST(getrandom)(SELF, u32 buffer, u32 length) {
  RESULT(syscall(SYS_getrandom, host_at(buffer, length), length, 0));
}

/* --- D5: the wasm has trapped; forward, reap, leave with the child's status --- */

static void forward(const siginfo_t *info) {
  int from_kernel = info->si_code > 0;
  /* The PIPE that a write to a stderr without reader leaves is ours, not the child's. */
  int is_own = info->si_code == SI_USER && info->si_pid == getpid();
  if (info->si_signo == SIGCHLD || is_own) return;
  if (from_kernel && (info->si_signo == SIGTTIN || info->si_signo == SIGTTOU)) return;
  kill(main_child, info->si_signo);
}

static void reap(void) {
  int status, end = -1;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (WIFSTOPPED(status)) ptrace(PTRACE_DETACH, pid, (void *)0, (void *)(uintptr_t)WSTOPSIG(status));
    else if (pid == main_child) end = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  if (end < 0 && pid < 0 && errno == ECHILD) end = 1;
  if (end >= 0) _exit(end);
}

void host_carry_on(const char *reason) {
  static const char before[] = "knell: internal error: ";
  static const char after[] = "; carrying on with forwarding and reaping only, report this as a bug\n";
  char line[160];
  size_t length = 0;
  struct pollfd log = {.fd = 2, .events = POLLOUT};
  memcpy(line, before, length = sizeof before - 1);
  memcpy(line + length, reason, strlen(reason));
  length += strlen(reason);
  memcpy(line + length, after, sizeof after - 1);
  length += sizeof after - 1;
  if (poll(&log, 1, 0) == 1 && write(2, line, length) < 0) { /* the line is lost, the container is not */ }
  if (main_child <= 0) _exit(1);
  /* Nobody serves the health endpoint any more: a client is refused, not left waiting. */
  syscall(SYS_close_range, 3, ~0u, 0);
  for (int file = 3; file < 128; file++) close(file);
  uint64_t all = ~(uint64_t)0;
  sigset_t set = {0};
  memcpy(&set, &all, sizeof all);
  for (;;) {
    siginfo_t info;
    reap();
    if (sigwaitinfo(&set, &info) > 0) forward(&info);
  }
}

int main(int count, char **values) {
  /* I17: first of all. The kernel discards a default-action signal that is sent to a namespace's PID 1. */
  uint64_t all = ~(uint64_t)0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &start_mask, KERNEL_MASK_SIZE);
  argument_count = count;
  arguments = values;
  static INSTANCE instance;
  INSTANTIATE(&instance);
  _exit(RUN(&instance));
}
