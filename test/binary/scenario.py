"""Runs one scenario of kernel-scenarios.ts on the real kernel, as PID 1 of a namespace: the actions in argv[1] here,
the steps of forked processes in real processes. Prints what was seen as JSON. The words are those of
binary/test/fake/script.ts."""

import ctypes
import errno
import json
import os
import select
import signal
import socket
import struct
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PTRACE_TRACEME, PTRACE_DETACH, PTRACE_GETSIGINFO = 0, 17, 0x4202
SYS_RT_SIGQUEUEINFO = 129
DEADLINE_S = 5


class Siginfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("signo", "error", "code", "pad", "pid", "uid")] + [
        ("value", ctypes.c_uint64),
        ("rest", ctypes.c_char * 96),
    ]


class Timespec(ctypes.Structure):
    _fields_ = [("s", ctypes.c_long), ("ns", ctypes.c_long)]


ALL = ctypes.create_string_buffer(b"\xff" * 128)


def result(value):
    return value if value >= 0 else -ctypes.get_errno()


def set_mask(bits):
    mask = ctypes.c_uint64(bits)
    LIBC.syscall(14, 2, ctypes.byref(mask), None, 8)


# --- a forked process ---


def start(steps):
    pid = os.fork()
    if pid > 0:
        return pid
    try:
        run(steps)
    finally:
        os._exit(0)


def reap():
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


def serve():
    while True:
        reap()
        time.sleep(0.005)


def dump(number):
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass


def repeat(times, steps):
    for _ in range(times):
        run(steps)


def take_foreground():
    """As a shell's child does, but with TTOU as it is."""
    terminal = os.open("/dev/tty", os.O_RDWR)
    os.tcsetpgrp(terminal, os.getpgrp())


def pause():
    """Sleeps in slices: Python's handlers run between them, also for a signal that came just before a sleep began."""
    while True:
        time.sleep(0.02)


STEPS = {
    "exit": os._exit,
    "sleep": lambda ms: time.sleep(ms / 1000),
    "pause": pause,
    "fork": start,
    "repeat": repeat,
    "on": lambda number, steps: signal.signal(number, lambda *_: run(steps)),
    "ignore": lambda number: signal.signal(number, signal.SIG_IGN),
    "block": lambda number: signal.pthread_sigmask(signal.SIG_BLOCK, [number]),
    "kill": kill,
    "raise": lambda number: os.kill(os.getpid(), number),
    "setsid": os.setsid,
    "setpgid": lambda: os.setpgid(0, 0),
    "traceme": lambda: LIBC.ptrace(PTRACE_TRACEME, 0, 0, 0),
    "subreaper": lambda: LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0),
    "deathsig": lambda number: LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0),
    "uid": os.setuid,
    "foreground": take_foreground,
    "exec": lambda: os.execv("/bin/sleep", ["sleep", "3600"]),
    "reap": reap,
    "serve": serve,
}


def run(steps):
    for word, *values in steps:
        STEPS[word](*values)


# --- PID 1 ---


def fork(steps):
    pid = os.fork()
    if pid > 0:
        return pid
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    set_mask(0)
    try:
        run(steps)
    finally:
        os._exit(0)


def wait(options, pid=0):
    try:
        info = os.waitid(os.P_PID if pid else os.P_ALL, pid, options)
    except OSError as failure:
        return -failure.errno
    return None if info is None else [info.si_pid, info.si_code, info.si_status]


