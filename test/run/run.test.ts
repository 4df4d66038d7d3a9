// `knell run` with real processes in real namespaces.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processEntry, until } from "../binary/harness.ts";
import { attemptsOf, leftovers, podWith, REDIS, runPod, startRun, summaryOf } from "./runs.ts";

const LONG = 90_000;

const exec = (...command: string[]) => `exec: {command: ${JSON.stringify(command)}}`;
const shell = (script: string) => `command: ${JSON.stringify(["sh", "-c", script])}`;
/** A PID 1 that waits for nobody. */
const IDLE = shell("exec sleep 1000");

test(
  "knell run: probes pass, it ends by itself, nothing is left",
  async () => {
    const run = startRun(
      podWith(
        `${REDIS}, livenessProbe: {${exec("redis-cli", "ping")}, periodSeconds: 1, initialDelaySeconds: 1, timeoutSeconds: 10}`,
      ),
      ["--until", "3s"],
    );
    await run.saw("an attempt", ({ kind }) => kind === "attempt");
    const { status, stderr, entries } = await run.done;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(attemptsOf(entries).every(({ result }) => result === "success")).toBe(true);
    expect(summaryOf(entries).probes[0]?.cpuMs).toBeGreaterThan(0);
    expect(leftovers(run.pid)).toEqual([]);
  },
  LONG,
);

test(
  "P39: a probe has the container's environment, folder and user, no terminal and no stdin",
  async () => {
    const script =
      'echo "$A $(pwd) $(id -u):$(id -g)"; readlink /proc/self/fd/0; [ -t 1 ] || echo pipe; exit 1';
    const pod = podWith(
      `${IDLE}, env: [{name: A, value: b}], workingDir: /usr, securityContext: {runAsUser: 65534, runAsGroup: 65534},
     readinessProbe: {${exec("sh", "-c", script)}}`,
    );
    const run = startRun(pod, ["--until", "20s"]);
    const attempt = await run.saw("an attempt", ({ kind }) => kind === "attempt");
    run.process.kill("SIGINT");
    await run.done;
    expect(attempt).toMatchObject({ output: "b /usr 65534:65534\n/dev/null\npipe\n" });
  },
  LONG,
);

test(
  "P49: the descendants of a killed probe are PID 1's, and stay zombies where it never waits",
  async () => {
    // A command that goes on at once, so that the shell cannot become it.
    const probe = `livenessProbe: {${exec("sh", "-c", "sleep 2; true")}, periodSeconds: 4, failureThreshold: 9}`;
    const { entries } = await runPod(podWith(`${IDLE}, ${probe}`), "--until", "9s");
    const [attempt] = attemptsOf(entries);
    expect(attempt).toMatchObject({ result: "failure", isTimeout: true });
    // Killed after 1 s, but sleep holds stdout (P48).
    expect(attempt?.durationMs).toBeGreaterThan(1900);
    expect(summaryOf(entries).zombies).toBeGreaterThan(0);
  },
  LONG,
);

test(
  "P50: with shareProcessNamespace pause is PID 1 and reaps them",
  async () => {
    const probe = `livenessProbe: {${exec("sh", "-c", "sleep 2; true")}, periodSeconds: 4, failureThreshold: 9}`;
    const pod = podWith(`${IDLE}, ${probe}`, "shareProcessNamespace: true");
    const run = startRun(pod, ["--until", "9s"]);
    const { entries } = await run.done;
    expect(attemptsOf(entries)[0]).toMatchObject({ result: "failure", isTimeout: true });
    expect(summaryOf(entries)).toMatchObject({ zombies: 0 });
    expect(leftovers(run.pid)).toEqual([]);
  },
  LONG,
);

test(
  "knell run: the usual recipe is blind while Redis hangs, a bare redis-cli sees it",
  async () => {
    const fault = ["--fault", "2s freeze 4s"];
    const recipe = podWith(
      `${REDIS}, livenessProbe: {${exec("tini", "-s", "--", "redis-cli", "ping")}, periodSeconds: 1, failureThreshold: 9}`,
    );
    const bare = podWith(
      `${REDIS}, livenessProbe: {${exec("redis-cli", "ping")}, periodSeconds: 1, failureThreshold: 9}`,
    );
    const [blind, seeing] = await Promise.all(
      [recipe, bare].map(async (pod) =>
        summaryOf((await runPod(pod, "--until", "7s", ...fault)).entries),
      ),
    );
    expect(blind?.probes[0]?.longestBlindMs).toBeGreaterThan(3000);
    expect(seeing?.probes[0]?.longestBlindMs).toBeLessThan(2500);
    expect(seeing?.probes[0]?.failures).toBeGreaterThanOrEqual(2);
  },
  LONG,
);

