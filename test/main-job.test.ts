import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { processEntry, ROOT, run, start, until } from "./binary/harness.ts";

const MAIN = join(ROOT, "scripts/start/main.ts");
/** A whole run with its restarts; far above what it takes. */
const DEADLINE = { deadlineMs: 60_000 };

const started: ChildProcess[] = [];
afterEach(() => {
  for (const job of started.splice(0)) job.kill("SIGKILL");
});

/** A running main job, its port and what it has started. */
async function startJob(...args: string[]) {
  const port = await freePort();
  const job = start(process.execPath, [MAIN, "--redis-port", String(port), ...args], DEADLINE);
  started.push(job.process);
  return {
    ...job,
    port,
    /** The pid in the newest "redis-server is pid …" line. */
    redis: () => Number([...job.stdout().matchAll(/redis-server is pid (\d+)/g)].at(-1)?.[1]),
    verdicts: () => verdictsOf(job.stdout()),
    printed: (text: string) => until(`"${text}"`, () => job.stdout().includes(text), 20_000),
  };
}

/** The verdict column of every probe line. */
function verdictsOf(output: string): string[] {
  return [
    ...output.matchAll(/^\d\d:\d\d:\d\d\.\d{3} {2}(pass|fail|timeout|hang) +[\d.]+ +\d+/gm),
  ].map((line) => line[1] ?? "");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** The children of the main thread of `pid`, oldest first. */
function childrenOf(pid: number): number[] {
  const list = existsSync(`/proc/${pid}`)
    ? readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    : "";
  return list.trim().split(" ").filter(Boolean).map(Number);
}

/** Everything below `pid`, by its pid here. */
function treeBelow(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...treeBelow(child)]);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && processEntry(pid).state !== "Z";
}

/** Redis' --dir, from its command line as the main job starts it. */
function folderOf(init: number): string {
  const words = readFileSync(`/proc/${init}/cmdline`, "utf8").split("\0");
  return words[words.indexOf("--dir") + 1] ?? "";
}

