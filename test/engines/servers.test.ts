// The examples for other servers, run on containerd with real ones.

import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ROOT, until } from "../binary/harness.ts";
import { type Containerd, startContainerd, whyNoContainerd } from "./containerd.ts";
import type { Container } from "./engine.ts";
import { makeImageStore } from "./image-store.ts";
import { buildImages } from "./images.ts";
import { podOf, readManifest } from "./manifest.ts";
import { get, type ManifestPod, runManifest } from "./manifest-pod.ts";
import { baseOf, buildServer, HOST_MOUNTS, imageOf, type ServerName } from "./server-images.ts";

const WHY_NOT: Record<ServerName, string | undefined> = {
  postgresql:
    globSync("/usr/lib/postgresql/*/bin/initdb").length > 0 ? undefined : "needs PostgreSQL",
  rabbitmq: existsSync("/usr/lib/rabbitmq/bin/rabbitmq-server") ? undefined : "needs RabbitMQ",
  nodejs: undefined,
  // Debian's package is 190 MB, so the set-up does not bring it.
  jvm: spawnSync("javac", ["-version"]).status === 0 ? undefined : "needs a JDK",
};
/** Node and Java do not handle it: 128 + 15, at once, because they are not PID 1. */
const EXIT_ON_TERM = { postgresql: 0, rabbitmq: 0, nodejs: 143, jvm: 143 };
const NAMES = (Object.keys(WHY_NOT) as ServerName[]).filter((name) => WHY_NOT[name] === undefined);

const reason = whyNoContainerd();
let folder: string;
let engine: Containerd;
let pods: { remove(): Promise<void> }[] = [];

