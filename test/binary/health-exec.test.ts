// Any command as a probe of PID 1: what it gets, what becomes of it, and what it leaves.

import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { GONE_MS, pidsOf } from "./execs.ts";
import { KNELL, start, until } from "./harness.ts";
import {
  accepts,
  type Endpoint,
  endpointPort,
  kubeletRequest,
  send,
  startEndpoint,
} from "./health-endpoint.ts";
import { load } from "./health-load.ts";
import { descendantsOf, signal } from "./launch.ts";
import { program } from "./programs.ts";
import { SLACK } from "./timing.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "health-exec-")));
afterAll(() => rmSync(folder, { recursive: true }));

/** The output that the line of a failed probe shows. */
function shownBy(body: string): string {
  const [, output] = /: exit status \d+: "(.*)" in /.exec(body) ?? [];
  if (output === undefined) throw new Error(`no output in: ${body}`);
  return output;
}

/** Everything that came from a probe is gone: only knell and the main child are left. */
async function expectNothingLeft(endpoint: Endpoint): Promise<void> {
  await until("the probe's processes to end", () => endpoint.processes().length === 2, GONE_MS);
}

test("E1, N3: the verdict is the exit status, and the output's first line is shown", async () => {
  const endpoint = await startEndpoint({
    live: "exec -- sh -c 'echo one; echo two; exit 0'",
    ready: "exec -- sh -c 'echo broken >&2; exit 42'",
    startup: `exec -- sh -c 'printf "a\\tb\\033[31m%0300d" 0; exit 1'`,
  });
  const [live, ready, startup] = await Promise.all(
    ["/livez", "/readyz", "/startupz"].map((path) => endpoint.get(path)),
  );
  expect(live?.body).toMatch(/^pass: exec "sh": exit status 0: "one" in \d+\.\d ms\n$/);
  expect(ready?.body).toMatch(/^fail: exec "sh": exit status 42: "broken" in \d+\.\d ms\n$/);
  expect(startup?.body).toMatch(/^[ -~]{250,300}\n$/);
});

test("E1: a command killed by a signal, one that is not there and one that is no program", async () => {
  const endpoint = await startEndpoint({
    live: "exec -- sh -c 'kill -9 $$'",
    ready: "exec -- /nonexistent/probe",
    startup: "exec -- /etc/passwd",
  });
  expect((await endpoint.get("/livez")).body).toContain("exit status 137");
  const missing = await endpoint.get("/readyz");
  expect([missing.status, missing.body]).toEqual([503, expect.stringContaining("exit status 127")]);
  expect(missing.body).toContain("no such file");
  expect((await endpoint.get("/startupz")).body).toContain("exit status 126");
  await expectNothingLeft(endpoint);
  expect(endpoint.stderr()).toBe("");
});

test.each([
  ["hangs", "sleep 1000"],
  ["ignores TERM", `trap "" TERM; sleep 1000 & sleep 1000 & wait; sleep 1000`],
  [
    "has a tree in sessions of its own",
    'setsid sleep 1000 & (setsid sh -c "sleep 1000" &); sleep 1000',
  ],
  ["stops itself", "kill -STOP $$"],
  ["closes its output", "exec >&- 2>&-; sleep 1000"],
  ["writes without end", "yes"],
])("E2, E5: at the deadline a command that %s fails, and all of it ends", async (_, script) => {
  const endpoint = await startEndpoint({ live: `exec --timeout 300ms -- sh -c '${script}'` });
  const answer = await endpoint.get("/livez");
  expect(answer.status).toBe(503);
  expect(answer.body).toContain("not done in time");
  // TERM comes a quarter of the time before the KILL.
  expect(answer.milliseconds).toBeGreaterThan(220);
  expect(answer.milliseconds).toBeLessThan(300 + 100 * SLACK);
  await expectNothingLeft(endpoint);
});

test("E2: the deadline is 900 ms unless one is given", async () => {
  const endpoint = await startEndpoint({ live: "exec -- sleep 1000" });
  const { body, milliseconds } = await endpoint.get("/livez");
  expect(body).toContain("not done in time");
  expect(milliseconds).toBeGreaterThan(795);
  expect(milliseconds).toBeLessThan(900 + 100 * SLACK);
});

