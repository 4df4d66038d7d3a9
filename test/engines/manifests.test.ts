// The Redis manifests of examples/, read from their files and run on containerd, with the probes that they have.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freeze, ROOT, run, until } from "../binary/harness.ts";
import { type Containerd, startContainerd, whyNoContainerd } from "./containerd.ts";
import { makeImageStore } from "./image-store.ts";
import { buildImages } from "./images.ts";
import { type KubernetesObject, parseManifest, readManifest } from "./manifest.ts";
import { type ManifestPod, runManifest } from "./manifest-pod.ts";

const reason = whyNoContainerd();

/** Image in the manifests → its stand-in. */
const IMAGES = {
  "redis-knell:8": "localhost/redis-knell:debian",
  "redis:8": "localhost/redis:debian",
  redis: "localhost/redis:debian",
  "knell-install:latest": "localhost/knell-install:latest",
};

let folder: string;
let engine: Containerd;
let pods: ManifestPod[] = [];

beforeEach(({ skip }) => skip(reason !== undefined, reason));
beforeAll(async () => {
  if (reason !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), "knell-manifests-"));
  const store = makeImageStore(join(folder, "store"));
  buildImages(store, ["localhost/redis-knell:debian", "localhost/knell-install:latest"]);
  engine = await startContainerd();
  for (const name of new Set(Object.values(IMAGES)))
    await engine.importArchive(name, store.archive(name));
}, 120_000);
afterAll(() => {
  engine?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => async () => {
  for (const pod of pods) await pod.remove();
  pods = [];
});

async function start(
  objects: readonly KubernetesObject[],
  hosts?: Record<string, string>,
): Promise<ManifestPod> {
  const at = mkdtempSync(join(folder, "pod-"));
  const options = { images: IMAGES, folder: at, ...(hosts ? { hosts } : {}) };
  const pod = await runManifest(engine, objects, options);
  pods.push(pod);
  return pod;
}

const example = (path: string) => readManifest(join(ROOT, "examples", path));

const passes = (pod: ManifestPod, kind: "livenessProbe" | "readinessProbe") =>
  until(`the ${kind} to pass`, async () => (await pod.probe(kind)).result === "pass");

function server(pod: ManifestPod): number {
  const found = pod.container.processes().find(({ name }) => name === "redis-server");
  if (found === undefined) throw new Error("no redis-server in the container");
  return found.pid;
}

describe("kubercoins", () => {
  test.each(["exec", "http", "shared-pid"])(
    "%s: liveness fails while Redis is frozen, passes again after, and leaves nothing",
    async (variant) => {
      const pod = await start(example(`kubercoins/${variant}/redis-deployment.yaml`));
      await passes(pod, "livenessProbe");
      const before = pod.container.processes().length;
      await freeze(server(pod));
      for (let attempt = 0; attempt < 3; attempt++)
        expect(await pod.probe("livenessProbe")).toMatchObject({ result: "fail" });
      expect(pod.container.processes()).toHaveLength(before);
      process.kill(server(pod), "SIGCONT");
      await passes(pod, "livenessProbe");
      expect(pod.container.zombies()).toEqual([]);
      expect(pod.container.processes()).toHaveLength(before);
    },
    60_000,
  );

  test("exec and http: knell is PID 1; shared-pid: the sandbox's process is", async () => {
    const inits = [];
    for (const variant of ["exec", "http", "shared-pid"]) {
      const pod = await start(example(`kubercoins/${variant}/redis-deployment.yaml`));
      await passes(pod, "livenessProbe");
      inits.push(pod.container.processes().find(({ insidePid }) => insidePid === 1)?.name);
    }
    expect(inits).toEqual(["knell", "knell", undefined]);
  });

  test("original: while Redis is frozen the probe says nothing, and a zombie stays when it goes on", async () => {
    const pod = await start(example("kubercoins/original/redis-deployment.yaml"));
    await passes(pod, "livenessProbe");
    await freeze(server(pod));
    const attempt = pod.probe("livenessProbe").then(
      ({ result }) => result,
      () => "timeout",
    );
    // Its limit is 1 s.
    const first = await Promise.race([
      attempt,
      new Promise((resolve) => setTimeout(resolve, 4_000, "nothing")),
    ]);
    expect(first).toBe("nothing");
    process.kill(server(pod), "SIGCONT");
    expect(await attempt).toBe("timeout");
    await until("a zombie", () => pod.container.zombies().length === 1);
  });
});

test("any-deployment: the init container brings knell, which is then PID 1 of an image that has none", async ({
  skip,
}) => {
  const { status, stdout } = await run("kubectl", [
    "kustomize",
    join(ROOT, "examples/any-deployment"),
  ]).catch(() => ({ status: -1, stdout: "" }));
  skip(status !== 0, "needs kubectl 1.21 or later");
  const pod = await start(parseManifest(stdout));
  await passes(pod, "livenessProbe");
  expect(pod.container.processes()[0]).toMatchObject({ name: "knell", insidePid: 1 });
});

describe("redis", () => {
  test("password: both probes pass; with another password the server is alive, and not ready", async () => {
    const objects = example("redis/password.yaml");
    const pod = await start(objects);
    await passes(pod, "readinessProbe");
    await passes(pod, "livenessProbe");
    const cli = ["redis-cli", "config", "set", "requirepass", "rotated"];
    expect(await pod.container.exec(cli)).toMatchObject({ stdout: "OK\n" });
    expect(await pod.probe("livenessProbe")).toMatchObject({ result: "pass" });
    expect(await pod.probe("readinessProbe")).toMatchObject({ result: "fail" });
  });

  test("acl-user: the probe's user may PING, and nothing else", async () => {
    const pod = await start(example("redis/acl-user.yaml"));
    await passes(pod, "readinessProbe");
    await passes(pod, "livenessProbe");
    const asProbe = ["redis-cli", "--user", "probe", "--pass", "change-me-too", "get", "coins"];
    expect((await pod.container.exec(asProbe)).stdout).toMatch(/^NOPERM/);
  });

  test("sentinel: ready once it knows the master", async () => {
    const master = await start(example("kubercoins/exec/redis-deployment.yaml"));
    await passes(master, "livenessProbe");
    const pod = await start(example("redis/sentinel.yaml"), { redis: master.address });
    await passes(pod, "readinessProbe");
    await passes(pod, "livenessProbe");
    const other = ["redis-cli", "-p", "26379", "sentinel", "remove", "coins"];
    expect(await pod.container.exec(other)).toMatchObject({ stdout: "OK\n" });
    expect(await pod.probe("readinessProbe")).toMatchObject({ result: "fail" });
    expect(await pod.probe("livenessProbe")).toMatchObject({ result: "pass" });
  });

  test("cluster-member: alive at once, ready when the cluster serves all slots", async () => {
    const pod = await start(example("redis/cluster-member.yaml"));
    await passes(pod, "livenessProbe");
    expect(await pod.probe("readinessProbe")).toMatchObject({ result: "fail" });
    const slots = ["redis-cli", "cluster", "addslotsrange", "0", "16383"];
    expect(await pod.container.exec(slots)).toMatchObject({ stdout: "OK\n" });
    await passes(pod, "readinessProbe");
  });
});