def take(timeout_ms):
    info = Siginfo()
    limit = Timespec(timeout_ms // 1000, timeout_ms % 1000 * 1000000)
    number = LIBC.syscall(128, ALL, ctypes.byref(info), ctypes.byref(limit), 8)
    if number < 0:
        return -ctypes.get_errno()
    return [number, info.code, info.pid if info.code != 128 else 0]


def queue(pid, number, value):
    info = Siginfo(signo=number, code=-1, pid=os.getpid(), uid=os.getuid(), value=value)
    return result(LIBC.syscall(SYS_RT_SIGQUEUEINFO, pid, number, ctypes.byref(info)))


def stat(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    state = "S" if fields[0] in "RSD" else fields[0]
    return [state, int(fields[1]), int(fields[2]), int(fields[3])]


def until(pid, state=None, parent=None):
    limit = time.monotonic() + DEADLINE_S
    while time.monotonic() < limit:
        seen = stat(pid)
        if state == "gone" and seen is None:
            return True
        if seen and state in (None, seen[0]) and parent in (None, seen[1]):
            return True
        time.sleep(0.002)
    return False


def trap_of(pid):
    info = Siginfo()
    if LIBC.ptrace(PTRACE_GETSIGINFO, pid, 0, ctypes.byref(info)) < 0:
        return -ctypes.get_errno()
    return [info.signo, info.code, info.pid]


def send(pid, number):
    try:
        os.kill(pid, number)
    except OSError as failure:
        return -failure.errno
    return 0


def dispose(number, disposition):
    signal.signal(number, disposition)


def set_group(pid, group):
    try:
        os.setpgid(pid, group)
    except OSError as failure:
        return -failure.errno
    return 0


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def broken_pipe():
    """Writes to a pipe nobody reads, with SIGPIPE blocked as all others."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return os.write(writer, b"x")
    except OSError as failure:
        return -failure.errno


MASTER = SLAVE = -1


def open_terminal():
    global MASTER, SLAVE
    MASTER, SLAVE = os.openpty()
    return result(LIBC.ioctl(SLAVE, 0x540E, 0))


def give_terminal(group):
    try:
        os.tcsetpgrp(SLAVE, group)
    except OSError as failure:
        return -failure.errno
    return 0


def foreground():
    try:
        return os.tcgetpgrp(SLAVE)
    except OSError as failure:
        return -failure.errno


def type_key(key):
    os.write(MASTER, {"^C": b"\x03", "^Z": b"\x1a", "^\\": b"\x1c"}[key])


def resize(columns):
    import fcntl
    import termios

    fcntl.ioctl(MASTER, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


SOCKETS = []
FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6, "unix": socket.AF_UNIX}


def attempt(action):
    """What `action` gives, 0 for nothing, or a negated errno."""
    try:
        value = action()
    except OSError as failure:
        return -failure.errno
    return 0 if value is None else value


def make_socket(family):
    made = socket.socket(FAMILIES[family], socket.SOCK_STREAM)
    made.setblocking(False)
    SOCKETS.append(made)
    return 0


def address_of(text):
    if text.startswith("/"):
        return text
    host, port = text.rsplit(":", 1)
    return (host.strip("[]"), int(port))


def set_option(index, level, option, value=1):
    return attempt(lambda: SOCKETS[index].setsockopt(level, option, value))


def accept(index):
    def action():
        accepted, _ = SOCKETS[index].accept()
        accepted.setblocking(False)
        SOCKETS.append(accepted)

    return attempt(action)


def write(index, text):
    return attempt(lambda: os.write(SOCKETS[index].fileno(), text.encode()))


def receive(index, length):
    return attempt(lambda: os.read(SOCKETS[index].fileno(), length).decode())


def reset(index):
    set_option(index, socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return attempt(SOCKETS[index].close)


def poll(index, events=select.POLLIN | select.POLLOUT, timeout_ms=0):
    poller = select.poll()
    poller.register(SOCKETS[index], events)
    found = poller.poll(timeout_ms)
    return found[0][1] if found else 0


def readable(index):
    poll(index, select.POLLIN, DEADLINE_S * 1000)
    return poll(index)


ACTIONS = {
    "socket": make_socket,
    "bind": lambda index, address: attempt(lambda: SOCKETS[index].bind(address_of(address))),
    "reuse": lambda index: set_option(index, socket.SOL_SOCKET, socket.SO_REUSEADDR),
    "v6-only": lambda index: set_option(index, socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
    "listen": lambda index, backlog: result(LIBC.listen(SOCKETS[index].fileno(), backlog)),
    "connect": lambda index, address: attempt(lambda: SOCKETS[index].connect(address_of(address))),
    "unlink": lambda path: attempt(lambda: os.unlink(path)),
    "accept": accept,
    "send": write,
    "receive": receive,
    "shut": lambda index: attempt(lambda: SOCKETS[index].shutdown(socket.SHUT_WR)),
    "close": lambda index: attempt(SOCKETS[index].close),
    "reset": reset,
    "error": lambda index: SOCKETS[index].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
    "readable": readable,
    "poll": poll,
    "terminal": open_terminal,
    "give": give_terminal,
    "foreground": foreground,
    "key": type_key,
    "resize": resize,
    "drop": lambda: result(LIBC.ioctl(SLAVE, 0x5422, 0)),
    "fork": fork,
    "kill": send,
    "queue": queue,
    "wait": wait,
    "take": take,
    "until": until,
    "look": stat,
    "detach": lambda pid, number: result(LIBC.ptrace(PTRACE_DETACH, pid, 0, number)),
    "trap": trap_of,
    "ignore": lambda number: dispose(number, signal.SIG_IGN),
    "default": lambda number: dispose(number, signal.SIG_DFL),
    "uid": os.setuid,
    "setpgid": set_group,
    "children": children,
    "broken-pipe": broken_pipe,
}


def main():
    LIBC.syscall.restype = ctypes.c_long
    LIBC.ptrace.restype = ctypes.c_long
    LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    # Whatever a wrapper around python has forked: the first process of a scenario is 2.
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write("1")
    set_mask(2**64 - 1)
    seen = []
    for word, *values in json.loads(sys.argv[1]):
        seen.append(ACTIONS[word](*values))
    print(json.dumps(seen), flush=True)
    os._exit(0)


main()
