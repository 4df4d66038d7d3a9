// What the endpoint costs when nobody asks, and where it has to work.

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cgroup } from "./cgroup.ts";
import { KNELL, run, until } from "./harness.ts";
import { type Endpoint, type EndpointOptions, send, startEndpoint } from "./health-endpoint.ts";
import { startRedisEndpoint } from "./health-redis.ts";
import { settle, signal, statusOf } from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

const folder = mkdtempSync(join(tmpdir(), "health-surroundings-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder with nothing but knell and what the tests run in it. */
const root = join(folder, "root");
mkdirSync(root);
copyFileSync(KNELL, join(root, "knell"));
for (const name of ["recorder", "orphans"]) copyFileSync(program(name), join(root, name));
await run("chmod", ["-R", "a+rx", folder]);

const wakeUps = (endpoint: Endpoint) => Number(statusOf(endpoint.init).voluntary_ctxt_switches);

/** Processor time of PID 1 so far, in milliseconds. */
function spent(endpoint: Endpoint): number {
  const [, rest = ""] = readFileSync(`/proc/${endpoint.init}/stat`, "utf8").split(") ");
  const fields = rest.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

test("I63, N4: voluntary_ctxt_switches is unchanged over 5 s with the listener open, a connection to Redis kept", async () => {
  const endpoint = await startRedisEndpoint();
  expect(await endpoint.status("/livez")).toBe(200);
  await until(
    "the end of the last request",
    () => readdirSync(`/proc/${endpoint.init}/fd`).length <= 7,
  );
  const before = wakeUps(endpoint);
  await settle(5_000);
  expect(wakeUps(endpoint)).toBe(before);
  expect(await endpoint.status("/livez")).toBe(200);
});

test("I63: idle is idle again after exec probes, signals and orphans", async () => {
  const endpoint = await startEndpoint({ live: "exec -- true", main: [program("recorder")] });
  await until("the recorder", () => endpoint.stdout().includes("ready"));
  expect(await endpoint.status("/livez")).toBe(200);
  await endpoint.exec(["sh", "-c", "(true &)"]);
  signal(endpoint.init, "SIGTERM");
  await until("TERM", () => endpoint.stdout().includes("\n15 "));
  expect(await endpoint.status("/livez")).toBe(200);
  await until("everything to be reaped", () => endpoint.processes().length === 2);
  // A look at children that took long is followed by a rest (I36): let that be over.
  const before = await until("rest", async () => {
    const first = wakeUps(endpoint);
    await settle(100);
    return wakeUps(endpoint) === first && first;
  });
  await settle(1_000);
  expect(wakeUps(endpoint)).toBe(before);
});

/** The endpoint's work, whatever surrounds it: pass, fail, refuse, forward, reap, and no word on stderr. */
async function works(options: EndpointOptions, at: string): Promise<void> {
  const endpoint = await startEndpoint({
    live: `exec --timeout 10s -- ${at}/orphans leave 3 20`,
    ready: "redis -p 1",
    main: [`${at}/recorder`, "15=9"],
    binary: `${at}/knell`,
    ...options,
  });
  await until("the recorder", () => endpoint.stdout().includes("ready"));
  for (let time = 0; time < 3; time++) {
    expect((await endpoint.get("/livez")).body).toContain("exit status 3");
    expect((await endpoint.get("/readyz")).body).toContain("ECONNREFUSED");
  }
  expect(await endpoint.status("/startupz")).toBe(404);
  expect((await endpoint.get("/metrics")).body).toContain("knell_main_child_up 1");
  expect((await send(endpoint.port, "TRAP\r\n")).status).toBe(400);
  signal(endpoint.init, "SIGUSR1");
  await until("USR1", () => endpoint.stdout().includes("\n10 "));
  await until("the probes' processes to be reaped", () => endpoint.processes().length === 2);
  signal(endpoint.init, "SIGTERM");
  expect(await endpoint.finished).toMatchObject({ status: 9, stderr: "" });
}

const MOUNTED = `mount --bind ${root} ${root} && mount -o remount,bind,ro ${root} && exec chroot ${root} "$@"`;
const AS_USER = ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"];
const deny = (error: string, ...names: string[]) => [program("deny"), error, ...names, "--"];

test.each<[string, string[], string]>([
  ["a user who is not in /etc/passwd", AS_USER, root],
  ["no capabilities", ["setpriv", "--bounding-set=-all", "--inh-caps=-all"], root],
  ["no_new_privs", ["setpriv", "--no-new-privs"], root],
  ["an empty root: no /proc, /dev, /tmp, /etc", ["chroot", root], ""],
  ["a read-only root", ["sh", "-c", MOUNTED, "sh"], ""],
  ["an empty root, as any user", ["chroot", "--userspec=54321:54321", root], ""],
  ["an empty environment", ["env", "-i"], root],
  ["a limit of 16 descriptors", ["sh", "-c", 'ulimit -n 16; exec "$@"', "sh"], root],
])("I65, N3: works with %s", async (_, before, at) => {
  await works({ before }, at);
});

test.each(["ENOSYS", "EPERM"])(
  "I66, N3: signalfd4, ptrace and what is newer than Linux 4.14 answer %s: no message, all works",
  async (error) => {
    await works({ before: deny(error, "new", "signalfd4", "ptrace") }, root);
  },
);

/** Sets how many descriptors PID 1 may have. */
async function limitDescriptors(endpoint: Endpoint, count: number): Promise<void> {
  const result = await run("prlimit", ["--pid", String(endpoint.init), `--nofile=${count}:`]);
  if (result.status !== 0) throw new Error(result.stderr);
}

test("N3: without descriptors clients wait, nothing spins, signals go on; then they are answered", async () => {
  const endpoint = await startEndpoint({ live: "redis -p 1 --live", main: [program("recorder")] });
  await until("the recorder", () => endpoint.stdout().includes("ready"));
  expect(await endpoint.status("/livez")).toBe(503);
  const limits = readFileSync(`/proc/${endpoint.init}/limits`, "utf8");
  const usual = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
  await limitDescriptors(
    endpoint,
    1 + Math.max(...readdirSync(`/proc/${endpoint.init}/fd`).map(Number)),
  );
  let isAnswered = false;
  const waiting = endpoint.get("/livez").finally(() => {
    isAnswered = true;
  });
  const [before, time] = [wakeUps(endpoint), spent(endpoint)];
  await settle(1_000);
  expect(isAnswered).toBe(false);
  // One try each 100 ms.
  expect(wakeUps(endpoint) - before).toBeLessThan(12 * SLACK);
  expect(spent(endpoint) - time).toBeLessThan(20 * SLACK);
  signal(endpoint.init, "SIGUSR1");
  await until("USR1", () => endpoint.stdout().includes("\n10 "));
  await limitDescriptors(endpoint, usual);
  expect((await waiting).status).toBe(503);
  expect(endpoint.stderr()).toBe("");
});

test("N3: a descriptor for the client and none for the probe: the probe fails and says so", async () => {
  const endpoint = await startEndpoint({ live: "redis -p 1 --live", ready: "exec -- true" });
  expect(await endpoint.status("/readyz")).toBe(200);
  await limitDescriptors(
    endpoint,
    2 + Math.max(...readdirSync(`/proc/${endpoint.init}/fd`).map(Number)),
  );
  for (const path of ["/livez", "/readyz"]) {
    const answer = await endpoint.get(path);
    expect([answer.status, answer.body]).toEqual([503, expect.stringContaining("EMFILE")]);
  }
  expect((await endpoint.get("/metrics")).status).toBe(200);
});

const pids = cgroup("pids");
test.runIf(pids)(
  "N3, I13: no process can be made: an exec probe fails and says so, others pass",
  async () => {
    const endpoint = await startEndpoint({ live: "exec -- true", ready: "redis -p 1" });
    expect(await endpoint.status("/livez")).toBe(200);
    const group = pids?.make();
    for (const { pid } of endpoint.processes()) group?.add(pid);
    group?.write("pids.max", "2");
    const full = await endpoint.get("/livez");
    expect([full.status, full.body]).toEqual([503, expect.stringContaining("EAGAIN")]);
    expect((await endpoint.get("/readyz")).body).toContain("ECONNREFUSED");
    // The helper can be made, its command cannot.
    group?.write("pids.max", "3");
    expect(await endpoint.status("/livez")).toBe(503);
    group?.write("pids.max", "max");
    expect(await endpoint.status("/livez")).toBe(200);
    await endpoint.stop();
    await group?.remove();
  },
);

test("N3: frozen and thawed, knell answers what came meanwhile", async () => {
  const endpoint = await startEndpoint({ live: "exec -- true" });
  signal(endpoint.init, "SIGSTOP");
  const waiting = Array.from({ length: 10 }, () => endpoint.get("/livez"));
  await settle(300);
  signal(endpoint.init, "SIGCONT");
  for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(200);
});
