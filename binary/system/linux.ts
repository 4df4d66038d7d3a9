// Numbers of the Linux ABI that are the same on every architecture knell is built for.

// errno.h, asm-generic
export const EPERM: i32 = 1;
export const ENOENT: i32 = 2;
export const ESRCH: i32 = 3;
export const EINTR: i32 = 4;
export const EIO: i32 = 5;
export const ENXIO: i32 = 6;
export const E2BIG: i32 = 7;
export const ENOEXEC: i32 = 8;
export const EBADF: i32 = 9;
export const ECHILD: i32 = 10;
export const EAGAIN: i32 = 11;
export const ENOMEM: i32 = 12;
export const EACCES: i32 = 13;
export const EBUSY: i32 = 16;
export const EEXIST: i32 = 17;
export const ENOTDIR: i32 = 20;
export const EISDIR: i32 = 21;
export const EINVAL: i32 = 22;
export const ENFILE: i32 = 23;
export const EMFILE: i32 = 24;
export const ENOTTY: i32 = 25;
export const ETXTBSY: i32 = 26;
export const EFBIG: i32 = 27;
export const ENOSPC: i32 = 28;
export const EROFS: i32 = 30;
export const EPIPE: i32 = 32;
export const ENAMETOOLONG: i32 = 36;
export const ENOSYS: i32 = 38;
export const ELOOP: i32 = 40;
export const EPROTO: i32 = 71;
export const EPROTOTYPE: i32 = 91;
export const EPROTONOSUPPORT: i32 = 93;
export const EAFNOSUPPORT: i32 = 97;
export const EADDRINUSE: i32 = 98;
export const EADDRNOTAVAIL: i32 = 99;
export const ENETUNREACH: i32 = 101;
export const ECONNABORTED: i32 = 103;
export const ECONNRESET: i32 = 104;
export const ENOTCONN: i32 = 107;
export const ETIMEDOUT: i32 = 110;
export const ECONNREFUSED: i32 = 111;
export const EHOSTUNREACH: i32 = 113;
export const ESTALE: i32 = 116;
export const EINPROGRESS: i32 = 115;

// signal(7)
export const SIGHUP: i32 = 1;
export const SIGINT: i32 = 2;
export const SIGQUIT: i32 = 3;
export const SIGTRAP: i32 = 5;
export const SIGKILL: i32 = 9;
export const SIGUSR1: i32 = 10;
export const SIGPIPE: i32 = 13;
export const SIGTERM: i32 = 15;
export const SIGCHLD: i32 = 17;
export const SIGCONT: i32 = 18;
export const SIGSTOP: i32 = 19;
export const SIGTSTP: i32 = 20;
export const SIGTTIN: i32 = 21;
export const SIGTTOU: i32 = 22;
export const SIGWINCH: i32 = 28;
export const SIGRTMIN: i32 = 34;
export const SIGRTMAX: i32 = 64;

// sigaction(2): si_code
export const SI_USER: i32 = 0;
export const SI_KERNEL: i32 = 128;
export const SI_QUEUE: i32 = -1;

// sigprocmask(2)
export const SIG_BLOCK: i32 = 0;
export const SIG_UNBLOCK: i32 = 1;
export const SIG_SETMASK: i32 = 2;
export const SIG_DFL: i32 = 0;
export const SIG_IGN: i32 = 1;

// waitid(2)
export const P_ALL: i32 = 0;
export const P_PID: i32 = 1;
export const WNOHANG: i32 = 1;
export const WSTOPPED: i32 = 2;
export const WEXITED: i32 = 4;
export const WNOWAIT: i32 = 0x01000000;
/** Children of any thread and of either kind (CLONE_AUTOREAP, clone without SIGCHLD). */
export const __WALL: i32 = 0x40000000;
export const CLD_EXITED: i32 = 1;
export const CLD_KILLED: i32 = 2;
export const CLD_DUMPED: i32 = 3;
export const CLD_TRAPPED: i32 = 4;
export const CLD_STOPPED: i32 = 5;

// prctl(2)
export const PR_SET_PDEATHSIG: i32 = 1;
export const PR_SET_CHILD_SUBREAPER: i32 = 36;

// open(2), fcntl(2)
export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_NONBLOCK: i32 = 0o4000;
export const O_CLOEXEC: i32 = 0o2000000;
export const O_NOCTTY: i32 = 0o400;
export const F_GETFD: i32 = 1;
export const F_SETFD: i32 = 2;
export const F_GETFL: i32 = 3;
export const F_SETFL: i32 = 4;
export const FD_CLOEXEC: i32 = 1;
export const F_DUPFD_CLOEXEC: i32 = 1030;

// inode(7)
export const S_IFMT: i32 = 0o170000;
export const S_IFDIR: i32 = 0o040000;
export const S_IFREG: i32 = 0o100000;
export const S_IFSOCK: i32 = 0o140000;

// poll(2)
export const POLLIN: i32 = 1;
export const POLLOUT: i32 = 4;
export const POLLERR: i32 = 8;
export const POLLHUP: i32 = 16;

// ioctl_tty(2)
export const TIOCSCTTY: i32 = 0x540e;
export const TIOCNOTTY: i32 = 0x5422;

// socket(2)
export const AF_UNIX: i32 = 1;
export const AF_INET: i32 = 2;
export const AF_INET6: i32 = 10;
export const SOCK_STREAM: i32 = 1;
export const SOCK_DGRAM: i32 = 2;
export const SOL_SOCKET: i32 = 1;
export const SO_REUSEADDR: i32 = 2;
export const IPPROTO_TCP: i32 = 6;
export const IPPROTO_IPV6: i32 = 41;
export const TCP_DEFER_ACCEPT: i32 = 9;
/** ipv6(7) */
export const IPV6_V6ONLY: i32 = 26;
export const SHUT_WR: i32 = 1;

/** pipe(7): a write of at most this many bytes to a pipe is atomic. */
export const PIPE_BUF: i32 = 4096;
/** limits.h: a path with its NUL. */
export const PATH_MAX: i32 = 4096;