beforeEach(({ skip }) => skip(reason !== undefined, reason));
beforeAll(async () => {
  if (reason !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), "knell-servers-"));
  const store = makeImageStore(join(folder, "store"));
  buildImages(store, []);
  engine = await startContainerd();
  for (const name of NAMES) {
    buildServer(store, name);
    for (const image of [baseOf(name), imageOf(name)])
      await engine.importArchive(image, store.archive(image));
  }
}, 120_000);
afterAll(() => {
  engine?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => async () => {
  for (const pod of pods) await pod.remove();
  pods = [];
});

/** Starts the example `name`, and waits until its startup probe passes. */
async function start(name: ServerName): Promise<ManifestPod> {
  const objects = readManifest(join(ROOT, "examples/servers", name, "deployment.yaml"));
  const images = { [`${name}-knell:latest`]: imageOf(name) };
  const at = mkdtempSync(join(folder, "pod-"));
  const pod = await runManifest(engine, objects, { images, folder: at, mounts: HOST_MOUNTS });
  pods.push(pod);
  await passes(pod, "startupProbe");
  return pod;
}

const passes = (pod: ManifestPod, kind: "startupProbe" | "livenessProbe" | "readinessProbe") =>
  until(
    `the ${kind} to pass`,
    async () => {
      const code = await pod.container.exitCode();
      if (code !== undefined) throw new Error(`exit ${code}: ${await pod.container.log()}`);
      return (await pod.probe(kind)).result === "pass";
    },
    60_000,
  );

describe.each(["postgresql", "rabbitmq", "nodejs", "jvm"] as const)("%s", (name) => {
  test("all three probes pass, nothing is left, and TERM ends it in time", async ({ skip }) => {
    skip(WHY_NOT[name] !== undefined, WHY_NOT[name]);
    const pod = await start(name);
    await passes(pod, "livenessProbe");
    await passes(pod, "readinessProbe");
    expect(pod.container.processes()[0]).toMatchObject({ name: "knell", insidePid: 1 });
    const before = pod.container.processes().length;
    expect(await pod.probe("readinessProbe")).toMatchObject({ result: "pass" });
    await until("its processes to end", () => pod.container.processes().length <= before);
    // The server waits for its own children, a moment later.
    await until("its zombies to end", () => pod.container.zombies().length === 0);
    await pod.container.end(30);
    expect(await pod.container.exitCode()).toBe(EXIT_ON_TERM[name]);
  }, 120_000);
});

describe("postgresql", () => {
  /** As PID 1, or under knell: an orphaned psql is killed. */
  async function orphanOn(
    image: string,
    command: readonly string[] | undefined,
  ): Promise<Container> {
    const data = mkdtempSync(join(folder, "data-"));
    const mounts = [...HOST_MOUNTS, { source: data, target: "/var/lib/postgresql/data" }];
    const settings = { hasOwnNetwork: true, mounts };
    const container = await engine.startContainer({ name: image }, command, settings);
    pods.push(container);
    const isReady = ["pg_isready", "-q", "-h", "127.0.0.1"];
    await until(
      "PostgreSQL",
      async () => {
        return (await container.exec(isReady).catch(() => undefined))?.exitCode === 0;
      },
      30_000,
    );
    const query = 'psql -h 127.0.0.1 -U postgres -c "select pg_sleep(60)"; true';
    void container.exec(["sh", "-c", query]).catch(() => {});
    const client = await until("psql", () => {
      return container.processes().find((entry) => entry.name === "psql");
    });
    process.kill(client.parent, "SIGKILL");
    await until("psql to have another parent", () => {
      return container.processes().find(({ pid }) => pid === client.pid)?.parent !== client.parent;
    });
    process.kill(client.pid, "SIGKILL");
    await until("psql to be gone", () => {
      return !container.processes().some(({ pid }) => pid === client.pid);
    });
    await until("PostgreSQL again", async () => (await container.exec(isReady)).exitCode === 0);
    return container;
  }

  const CRASH = /all server processes terminated; reinitializing/;

  test("as PID 1 it takes a killed orphan of a probe for a crashed backend, and drops all connections", async ({
    skip,
  }) => {
    skip(WHY_NOT.postgresql !== undefined, WHY_NOT.postgresql);
    const container = await orphanOn(baseOf("postgresql"), ["docker-entrypoint.sh", "postgres"]);
    // PID 1 waits for it in its own time.
    await until("the log to tell of a crash", async () => CRASH.test(await container.log()));
  }, 60_000);

  test("behind knell it never hears of it", async ({ skip }) => {
    skip(WHY_NOT.postgresql !== undefined, WHY_NOT.postgresql);
    const log = await (await orphanOn(imageOf("postgresql"), undefined)).log();
    expect(log).toMatch(/ready to accept connections/);
    expect(log).not.toMatch(CRASH);
  }, 60_000);
});

test("rabbitmq: a probe before the broker is up does not take epmd from it", async ({ skip }) => {
  skip(WHY_NOT.rabbitmq !== undefined, WHY_NOT.rabbitmq);
  const objects = readManifest(join(ROOT, "examples/servers/rabbitmq/deployment.yaml"));
  const images = { "rabbitmq-knell:latest": imageOf("rabbitmq") };
  const at = mkdtempSync(join(folder, "pod-"));
  const pod = await runManifest(engine, objects, { images, folder: at, mounts: HOST_MOUNTS });
  pods.push(pod);
  // Whatever it says: the broker may be up that far already.
  await pod.probe("livenessProbe");
  await passes(pod, "readinessProbe");
}, 120_000);

test("nodejs: liveness and readiness fail while the event loop is stuck", async () => {
  const pod = await start("nodejs");
  await passes(pod, "readinessProbe");
  const freeze = `http://${pod.address}:3000/freeze`;
  void post(freeze);
  await until("liveness to fail", async () => (await pod.probe("livenessProbe")).result === "fail");
  expect(await pod.probe("readinessProbe")).toMatchObject({ result: "fail" });
  expect(pod.container.zombies()).toEqual([]);
}, 60_000);

const post = (url: string) => fetch(url, { method: "POST" }).then(String, String);

test("servers: the manifests ask knell's port alone", () => {
  for (const name of Object.keys(WHY_NOT)) {
    const [container] = podOf(
      readManifest(join(ROOT, "examples/servers", name, "deployment.yaml")),
    ).containers;
    for (const kind of ["startupProbe", "livenessProbe", "readinessProbe"] as const)
      expect(container?.[kind]?.httpGet?.port).toBe("knell");
    expect(container?.ports).toContainEqual({ name: "knell", containerPort: 8086 });
  }
});

test("servers: a port that nobody listens on fails", async () => {
  expect(await get("http://127.0.0.1:1/livez", 1)).toMatchObject({ result: "fail" });
});
