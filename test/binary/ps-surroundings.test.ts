import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KNELL, processEntry, run, start, startNamespace, until } from "./harness.ts";
import { psJson, psText, withPython, zombieParent } from "./ps-processes.ts";

/** An image with nothing but knell. */
let image = "";

beforeAll(() => {
  image = mkdtempSync(join(tmpdir(), "knell-ps-"));
  mkdirSync(join(image, "proc"));
  mkdirSync(join(image, "etc"));
  copyFileSync(KNELL, join(image, "knell"));
});

afterAll(() => rmSync(image, { recursive: true }));

/** Runs `knell ps` as PID 1 with /proc in the image. */
function psInImage(setup = ":", ...args: string[]) {
  const script = `mount -t proc proc ${image}/proc && ${setup} && exec chroot ${image} /knell ps "$@"`;
  return run("unshare", ["-pmf", "--kill-child", "sh", "-c", script, "sh", ...args]);
}

test("ps: without /proc it fails and says so", async () => {
  const empty = mkdtempSync(join(tmpdir(), "knell-ps-"));
  copyFileSync(KNELL, join(empty, "knell"));
  const missing = await run("chroot", [empty, "/knell", "ps"]);
  rmSync(empty, { recursive: true });
  const hint = "mount it with: mount -t proc proc /proc";
  expect(missing).toMatchObject({
    ...{ status: 1, stdout: "" },
    stderr: `knell ps: "/proc": no such file or directory (ENOENT); ${hint}\n`,
  });
  const notMounted = await run("chroot", [image, "/knell", "ps", "--json"]);
  expect(notMounted).toMatchObject({
    ...{ status: 1, stdout: "" },
    stderr: `knell ps: "/proc": no processes there; ${hint}\n`,
  });
});

test("ps: without /etc/passwd users are numbers", async () => {
  const result = await psInImage();
  expect(result).toMatchObject({ status: 0, stderr: "" });
  expect(result.stdout).toMatch(
    /^ *1 +- +running +0s +1 +0 +\/knell ps\n1 process, no zombies\n$/m,
  );
});

test.each([
  ["root:x:0:0:root:/root:/bin/sh\n", "root"],
  ["a:x:1:1::/:\nredis:x:0:0::/:\nroot:x:0:0::/:\n", "redis"],
  ["redis:x:0:", "redis"],
  ["\n::\nroot\nroot:x\nroot:x:\nroot:x:0\n", "0"],
  [`${"n".repeat(33)}:x:0:0::/:\n`, "0"],
  [`${"n".repeat(32)}:x:0:0::/:\n`, "n".repeat(32)],
  ["a\x1bb\xff:x:0:0::/:\n", "a\\x1bb\\xff"],
  [`${"x:x:1:1::/:\n".repeat(5000)}root:x:0:0::/:\n`, "root"],
  [`${"x:x:1:1::/:\n".repeat(5500)}root:x:0:0::/:\n`, "0"],
])("ps: /etc/passwd %j names the user %j", async (passwd, user) => {
  writeFileSync(join(image, "etc/passwd"), passwd, "latin1");
  const result = await psInImage();
  rmSync(join(image, "etc/passwd"));
  expect(result.stdout.split("\n")[1]?.trim().split(/ +/)[5]).toBe(user);
});

test.each([
  ["hidepid=1", "invisible"],
  ["hidepid=2", "invisible"],
])("ps: under %s others' processes are missing, and that is said", async (option) => {
  await withPython(zombieParent(2), async (space) => {
    await space.exec(["mount", "-o", `remount,${option}`, "/proc"]);
    const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", KNELL, "ps"];
    const text = await space.exec(asNobody);
    expect(text).toMatchObject({ status: 0, stderr: "" });
    expect(text.stdout).toMatch(
      /^1 process, no zombies; \/proc hides others from this user \(hidepid\)\n$/m,
    );
    const json = JSON.parse((await space.exec([...asNobody, "--json"])).stdout);
    expect(json).toMatchObject({ processCount: 1, isComplete: false });
  });
});

