// Every host import, declared once. One system call each; the man page of section 2 is the manual.
// A result below 0 is a negated errno. `ptr<T>` is an address in linear memory, `fd` a file descriptor.

export type fd = i32;
export type pid = i32;
export type ptr = usize;

// --- what the process was started with (bytes stay outside linear memory: I5) ---

/** Bytes in argument `index` without its NUL, -1 past the last. */
export declare function argv_length(index: i32): i32;
/** Copies up to `length` bytes from `offset` of argument `index` to out `buffer`; gives the count. */
export declare function argv_read(index: i32, offset: i32, buffer: ptr, length: i32): i32;
/** Makes argument `index` the C string at in `text`, which must stay in place. */
export declare function argv_set(index: i32, text: ptr): void;
/**
 * Adds the C string at in `text`, which must stay in place, to words that are read like arguments; 0 ends a command
 * line of them. Gives its index, or -E2BIG after 511.
 */
export declare function argv_push(text: ptr): i32;
/** Overwrites argument `index` from `offset` to its end with "*", in the memory that /proc/PID/cmdline shows. */
export declare function argv_scrub(index: i32, offset: i32): void;
/** Bytes in variable `index` ("NAME=value"), -1 past the last. */
export declare function environ_length(index: i32): i32;
/** Copies up to `length` bytes from `offset` of variable `index` to out `buffer`; gives the count. */
export declare function environ_read(index: i32, offset: i32, buffer: ptr, length: i32): i32;
/** Makes variable `index` the C string at in `text`, which must stay in place. */
export declare function environ_set(index: i32, text: ptr): void;
/** Drops variable `index`; the later ones move up by one. */
export declare function environ_remove(index: i32): void;
/** Bytes in the help text that C string `topic` names (binary/help/TOPIC.txt; LICENSE for "license"), -1 if there is none. */
export declare function help_length(topic: ptr): i32;
/** Copies up to `length` bytes from `offset` of that text to out `buffer`; gives the count. */
export declare function help_read(topic: ptr, offset: i32, buffer: ptr, length: i32): i32;
/** The signal mask knell was started with, bit n-1 for signal n. */
export declare function initial_mask(): u64;

/** e_machine of elf(5) that knell was built for: 62 is x86-64. */
export declare function elf_machine(): i32;

// --- processes ---

export declare function fork(): pid;
/** execve(2) of the program at in `path` with the arguments from `argvIndex` on and the whole environment. */
export declare function execve(path: ptr, argvIndex: i32): i32;
/** Does not return; no buffer is flushed twice (I14). */
export declare function exit(status: i32): void;
export declare function getpid(): pid;
export declare function getppid(): pid;
export declare function geteuid(): i32;
/**
 * waitid(2). Out `info`: { pid: i32, code: i32 (CLD_*), status: i32, uid: i32 }, pid 0 when nothing is ready.
 * `idType`: P_ALL 0, P_PID 1.
 */
export declare function waitid(idType: i32, id: pid, info: ptr, options: i32): i32;
export declare function kill(target: pid, signal: i32): i32;
/** rt_sigqueueinfo(2) with si_code SI_QUEUE and the sender's si_value. */
export declare function sigqueue(target: pid, signal: i32, value: u64): i32;
export declare function pidfd_open(target: pid): fd;
export declare function pidfd_send_signal(pidfd: fd, signal: i32): i32;
export declare function setpgid(target: pid, group: pid): i32;
export declare function getpgid(target: pid): pid;
export declare function getsid(target: pid): pid;
export declare function setsid(): pid;
/** prctl(2) with one argument, the others 0. */
export declare function prctl(option: i32, argument: i32): i32;
/** PR_GET_CHILD_SUBREAPER: 1 or 0. */
export declare function get_child_subreaper(): i32;
/** PTRACE_DETACH; `signal` is delivered as the process goes on, 0 for none. */
export declare function ptrace_detach(target: pid, signal: i32): i32;
/** PTRACE_GETSIGINFO. Out `info` as of rt_sigtimedwait. */
export declare function ptrace_getsiginfo(target: pid, info: ptr): i32;

// --- signals ---

/** `how`: SIG_BLOCK 0, SIG_UNBLOCK 1, SIG_SETMASK 2. 32 and 33 included: the C library is not asked. */
export declare function rt_sigprocmask(how: i32, set: u64): i32;
/** Sets SIG_DFL (0) or SIG_IGN (1); gives what was there: 0, 1, or 2 for a handler. */
export declare function sigaction(signal: i32, disposition: i32): i32;
/**
 * Takes one blocked signal of `set`, bit n-1 for signal n. `timeoutNs` below 0 waits for ever.
 * Out `info`: { signal: i32, code: i32 (SI_*), pid: i32, uid: i32, value: u64 }. -EAGAIN when the time is over.
 */
export declare function rt_sigtimedwait(set: u64, info: ptr, timeoutNs: i64): i32;
/** A descriptor that is readable while a signal of `mask` is pending. Non-blocking, close-on-exec. */
export declare function signalfd4(mask: u64): fd;