test(
  "knell run: a failed probe restarts the container, exit 1; with --until restarted it is what was asked, exit 0",
  async () => {
    const pod = podWith(
      `${IDLE}, livenessProbe: {${exec("false")}, periodSeconds: 1, failureThreshold: 1}`,
    );
    const [down, asked] = await Promise.all([
      runPod(pod, "--until", "5s"),
      runPod(pod, "--until", "restarted"),
    ]);
    expect(down.status).toBe(1);
    expect(asked.status).toBe(0);
    const events = asked.entries.filter((entry) => entry.kind === "event");
    expect(events.map(({ reason }) => reason)).toEqual([
      "Created",
      "Started",
      "Unhealthy",
      "Killing",
      "Created",
      "Started",
      "Killing",
    ]);
    // sleep as PID 1 ignores TERM (P76).
    const end = asked.entries.find(
      (entry) => entry.kind === "container" && entry.state === "terminated",
    );
    expect(end).toMatchObject({ exitCode: 137 });
  },
  LONG,
);

test(
  "knell run: --until ready, --exit-code-from and --strict",
  async () => {
    const ready = podWith(`${REDIS}, readinessProbe: {tcpSocket: {port: 6379}}`);
    const ends = podWith(shell("sleep 0.2; exit 7"), "restartPolicy: Never");
    const zombies = podWith(IDLE);
    const [first, second, third] = await Promise.all([
      runPod(ready, "--until", "ready"),
      runPod(ends, "--exit-code-from", "app"),
      runPod(zombies, "--until", "3s", "--strict", "--fault", "1s fork-orphans 5"),
    ]);
    expect(first.status).toBe(0);
    expect(second.status).toBe(7);
    expect(third.status).toBe(1);
    expect(summaryOf(third.entries)).toMatchObject({ zombies: 5 });
  },
  LONG,
);

test(
  "knell run: the pod's address is reached from outside its network, so a server on loopback fails",
  async () => {
    const server = (address: string) =>
      podWith(
        `command: [redis-server, --save, "", --protected-mode, "no", --bind, "${address}"], readinessProbe: {tcpSocket: {port: 6379}, periodSeconds: 1}`,
      );
    const open = await runPod(server("0.0.0.0"), "--until", "ready");
    expect(open.status).toBe(0);
    const closed = await runPod(server("127.0.0.1"), "--until", "4s");
    const results = new Set(attemptsOf(closed.entries).map(({ result }) => result));
    expect(results).toEqual(new Set(["failure"]));
  },
  LONG,
);

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "knell run: %s ends everything",
  async (signal) => {
    const run = startRun(podWith(REDIS), []);
    await run.saw("a ready pod", (entry) => entry.kind === "pod" && entry.ready);
    run.process.kill(signal);
    expect((await run.done).status).toBe(0);
    expect(leftovers(run.pid)).toEqual([]);
  },
  LONG,
);

test(
  "knell run: killed itself, it takes its processes with it, and the next start removes the rest",
  async () => {
    const run = startRun(podWith(REDIS, "shareProcessNamespace: true"), []);
    await run.saw("a ready pod", (entry) => entry.kind === "pod" && entry.ready);
    const folder = leftovers(run.pid).find((path) => path.startsWith("/run"));
    const processes = readFileSync(join(folder ?? "", "processes"), "utf8")
      .trim()
      .split("\n");
    run.process.kill("SIGKILL");
    await run.finished;
    expect(leftovers(run.pid)).not.toEqual([]);
    const next = await runPod(podWith(IDLE), "--until", "500ms");
    expect(
      next.entries.some((entry) => entry.kind === "note" && /crashed run/.test(entry.message)),
    ).toBe(true);
    expect(leftovers(run.pid)).toEqual([]);
    const isAlive = (line: string) => {
      const [pid = ""] = line.split(" ");
      return existsSync(`/proc/${pid}`) && processEntry(Number(pid)).state !== "Z";
    };
    await until("the end of all", () => !processes.some(isAlive));
  },
  LONG,
);