test("ps: a zombie whose parent is hidden still names it", async () => {
  const program = `
def other():
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    os.execv("/bin/true", ["true"])
zombie = child(other)
ended(zombie)
os.system("mount -o remount,hidepid=2 /proc")
print(zombie, flush=True)
ready()`;
  await withPython(program, async (space) => {
    const zombie = Number(space.stdout().split("\n")[0]);
    const { stdout } = await space.exec([
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      KNELL,
      "ps",
    ]);
    expect(stdout).toContain(
      `zombie ${zombie} true: parent 1 must wait for it; it cannot be seen from here\n`,
    );
  });
});

test("ps: as any user without capabilities", async () => {
  await withPython(zombieParent(1), async (space) => {
    const nobody = [
      "setpriv",
      "--reuid=65535",
      "--regid=65535",
      "--clear-groups",
      "--no-new-privs",
    ];
    const result = await space.exec([...nobody, "--bounding-set=-all", KNELL, "ps"]);
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(result.stdout).toMatch(/parent 1 redis-server must wait for it; it does not catch/);
    expect(result.stdout).toMatch(/ +65535 +\S+knell ps$/m);
  });
});

test("ps: ages are right in a time namespace", async () => {
  const inside = ["unshare", "--time", "--boottime", "1000000", "--fork", KNELL, "ps", "--json"];
  await withPython("ready()", async (space) => {
    const { stdout } = await space.exec(inside);
    const ages = JSON.parse(stdout).processes.map(
      ({ ageSeconds }: { ageSeconds: number }) => ageSeconds,
    );
    expect(ages.length).toBeGreaterThan(1);
    for (const age of ages) expect(age).toBeLessThan(60);
  });
});

test("ps: kernel threads have no parent outside", async () => {
  const { stdout } = await run(KNELL, ["ps"]);
  // Only a machine shows kernel threads; in a container there are none to look at.
  const kernel = /^ *2 .*\[kthreadd\]$/m.exec(stdout)?.[0];
  if (kernel) expect(kernel).toMatch(/^ *2 +- +sleeping /);
  else expect(stdout).not.toContain("kthreadd");
});

test("ps: 5000 processes, in the same order each time", async () => {
  const perl = "for (1..4998) { fork // die or exit } $| = 1; print qq(ready\n); sleep 1000";
  const space = await startNamespace(["perl", "-e", perl]);
  try {
    await until("all processes", () => space.stdout().includes("ready"), 15_000);
    const lists = [await psText(space), await psText(space)].map((text) =>
      text.split("\n").map((line) => line.trim().split(" ")[0]),
    );
    expect(lists[0]?.slice(1, 5000)).toEqual(Array.from({ length: 4999 }, (_, i) => String(i + 1)));
    expect(lists[1]?.slice(1, 5000)).toEqual(lists[0]?.slice(1, 5000));
    expect(await psJson(space)).toMatchObject({ processCount: 5000, isComplete: true });
  } finally {
    await space.stop();
  }
});

/** Runs in an image whose /proc is a plain folder with only these stat files. */
async function psOfFiles(stats: Map<number, string>, ...args: string[]) {
  const folder = mkdtempSync("/dev/shm/knell-ps-");
  copyFileSync(KNELL, join(folder, "knell"));
  for (const [pid, stat] of stats) {
    mkdirSync(join(folder, "proc", String(pid)), { recursive: true });
    writeFileSync(join(folder, "proc", String(pid), "stat"), stat);
  }
  const result = await run("chroot", [folder, "/knell", "ps", ...args], {
    env: { LC_ALL: "C", PATH: process.env.PATH },
  });
  rmSync(folder, { recursive: true });
  return result;
}

/** A line of /proc/PID/stat up to the start time (proc(5)). */
function statLine(
  pid: number,
  name: string,
  state: string,
  parent: number,
  startTicks: number | string = 0,
): string {
  return `${pid} (${name}) ${state} ${parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${startTicks} 0\n`;
}