test("npm start: --for ends by itself, every probe passes, no zombie, nothing left", async () => {
  const job = await startJob("--for", "3500ms");
  await job.printed("pass");
  const tree = treeBelow(job.pid);
  const folder = folderOf(tree[1] ?? 0);
  expect(existsSync(folder)).toBe(true);
  const result = await job.finished;
  expect(result).toMatchObject({ status: 0, stderr: "" });
  const verdicts = verdictsOf(result.stdout);
  expect(new Set(verdicts)).toEqual(new Set(["pass"]));
  expect(result.stdout).toContain(`${verdicts.length} pass; 0 restarts; at most 0 zombies`);
  expect(result.stdout).not.toContain("\x1b");
  expect(tree.filter(isAlive)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
}, 60_000);

test("npm start: a frozen Redis fails every second, is restarted, and leaves no zombie", async () => {
  const job = await startJob("--for", "12s", "--grace", "1s");
  await job.printed("pass");
  const frozen = job.redis();
  const before = job.verdicts().length;
  process.kill(frozen, "SIGSTOP");
  await job.printed("3 failures in a row: TERM, then KILL after 1 s");
  expect(
    job
      .verdicts()
      .slice(before)
      .filter((v) => v !== "pass"),
  ).toEqual(["fail", "fail", "fail"]);
  await job.printed("stopped after 1.");
  await until("a new Redis", () => job.redis() !== frozen);
  expect(isAlive(frozen)).toBe(false);
  const result = await job.finished;
  expect(result.status).toBe(1);
  expect(job.verdicts().at(-1)).toBe("pass");
  expect(result.stdout).toContain("3 fail; 1 restarts; at most 0 zombies");
}, 60_000);

test("npm start: with the usual recipe a frozen Redis counts as no failure, and knell init reaps the orphan", async () => {
  const job = await startJob("--for", "8s", "--probe", "tini -s -- redis-cli -p {port} ping");
  await job.printed("pass");
  const redis = job.redis();
  process.kill(redis, "SIGSTOP");
  await job.printed("hang");
  const [init = 0] = childrenOf(treeBelow(job.pid)[0] ?? 0);
  const orphan = await until("redis-cli below PID 1", () =>
    childrenOf(init).find((pid) => processEntry(pid).name === "redis-cli"),
  );
  process.kill(redis, "SIGCONT");
  await until("the orphan reaped", () => !existsSync(`/proc/${orphan}`));
  const result = await job.finished;
  expect(result.status).toBe(1);
  expect(result.stdout).not.toContain("failures in a row");
  expect(result.stdout).toContain("timeout");
  expect(result.stdout).toContain("0 restarts; at most 0 zombies");
}, 60_000);

test("npm start: a probe that outlives 1 s is killed and is a failure", async () => {
  const job = await startJob("--for", "2500ms", "--probe", "sleep 30");
  const result = await job.finished;
  expect(verdictsOf(result.stdout)[0]).toBe("timeout");
  expect(result.status).toBe(1);
}, 60_000);

test("npm start: a Redis that ends by itself is started again", async () => {
  const job = await startJob("--period", "200ms");
  await job.printed("pass");
  const first = job.redis();
  process.kill(first, "SIGKILL");
  await job.printed("redis-server ended (exit 137): starting it again");
  await until("a new Redis", () => job.redis() !== first);
  job.process.kill("SIGINT");
  expect((await job.finished).status).toBe(0);
}, 60_000);

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "npm start: %s stops all cleanly",
  async (signal) => {
    const job = await startJob();
    await job.printed("pass");
    const tree = treeBelow(job.pid);
    const folder = folderOf(tree[1] ?? 0);
    job.process.kill(signal);
    const result = await job.finished;
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(tree.length).toBeGreaterThanOrEqual(3);
    expect(tree.filter(isAlive)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  },
);

test("npm start: killed itself, it takes everything with it", async () => {
  const job = await startJob("--probe", "sleep 30");
  await until("a probe", () => treeBelow(job.pid).length >= 5);
  const tree = treeBelow(job.pid);
  job.process.kill("SIGKILL");
  await until("the end of all", () => tree.filter(isAlive).length === 0);
});

test("npm start: a port in use is named, exit 2", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const result = await run(process.execPath, [MAIN, "--redis-port", String(port)]);
  server.close();
  expect(result).toMatchObject({
    status: 2,
    stderr: `npm start: port ${port} is in use; choose another --redis-port\n`,
  });
});

test("npm start: without redis-server it says so, exit 2", async () => {
  const tools = mkdtempSync(join(tmpdir(), "knell-tools-"));
  for (const tool of ["setpriv", "unshare", "nsenter"]) {
    symlinkSync(`/usr/bin/${tool}`, join(tools, tool));
  }
  const env = { ...process.env, PATH: tools };
  const result = await run(process.execPath, [MAIN, "--for", "1s"], { env });
  rmSync(tools, { recursive: true });
  expect(result.status).toBe(2);
  expect(result.stderr).toMatch(/^npm start: redis-server did not start: .*"redis-server".*\n$/);
});

test.each([
  ["--prot 1", 'unknown option "--prot"'],
  ["--for x", '--for "x": not a duration'],
  ["--for 0", '--for "0": not a duration'],
  ["--period 99999h", '--period "99999h": not a duration'],
  ["--redis-port 65536", '--redis-port "65536": not a port'],
  ["--redis-port -1", 'option "--redis-port" argument is ambiguous'],
  ["--probe", 'option "--probe <value>" argument missing'],
  ["--probe=", '--probe "": no command'],
  ["--probe='", "a quote is not closed"],
  ["ping", 'unexpected argument "ping"'],
])("npm start: %s is refused in one line, exit 2", async (args, message) => {
  const result = await run(process.execPath, [MAIN, ...args.split(" ")]);
  expect(result).toMatchObject({ status: 2, stdout: "" });
  expect(result.stderr).toContain(message);
  expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("npm start: --help names every option", async () => {
  const result = await run(process.execPath, [MAIN, "--help"]);
  expect(result).toMatchObject({ status: 0, stderr: "" });
  for (const option of ["--for", "--probe", "--redis-port", "--period", "--grace", "--help"]) {
    expect(result.stdout).toContain(`  ${option} `);
  }
});
