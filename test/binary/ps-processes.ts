// What `knell ps` is shown in tests: zombies and other odd processes, made by small Python programs, and a terminal.

import { expect } from "vitest";
import { KNELL, type Namespace, startNamespace, until } from "./harness.ts";

/** One process of `knell ps --json`, as the head of binary/ps/json.ts has it. */
export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly ageSeconds: number;
  readonly threads: number;
  readonly uid: number | null;
  readonly user: string | null;
  readonly name: string;
  readonly arguments: string[];
  readonly isCut: boolean;
  readonly waiter: { pid: number; name: string | null; sigchld: string | null } | null;
}

export interface Listing {
  readonly processes: ListedProcess[];
  readonly processCount: number;
  readonly zombieCount: number;
  readonly isComplete: boolean;
}

/** Imports and helpers that every Python program here begins with. */
const PROLOGUE = `
import ctypes, os, signal, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def child(act):
    pid = os.fork()
    if pid == 0:
        act()
        os._exit(0)
    return pid
def ended(pid):
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
def rename(name):
    libc.prctl(15, name, 0, 0, 0)
def ready():
    print("ready", flush=True)
    while True:
        time.sleep(1000)
`;

/** Runs `use` with a PID namespace whose PID 1 runs `program` and has called ready(). */
export async function withPython(
  program: string,
  use: (space: Namespace) => Promise<void>,
): Promise<void> {
  const space = await startNamespace(["python3", "-c", PROLOGUE + program]);
  try {
    await until("the program inside", () => space.stdout().includes("ready"));
    await use(space);
  } finally {
    await space.stop();
  }
}

/** PID 1 makes `count` zombies and then does `habit` about SIGCHLD. */
export function zombieParent(count: number, habit = "pass"): string {
  return `
pids = [child(lambda: rename(b"redis-cli")) for _ in range(${count})]
for pid in pids: ended(pid)
rename(b"redis-server")
${habit}
ready()
`;
}

/** What `knell ps` says on stdout inside; its exit status must be `status`. */
export async function psText(
  space: Namespace,
  args: readonly string[] = [],
  status = 0,
): Promise<string> {
  const result = await space.exec([KNELL, "ps", ...args], { env: { ...process.env, LC_ALL: "C" } });
  expect({ stderr: result.stderr, status: result.status }).toEqual({ stderr: "", status });
  return result.stdout;
}

export async function psJson(space: Namespace, args: readonly string[] = []): Promise<Listing> {
  return JSON.parse(await psText(space, ["--json", ...args])) as Listing;
}

/** Runs a command on a new terminal: `python3 -c PTY COLUMNS COMMAND…`. What is typed goes to stdin. */
export const PTY = `
import fcntl, os, pty, select, struct, sys, termios
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 25, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
inputs = [master, 0]
while True:
    for file in select.select(inputs, [], [])[0]:
        try:
            data = os.read(file, 65536)
        except OSError:
            data = b""
        if file == 0 and not data: inputs.remove(0)
        elif file == 0: os.write(master, data)
        elif not data: sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        else: os.write(1, data)
`;