test("ps: of more processes than 16384 the rest is counted", { timeout: 60_000 }, async () => {
  const stats = new Map<number, string>();
  // tmpfs lists the newest first: made in this order they are listed as /proc lists them.
  for (let pid = 16_400; pid > 1; pid--) stats.set(pid, statLine(pid, "gone", "Z", 1));
  stats.set(1, statLine(1, "init", "S", 0));
  const { stdout, status } = await psOfFiles(stats, "--max-zombies", "16398");
  expect(status).toBe(1);
  expect(stdout.split("\n", 1)[0]).toBe("16399 zombies, more than --max-zombies 16398");
  expect(stdout.split("\n").filter((line) => / ZOMBIE /.test(line)).length).toBe(16_383);
  expect(stdout).toContain(" and 16375 more: parent 1 init must wait for them; it does not show");
  expect(stdout).toMatch(/\n16400 processes, 16399 zombies; shown: the first 16384\n$/);
});

test("ps: a pid used anew while /proc is read makes no circle", async () => {
  const stats = new Map([
    [1, statLine(1, "init", "S", 0)],
    [10, statLine(10, "child", "S", 20, 50)],
    [20, statLine(20, "new", "S", 10, 90)],
    [30, statLine(30, "same", "S", 31, 70)],
    [31, statLine(31, "tick", "S", 30, 70)],
  ]);
  const { stdout } = await psOfFiles(stats);
  const rows = stdout.split("\n").slice(1, 6);
  expect(rows.map((row) => row.replace(/^ *(\d+) +(\S+) .* \? +/, "$1 $2 "))).toEqual([
    "1 - [init]",
    "10 20 [child]",
    "20 10 `- [new]",
    "30 31 [same]",
    "31 30 `- [tick]",
  ]);
});

test.each([
  ["R", "running"],
  ["S", "sleeping"],
  ["D", "blocked"],
  ["T", "stopped"],
  ["t", "traced"],
  ["Z", "zombie"],
  ["X", "dead"],
  ["I", "idle"],
])("ps: state %s is %s", async (letter, state) => {
  const stats = new Map([[1, statLine(1, "init", letter, 0)]]);
  const listing = JSON.parse((await psOfFiles(stats, "--json")).stdout);
  expect(listing.processes[0]).toMatchObject({ state, uid: null, user: null });
});

test.each([
  [0, /^\ds$/],
  [50, /^5\ds$/],
  [60, /^1m0\ds$/],
  [3_590, /^59m5\ds$/],
  [3_600, /^1h00m$/],
  [86_380, /^23h59m$/],
  [86_400, /^1d00h$/],
  [8_639_900, /^99d23h$/],
  [8_640_000, /^100d$/],
])("ps: an age of %i s is %s", async (seconds, shown) => {
  // The boot was long ago in this time namespace, so that any age is possible.
  const folder = mkdtempSync(join(tmpdir(), "knell-ps-"));
  copyFileSync(KNELL, join(folder, "knell"));
  mkdirSync(join(folder, "proc/1"), { recursive: true });
  const script = `ticks=$(cut -d' ' -f1 /proc/uptime | tr -d .)
    printf "$1" $((ticks - $2 * 100)) >"$3/proc/1/stat"
    exec chroot "$3" /knell ps`;
  const format = statLine(1, "init", "S", 0, "%s");
  const inside = ["sh", "-c", script, "sh", format, String(seconds), folder];
  const namespace = ["--time", "--boottime", "100000000", "--fork"];
  const { stdout } = await run("unshare", [...namespace, ...inside]);
  rmSync(folder, { recursive: true });
  expect(stdout.split("\n")[1]?.trim().split(/ +/)[3]).toMatch(shown);
});