// --- descriptors ---

/** open(2), close-on-exec added. In `path`: C string. */
export declare function open(path: ptr, flags: i32): fd;
export declare function close(file: fd): i32;
export declare function close_range(first: i32, last: i32): i32;
export declare function read(file: fd, buffer: ptr, length: i32): i32;
export declare function write(file: fd, buffer: ptr, length: i32): i32;
export declare function lseek(file: fd, offset: i64): i64;
/** dup3(2) with flags 0: the copy survives execve. */
export declare function dup2(from: fd, to: fd): fd;
export declare function fcntl(file: fd, command: i32, argument: i32): i32;
/** Out `fds`: two i32, read end first. `flags`: O_NONBLOCK, O_CLOEXEC. */
export declare function pipe2(fds: ptr, flags: i32): i32;
/** Out `buffer`: struct linux_dirent64 records. */
export declare function getdents64(directory: fd, buffer: ptr, length: i32): i32;
export declare function readlink(path: ptr, buffer: ptr, length: i32): i32;
/** st_mode of in `path`, links followed. */
export declare function stat_mode(path: ptr): i32;
export declare function chdir(path: ptr): i32;
/** getcwd(2): out `buffer`, with its NUL; gives the length with it. */
export declare function getcwd(buffer: ptr, length: i32): i32;
export declare function unlink(path: ptr): i32;
/**
 * In and out `fds`: `count` records { fd: i32, events: i16, revents: i16 }. `timeoutNs` below 0 waits for ever.
 * The signal mask stays as it is.
 */
export declare function ppoll(fds: ptr, count: i32, timeoutNs: i64): i32;

// --- terminal ---

export declare function tcgetpgrp(terminal: fd): pid;
export declare function tcsetpgrp(terminal: fd, group: pid): i32;
/** ioctl(2) with an integer argument: TIOCSCTTY, TIOCNOTTY. */
export declare function ioctl(file: fd, request: i32, argument: i32): i32;
/** isatty(3): 1 or 0. */
export declare function isatty(file: fd): i32;
/** Columns of a terminal by TIOCGWINSZ; -ENOTTY when `file` is none. */
export declare function terminal_columns(file: fd): i32;

// --- sockets ---

/** socket(2), close-on-exec and non-blocking added. */
export declare function socket(domain: i32, type: i32): fd;
/** In `address`: a struct sockaddr of `length` bytes in the machine's layout. */
export declare function connect(socket: fd, address: ptr, length: i32): i32;
/** As `connect`. */
export declare function bind(socket: fd, address: ptr, length: i32): i32;
export declare function listen(socket: fd, backlog: i32): i32;
/** accept4(2), close-on-exec and non-blocking; the peer's address is not asked for. */
export declare function accept4(socket: fd): fd;
/** `how`: SHUT_WR 1. */
export declare function shutdown(socket: fd, how: i32): i32;
/** setsockopt(2) with an integer. */
export declare function setsockopt(socket: fd, level: i32, option: i32, value: i32): i32;
/** SO_ERROR, taken and cleared: 0 or an errno (not negated). */
export declare function socket_error(socket: fd): i32;

// --- TLS: one connection at a time, in knell-tls alone (host/tls_openssl.c) ---

/**
 * Begins TLS as a client over `socket`. In `settings`: the record of tls/settings.ts. 0, or the number of the text in
 * it that cannot be used, from 1 on, or -ENOMEM.
 */
export declare function tls_open(socket: fd, settings: ptr): i32;
/** SSL_do_handshake(3): 0 when it is done, POLLIN or POLLOUT for what it waits for, -EPROTO, or -ECONNRESET for an end. */
export declare function tls_handshake(): i32;
/** As read(2) of what was decrypted: -EAGAIN while nothing is there, -EPROTO when TLS failed. */
export declare function tls_read(buffer: ptr, length: i32): i32;
/** As write(2), likewise. */
export declare function tls_write(buffer: ptr, length: i32): i32;
/** Says goodbye, unless TLS failed, and frees everything. The socket stays. */
export declare function tls_close(): void;
/** A set: the server sent a handshake message 1, a fatal alert 2; its certificate was found bad 4. */
export declare function tls_facts(): i32;
/** Copies up to `length` bytes of what went wrong last to out `buffer`; gives the count. */
export declare function tls_error(buffer: ptr, length: i32): i32;

// --- clock and chance ---

/** CLOCK_MONOTONIC in nanoseconds. Stops for nobody: a frozen process finds it moved on (E3). */
export declare function clock_monotonic(): i64;
/** CLOCK_BOOTTIME in nanoseconds: the base of a process's start time in /proc/PID/stat. */
export declare function clock_boottime(): i64;
/** CLOCK_REALTIME in seconds. */
export declare function clock_realtime(): i64;
export declare function getrandom(buffer: ptr, length: i32): i32;
