import { expect, test } from "vitest";
import { childrenOf, freeze, KNELL, processEntry, run, until } from "./harness.ts";
import { psJson, psText, withPython, zombieParent } from "./ps-processes.ts";

const TREE = `
def grandchild():
    ready()
def branch():
    child(grandchild)
    child(grandchild)
    ready()
child(branch)
child(grandchild)
def many():
    for _ in range(3): threading.Thread(target=ready).start()
    ready()
child(many)
ready()
`;

/** The lines of a listing up to the empty one, without the header, split into columns. */
function rowsOf(text: string): { columns: string[]; command: string }[] {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => /^ *PID +PARENT/.test(line));
  const at = lines[from]?.indexOf("COMMAND") ?? 0;
  const to = lines.findIndex(
    (line, index) => index > from && !/^ *\d+ +(\d+|-|outside) /.test(line),
  );
  return lines.slice(from + 1, to).map((line) => ({
    columns: line.slice(0, at).trim().split(/ +/),
    command: line.slice(at),
  }));
}

test("ps: the tree has every process below its parent, in the order of the pids", async () => {
  await withPython(TREE, async (space) => {
    await until("all processes", () => space.processes().length === 6);
    const text = await psText(space);
    const rows = rowsOf(text);
    expect(rows.map(({ columns }) => columns.slice(0, 3).join(" "))).toEqual([
      "1 - sleeping",
      ...[expect.stringMatching(/^\d+ 1 sleeping$/)],
      ...[expect.stringMatching(/^\d+ \d+ sleeping$/), expect.stringMatching(/^\d+ \d+ sleeping$/)],
      ...[expect.stringMatching(/^\d+ 1 sleeping$/), expect.stringMatching(/^\d+ 1 sleeping$/)],
      expect.stringMatching(/^\d+ outside running$/),
    ]);
    const branches = rows.map(({ command }) => /^[|` -]*/.exec(command)?.[0]);
    expect(branches).toEqual(["", "|- ", "|  |- ", "|  `- ", "|- ", "`- ", ""]);
    const pids = rows.map(({ columns }) => Number(columns[0]));
    expect(rows[2]?.columns[1]).toBe(String(pids[1]));
    expect(rows[3]?.columns[1]).toBe(String(pids[1]));
    expect(rows[5]?.columns[4]).toBe("4");
    expect(text).toMatch(/^7 processes, no zombies$/m);
    const again = await psText(space);
    expect(rowsOf(again).slice(0, -1)).toEqual(
      rows.slice(0, -1).map((row) => ({ ...row, columns: expect.anything() })),
    );
  });
});

test("ps: columns are aligned", async () => {
  await withPython(TREE, async (space) => {
    await until("all processes", () => space.processes().length === 6);
    const lines = (await psText(space)).split("\n").slice(0, 8);
    const header = lines[0] ?? "";
    for (const column of ["PID", "PARENT", "AGE", "THREADS"]) {
      const end = header.indexOf(column) + column.length;
      for (const line of lines) expect(line.slice(end - 1, end + 2)).toMatch(/^\S {2}$/);
    }
    for (const column of ["STATE", "USER", "COMMAND"]) {
      const start = header.indexOf(column);
      for (const line of lines) expect(line.slice(start - 2, start + 1)).toMatch(/^ {2}\S$/);
    }
  });
});

test.each([
  ["LC_ALL=C.UTF-8", true],
  ["LC_CTYPE=en_US.utf8", true],
  ["LANG=de_DE.UTF-8", true],
  ["LANG=", false],
  ["LC_ALL=C LANG=C.UTF-8", false],
  ["LC_ALL= LC_CTYPE=C LANG=C.UTF-8", false],
])("ps: with %s the tree is drawn in UTF-8: %s", async (variables, isUtf8) => {
  await withPython(TREE, async (space) => {
    const env = ["env", "-i", ...variables.split(" ")];
    const { stdout } = await space.exec([...env, KNELL, "ps"]);
    expect(stdout.includes("├─ ") && stdout.includes("└─ ")).toBe(isUtf8);
    expect(stdout.includes("|- ") && stdout.includes("`- ")).toBe(!isUtf8);
  });
});

test.each([
  [
    "default",
    "signal.signal(signal.SIGCHLD, signal.SIG_DFL)",
    "it does not catch SIGCHLD (default)",
  ],
  [
    "ignored",
    "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "it ignores SIGCHLD, which only takes effect for later ends (ignored)",
  ],
  [
    "caught",
    "signal.signal(signal.SIGCHLD, lambda *_: 0)",
    "it catches SIGCHLD, but has not waited yet (caught)",
  ],
  [
    "blocked",
    "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])",
    "it blocks SIGCHLD, as for sigwait or signalfd, but has not waited yet (blocked)",
  ],
])("ps: a zombie names its parent and that SIGCHLD is %s there", async (habit, code, sentence) => {
  await withPython(zombieParent(1, code), async (space) => {
    const text = await psText(space);
    const zombie = space.zombies()[0]?.insidePid;
    expect(text).toMatch(/^ *\d+ +1 +ZOMBIE .* `- \[redis-cli\]$/m);
    expect(text).toContain(
      `\nzombie ${zombie} redis-cli: parent 1 redis-server must wait for it; ${sentence}\n`,
    );
    expect(text).toMatch(/\n3 processes, 1 zombie\n$/);
    const [listed] = (await psJson(space, ["--zombies"])).processes;
    expect(listed?.waiter).toEqual({ pid: 1, name: "redis-server", sigchld: habit });
  });
});

test("ps: several zombies of one parent share a line, which names eight", async () => {
  await withPython(zombieParent(11), async (space) => {
    const zombies = (await psJson(space, ["--zombies"])).processes.map(
      ({ pid }) => `${pid} redis-cli`,
    );
    expect(await psText(space)).toContain(
      `zombies ${zombies.slice(0, 8).join(", ")} and 3 more: parent 1 redis-server must wait for them; it does not`,
    );
  });
});

test("ps: a parent that is stopped is said to be", async () => {
  const program = `
def parent():
    ended(child(lambda: None))
    rename(b"frozen")
    os.kill(os.getpid(), signal.SIGSTOP)
pid = child(parent)
os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
ready()`;
  await withPython(program, async (space) => {
    expect(await psText(space)).toMatch(
      /parent \d+ frozen must wait for it; it does not catch SIGCHLD \(default\), and is stopped$/m,
    );
  });
});

test("ps: of a traced zombie the tracer is named, who must wait first", async () => {
  const program = `
go, begin = os.pipe()
victim = child(lambda: os.read(go, 1))
def tracer():
    rename(b"tracer")
    libc.ptrace(0x4206, victim, 0, 0)
    os.write(begin, b"x")
    ready()
tracer = child(tracer)
os.waitid(os.P_PID, victim, os.WEXITED | os.WNOWAIT | os.WNOHANG)
while "\\nState:\\tZ" not in open(f"/proc/{victim}/status").read(): time.sleep(0.01)
ready()`;
  await withPython(program, async (space) => {
    expect(await psText(space)).toMatch(/zombie \d+ python3: tracer \d+ tracer must wait for it;/);
  });
});

test("ps: a main thread that ended before the others is headless and no zombie", async () => {
  const program = `
exit_number = 60 if os.uname().machine == "x86_64" else 93
def headless():
    threading.Thread(target=lambda: time.sleep(1000)).start()
    libc.syscall(exit_number, 0)
pid = child(headless)
while "\\nState:\\tZ" not in open(f"/proc/{pid}/status").read(): time.sleep(0.01)
ready()`;
  await withPython(program, async (space) => {
    const text = await psText(space, ["--max-zombies", "0"]);
    expect(text).toMatch(/^ *\d+ +1 +headless +\S+ +2 /m);
    expect(text).toMatch(/, no zombies\n$/);
  });
});

test("ps: a process entered from outside is a root, and the runtime must wait for it", async () => {
  await withPython("ready()", async (space) => {
    const entered = space.startExec(["sleep", "1000"]);
    const sleep = await until("the process inside", () =>
      childrenOf(entered.pid).find((child) => processEntry(child).name === "sleep"),
    );
    const pid = processEntry(sleep).insidePid;
    // nsenter plays a runtime that does not wait.
    await freeze(entered.pid);
    process.kill(sleep, "SIGKILL");
    try {
      await until("a zombie", async () => (await psJson(space)).zombieCount === 1);
      const text = await psText(space);
      expect(text).toMatch(new RegExp(`^ *${pid} +outside +ZOMBIE .* \\[sleep\\]$`, "m"));
      expect(text).toContain(
        `zombie ${pid} sleep: it was started from outside; the runtime that did so must wait for it\n`,
      );
      const [listed] = (await psJson(space, ["--zombies"])).processes;
      expect(listed?.waiter).toEqual({ pid: 0, name: null, sigchld: null });
    } finally {
      process.kill(entered.pid, "SIGCONT");
      await entered.finished;
    }
  });
});

test("ps --zombies: only zombies, in the order of their pids", async () => {
  await withPython(zombieParent(3), async (space) => {
    const rows = rowsOf(await psText(space, ["--zombies"]));
    expect(rows.map(({ columns, command }) => [columns[2], command])).toEqual(
      Array(3).fill(["ZOMBIE", "[redis-cli]"]),
    );
    const pids = rows.map(({ columns }) => Number(columns[0]));
    expect(pids).toEqual(pids.toSorted((a, b) => a - b));
  });
});

test("ps --zombies: without any there is only the count", async () => {
  await withPython("ready()", async (space) => {
    expect(await psText(space, ["--zombies"])).toBe("2 processes, no zombies\n");
  });
});

test.each([
  [0, 1],
  [2, 1],
  [3, 0],
  [4, 0],
])("ps --max-zombies %i: with three zombies the exit status is %i", async (most, status) => {
  await withPython(zombieParent(3), async (space) => {
    const text = await psText(space, ["--max-zombies", String(most)], status);
    const verdict = `3 zombies, more than --max-zombies ${most}\n`;
    expect(text.startsWith(verdict)).toBe(status === 1);
    expect(text).toMatch(/, 3 zombies\n$/);
    const json = await space.exec([KNELL, "ps", "--json", `--max-zombies=${most}`]);
    expect([json.status, JSON.parse(json.stdout).zombieCount]).toEqual([status, 3]);
  });
});

test.each([
  [["--zombeis"], 'unknown option "--zombeis"; did you mean "--zombies"? see knell ps --help'],
  [["--max-zombies"], 'option "--max-zombies" needs a value; see knell ps --help'],
  [["--max-zombies", "-1"], 'option "--max-zombies": bad value "-1"; use a number from 0 on'],
  [["--max-zombies=x"], 'option "--max-zombies": bad value "x"; use a number from 0 on'],
  [["--watch=0"], 'option "--watch": bad value "0"; use 100ms to 24h, such as 500ms or 2s'],
  [["--watch=99ms"], 'option "--watch": bad value "99ms"; use 100ms to 24h, such as 500ms or 2s'],
  [["--json=1"], 'option "--json" takes no value'],
  [["aux"], 'unexpected argument "aux"; see knell ps --help'],
  [["--watch", "2s"], 'unexpected argument "2s"; see knell ps --help'],
])("ps: %j is a usage error", async (args, message) => {
  const result = await run(KNELL, ["ps", ...args]);
  expect([result.status, result.stdout, result.stderr]).toEqual([64, "", `knell ps: ${message}\n`]);
});

test.each([["-h"], ["--help"]])("ps: %s explains every option", async (option) => {
  const result = await run(KNELL, ["ps", option]);
  expect([result.status, result.stderr]).toEqual([0, ""]);
  for (const word of ["--zombies", "--json", "--max-zombies N", "--watch[=DURATION]", "Example"])
    expect(result.stdout).toContain(word);
  for (const line of result.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});