test("ps: a chain of 60 descendants", async () => {
  const program = `
left = 60
while left > 0 and os.fork() == 0: left -= 1
if left == 0: ready()
time.sleep(1000)`;
  await withPython(program, async (space) => {
    const lines = (await psText(space)).split("\n").filter((line) => line.includes("`- "));
    expect(lines.length).toBe(60);
    const depth = (line: string) => (line.indexOf("`- ") - (lines[0]?.indexOf("`- ") ?? 0)) / 3;
    expect(lines.map(depth)).toEqual(lines.map((_, index) => Math.min(index, 39)));
  });
});

test("ps: processes that come and go while it looks are no error", async () => {
  const program = `
def storm():
    while True:
        pids = [child(lambda: os._exit(0)) for _ in range(20)]
        for pid in pids: os.waitpid(pid, 0)
child(storm)
ready()`;
  await withPython(program, async (space) => {
    for (let round = 0; round < 20; round++) {
      const listing = await psJson(space);
      const pids = listing.processes.map(({ pid }) => pid);
      expect(pids).toEqual(pids.toSorted((a, b) => a - b));
      expect(listing.isComplete).toBe(true);
      const text = await psText(space);
      const rows = text.split("\n").filter((line) => /^ *\d+ +(\d+|-|outside) /.test(line));
      expect(text).toContain(`\n${rows.length} processes, `);
    }
  });
});

test.each([[[]], [["--json"]]])(
  "ps %j: a full disk or a closed stdout is a failure",
  async (args) => {
    const full = openSync("/dev/full", "w");
    const result = await run(KNELL, ["ps", ...args], { stdio: ["ignore", full, "pipe"] });
    expect([result.status, result.stderr]).toEqual([
      1,
      "knell ps: cannot write to stdout: no space left (ENOSPC)\n",
    ]);
    const closed = await run("sh", ["-c", 'exec "$@" >&-', "sh", KNELL, "ps", ...args]);
    expect([closed.status, closed.stderr]).toEqual([
      1,
      "knell ps: cannot write to stdout: bad file descriptor (EBADF)\n",
    ]);
  },
);

/** A shell's beginning that makes fd 4 a pipe; its reader, fd 3, is still there. */
const PIPE = 'mkfifo "/tmp/$$"; exec 3<>"/tmp/$$" 4>"/tmp/$$"; rm "/tmp/$$";';

test("ps: a reader that has left ends it as it ends ps(1)", async () => {
  const script = `${PIPE} exec 3<&-; exec "$@" >&4`;
  const killed = await run("bash", ["-c", script, "bash", KNELL, "ps"]);
  expect([killed.signal, killed.stderr]).toEqual(["SIGPIPE", ""]);
  const ignored = await run("bash", ["-c", `trap "" PIPE; ${script}`, "bash", KNELL, "ps"]);
  expect([ignored.status, ignored.stderr]).toEqual([1, ""]);
});

test("ps: a reader that stalls does not keep SIGTERM from ending it", async () => {
  const script = `${PIPE} head -c 65536 /dev/zero >&4; echo full; exec "$@" >&4`;
  const running = start("bash", ["-c", script, "bash", KNELL, "ps"]);
  await until("knell waits", () => {
    const state = running.stdout() && processEntry(running.pid);
    return state && state.name === "knell" && state.state === "S";
  });
  running.process.kill("SIGTERM");
  expect((await running.finished).signal).toBe("SIGTERM");
});

test("ps: it makes no process and leaves no descriptor open", async () => {
  const space = await startNamespace([KNELL, "ps", "--watch=100ms", "--json"]);
  await until("some lists", () => space.stdout().split("\n").length > 20);
  const counts = space
    .stdout()
    .split("\n")
    .slice(0, 20)
    .map((line) => JSON.parse(line).processCount);
  expect(counts).toEqual(Array(20).fill(1));
  const inherited = readdirSync(`/proc/${space.pid}/fd`).length;
  // It may have a folder and a file of /proc open at this moment, but not one for each list.
  expect(readdirSync(`/proc/${space.init}/fd`).length).toBeLessThanOrEqual(inherited + 2);
  await space.stop();
});