test(
  "knell run: a probe that prints without end is a timeout, and costs no memory",
  async () => {
    const pod = podWith(
      `${IDLE}, livenessProbe: {${exec("yes")}, periodSeconds: 1, failureThreshold: 9}`,
    );
    const run = startRun(pod, ["--until", "5s"]);
    await run.saw("an attempt", ({ kind }) => kind === "attempt");
    const peak = Number(
      /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${run.pid}/status`, "utf8"))?.[1],
    );
    const { entries } = await run.done;
    expect(attemptsOf(entries)[0]).toMatchObject({ result: "failure", isTimeout: true });
    expect(peak).toBeLessThan(300_000);
  },
  LONG,
);

test(
  "knell run: a command that does not exist is refused with the runtime's words",
  async () => {
    const pod = podWith(
      `${IDLE}, livenessProbe: {${exec("no-such-program")}, periodSeconds: 1, failureThreshold: 1}`,
    );
    const { status, entries } = await runPod(pod, "--until", "3s");
    expect(status).toBe(0);
    expect(attemptsOf(entries)[0]).toMatchObject({ result: "error", tries: 3 });
    expect(attemptsOf(entries)[0]?.output).toContain(
      'exec: "no-such-program": executable file not found in $PATH',
    );
  },
  LONG,
);

test(
  "knell run: a container cannot write outside its own root and volumes",
  async () => {
    const outside = mkdtempSync(join(tmpdir(), "knell-outside-"));
    const name = `/etc/knell-test-${process.pid}`;
    const script = `touch ${name}; mkdir -p ${outside}; touch ${outside}/x /var/run/y; ln -s ${outside} /data/link; sleep 1000`;
    const pod = podWith(
      `${shell(script)}, volumeMounts: [{name: v, mountPath: /data}]`,
      "volumes: [{name: v, emptyDir: {}}]",
    );
    await runPod(pod, "--until", "2s");
    expect(existsSync(name)).toBe(false);
    expect(existsSync("/var/run/y")).toBe(false);
    expect(existsSync(join(outside, "x"))).toBe(false);
    rmSync(outside, { recursive: true });
  },
  LONG,
);

test(
  "knell run: a hostPath is mounted only where that is allowed",
  async () => {
    const outside = mkdtempSync(join(tmpdir(), "knell-outside-"));
    const pod = podWith(
      `${shell("touch /data/x; sleep 1000")}, volumeMounts: [{name: v, mountPath: /data}]`,
      `volumes: [{name: v, hostPath: {path: "${outside}"}}]`,
    );
    const refused = await runPod(pod, "--until", "2s");
    expect(JSON.stringify(refused.entries)).toContain("allow it with --allow-host-path");
    expect(existsSync(join(outside, "x"))).toBe(false);
    await runPod(pod, "--until", "2s", "--allow-host-path");
    expect(existsSync(join(outside, "x"))).toBe(true);
    rmSync(outside, { recursive: true });
  },
  LONG,
);

test(
  "knell run: a subPath that a link leads out of its volume is refused",
  async () => {
    const pod = `apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 1
  volumes: [{name: v, emptyDir: {}}]
  initContainers:
  - {name: evil, image: x, command: [ln, -s, /etc, /data/etc], volumeMounts: [{name: v, mountPath: /data}]}
  containers:
  - {name: app, image: x, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /data, subPath: etc}]}
`;
    const { entries } = await runPod(pod, "--until", "2s");
    expect(JSON.stringify(entries)).toContain("subPath leads out of the volume");
  },
  LONG,
);

test(
  "knell run: a pod of 50 containers runs, is probed, and is gone afterwards",
  async () => {
    const containers = Array.from(
      { length: 50 },
      (_, index) =>
        `  - {name: c${index}, image: x, command: [sleep, "1000"], livenessProbe: {exec: {command: ["true"]}, periodSeconds: 5}}`,
    );
    const pod = `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  terminationGracePeriodSeconds: 0\n  containers:\n${containers.join("\n")}\n`;
    const run = startRun(pod, []);
    const all = await until(
      "an attempt of each",
      () => {
        const probed = new Set(attemptsOf(run.entries()).map(({ container }) => container));
        return probed.size === 50 && probed;
      },
      60_000,
    );
    run.process.kill("SIGINT");
    await run.done;
    expect(all).toBeTruthy();
    expect(leftovers(run.pid)).toEqual([]);
  },
  LONG,
);

test(
  "knell run: bad input is told with its place, exit 2, and nothing is started",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "knell-input-"));
    writeFileSync(join(folder, "x"), "");
    const bad = podWith(`${IDLE}, livenessProbe: {periodSeconds: -1}`);
    const { status, stderr, stdout } = await runPod(bad);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      /^knell run: <stdin>:8:\d+: livenessProbe: exactly one of.*\nknell run: <stdin>:8:\d+: periodSeconds: a whole number.*\n$/,
    );
    const silent = await runPod(podWith("ports: []"));
    expect(silent.status).toBe(2);
    expect(silent.stderr).toMatch(/^knell run: container "app": no command; .*\n$/);
    const [none, two, unknown] = await Promise.all([
      runPod("kind: Service\napiVersion: v1\n"),
      runPod(`${podWith(IDLE)}---\n${podWith(IDLE)}`),
      runPod(podWith(IDLE), "--fault", "explode"),
    ]);
    expect(none.stderr).toContain("no Pod and nothing with a pod template");
    expect(two.stderr).toContain("the input has 2 pods; choose one with --pod");
    expect(unknown.stderr).toContain('"explode" is none of freeze, kill, slow');
    for (const { status: code } of [none, two, unknown]) expect(code).toBe(2);
    rmSync(folder, { recursive: true });
  },
  LONG,
);