test("E5, E9: what a command leaves ends with it, unless --keep", async () => {
  const script = "'(setsid sleep 1000 &); echo done'";
  const endpoint = await startEndpoint({
    live: `exec --timeout 20s -- sh -c ${script}`,
    ready: `exec --timeout 20s --keep -- sh -c ${script}`,
  });
  const answer = await endpoint.get("/livez");
  expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('"done"')]);
  await expectNothingLeft(endpoint);
  expect((await endpoint.get("/readyz")).status).toBe(200);
  const sleeping = () => endpoint.processes().filter((entry) => entry.name === "sleep");
  await until("what was kept", () => sleeping().length === 2);
  await until("the helper to end", () => endpoint.processes().length === 3);
});

test("E12, N3: 1 GiB of output holds nobody up and costs no memory", async () => {
  const endpoint = await startEndpoint({
    live: "exec --timeout 60s -- head -c 1073741824 /dev/zero",
    ready: "exec -- true",
  });
  const memory = () =>
    Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${endpoint.init}/status`, "utf8"))?.[1]);
  expect(await endpoint.status("/readyz")).toBe(200);
  const before = memory();
  let isOver = false;
  const writing = endpoint.get("/livez").finally(() => {
    isOver = true;
  });
  while (!isOver) {
    expect((await endpoint.get("/readyz")).milliseconds).toBeLessThan(50 * SLACK);
    expect(memory()).toBeLessThanOrEqual(before + 64);
  }
  expect((await writing).status).toBe(200);
  await expectNothingLeft(endpoint);
});

describe("E19: what a command gets", () => {
  test("E19: the container's folder and environment, and /dev/null as stdin", async () => {
    const print = "tr '\\0' '\\n' </proc/self/environ | md5sum";
    const env = { ...process.env, ODD: "a\nb", EMPTY: "", LISTEN_PID: "7" };
    const endpoint = await startEndpoint({
      live: "exec -- sh -c 'pwd; exit 1'",
      ready: `exec -- sh -c "${print}; exit 1"`,
      startup: "exec -- sh -c 'readlink /proc/$$/fd/0; exit 1'",
      main: ["sh", "-c", `${print}; exec sleep 60`],
      cwd: folder,
      env,
    });
    const [cwd, environment, stdin] = await Promise.all(
      ["/livez", "/readyz", "/startupz"].map(async (path) =>
        shownBy((await endpoint.get(path)).body),
      ),
    );
    expect([cwd, stdin]).toEqual([folder, "/dev/null"]);
    await until("the main child's", () => endpoint.stdout() !== "");
    expect(environment).toBe(endpoint.stdout().trim());
    expect(readFileSync(`/proc/${endpoint.init}/mounts`, "utf8")).toContain("proc");
  });

  test("E19, I59: descriptors 0, 1 and 2 and none of knell's, whoever is connected", async () => {
    const endpoint = await startEndpoint({
      live: "exec -- sh -c 'cd /proc/$$/fd && echo *; exit 1'",
      ready: "exec --timeout 20s -- sleep 1000",
      stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"],
    });
    const waiting = endpoint.get("/readyz");
    await until("the other probe", () => endpoint.processes().length > 2);
    const others = Array.from({ length: 5 }, () => send(endpoint.port, "GET /livez HT"));
    expect(shownBy((await endpoint.get("/livez")).body)).toBe(
      // The shell reads the folder through the fourth.
      "0 1 2 3",
    );
    await endpoint.stop();
    await Promise.all([...others, waiting]);
  });

  test.each([
    ["default", []],
    ["blocked TERM, TTIN and 45; ignored HUP, INT and 40", ["-b", "15,21,45", "-i", "1,2,40"]],
  ])("E19, I19, I20: the signal state that knell was started with: %s", async (_, preset) => {
    const read = (name: string) => `exec -- sh -c 'grep ^Sig${name} /proc/self/status; exit 1'`;
    const endpoint = await startEndpoint({
      live: read("Blk"),
      ready: read("Ign"),
      startup: read("Cgt"),
      main: ["sh", "-c", "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; exec sleep 60"],
      before: [program("preset"), ...preset, "--"],
    });
    const seen = await Promise.all(
      ["/livez", "/readyz", "/startupz"].map(async (path) =>
        shownBy((await endpoint.get(path)).body),
      ),
    );
    await until("the main child's", () => endpoint.stdout().split("\n").length === 4);
    expect(seen.map((line) => line.replace("\\x09", "\t"))).toEqual(
      endpoint.stdout().trim().split("\n"),
    );
  });
});

test("I43, I34: the exit status is the main child's while probes come and go", async () => {
  for (const status of [0, 7, 143]) {
    const endpoint = await startEndpoint({
      live: "exec -- sh -c '(true &); exit 9'",
      main: ["sh", "-c", `read x; exit ${status}`],
      keepStdin: true,
    });
    const asking = load(endpoint.port, "/livez", 100_000, 4).catch(() => {});
    await until("probes", async () =>
      /result="fail"\} [1-9]\d/.test((await endpoint.get("/metrics")).body),
    );
    endpoint.process.stdin?.end();
    expect((await endpoint.finished).status).toBe(status);
    await asking;
  }
});

test("I43: a main child that ends while a probe hangs ends the container at once", async () => {
  const endpoint = await startEndpoint({
    live: `exec --timeout 60s -- sh -c 'trap "" TERM; sleep 1000'`,
    main: ["sh", "-c", "read x; exit 5"],
    keepStdin: true,
  });
  const waiting = endpoint.get("/livez");
  await until("the probe", () => endpoint.processes().length > 3);
  endpoint.process.stdin?.end();
  expect((await endpoint.finished).status).toBe(5);
  // As PID 1: told that the main child has ended, or cut off with knell.
  expect([0, 503]).toContain((await waiting).status);
});

test("E16: knell killed where it is not PID 1: the probe's tree ends too", async () => {
  const port = await endpointPort();
  const mark = String(8_000_000 + process.pid);
  const script = `trap "" TERM; (setsid sleep ${mark} &); sleep ${mark}`;
  const live = `exec --timeout 60s -- sh -c '${script}'`;
  const knell = start(KNELL, ["init", "--listen", `:${port}`, "--live", live, "--", "sleep", "60"]);
  await until("the endpoint", () => accepts(port));
  const waiting = send(port, kubeletRequest("/livez"));
  await until("the probe", () => pidsOf(`sleep ${mark}`).length === 2);
  expect(descendantsOf(knell.pid).length).toBeGreaterThan(3);
  signal(knell.pid, "SIGKILL");
  await until("the probe's end", () => pidsOf(`sleep ${mark}`).length === 0, GONE_MS);
  expect((await waiting).status).toBe(0);
});

test("E3, E5: a helper that is held up past its deadline fails the probe, and ends its command when it goes on", async () => {
  const endpoint = await startEndpoint({ live: "exec --timeout 400ms -- sleep 1000" });
  const waiting = endpoint.get("/livez");
  const isOfProbe = (parent: number) => parent !== endpoint.init;
  const sleeping = await until("the command", () =>
    endpoint.processes().find(({ name, parent }) => name === "sleep" && isOfProbe(parent)),
  );
  signal(sleeping.parent, "SIGSTOP");
  const answer = await waiting;
  expect(answer).toMatchObject({ status: 503, body: expect.stringContaining("does not end") });
  expect(answer.milliseconds).toBeLessThan(600 + 100 * SLACK);
  await expectNothingLeft(endpoint);
  expect(await endpoint.status("/livez")).toBe(503);
});

test("N3: a helper that is killed fails the probe at once", async () => {
  const endpoint = await startEndpoint({ live: "exec --timeout 60s -- sleep 1000" });
  const waiting = endpoint.get("/livez");
  const helper = await until("the helper", () =>
    endpoint.processes().find(({ name, pid }) => name === "knell" && pid !== endpoint.init),
  );
  signal(helper.pid, "SIGKILL");
  expect((await waiting).body).toContain("exit status 137");
});
