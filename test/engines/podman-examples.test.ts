// The Compose, Swarm and Quadlet examples, read from their files and run by podman, and knell pause as PID 1 of its pods.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { freeze, ROOT, until } from "../binary/harness.ts";
import type { Container } from "./engine.ts";
import { makeImageStore } from "./image-store.ts";
import { buildImages } from "./images.ts";
import { type Podman, startPodman, whyNoPodman } from "./podman.ts";

const IMAGES: Record<string, string> = {
  "redis-knell:8": "localhost/redis-knell:debian",
  "localhost/redis-knell:8": "localhost/redis-knell:debian",
  "redis:8": "localhost/redis:debian",
};

const reason = whyNoPodman();
let folder: string;
let podman: Podman;
let containers: Container[] = [];

beforeEach(({ skip }) => skip(reason !== undefined, reason));
beforeAll(async () => {
  if (reason !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), "knell-podman-"));
  const store = makeImageStore(join(folder, "store"));
  buildImages(store, ["localhost/redis-knell:debian", "localhost/knell-pause:latest"]);
  podman = await startPodman(store);
}, 60_000);
afterAll(() => {
  podman?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => async () => {
  for (const container of containers) await container.remove();
  containers = [];
});

async function start(options: readonly string[], image: string): Promise<Container> {
  const container = await podman.startWith(
    ["--network", "none", ...options],
    IMAGES[image] ?? image,
  );
  containers.push(container);
  return container;
}

const server = (container: Container) =>
  container.processes().find(({ name }) => name === "redis-server")?.pid ?? -1;

/** `check` passes, fails while Redis is frozen, and passes again. */
async function expectChecked(container: Container, check: () => Promise<boolean>): Promise<void> {
  await until("the check to pass", check);
  const before = container.processes().length;
  await freeze(server(container));
  expect([await check(), await check()]).toEqual([false, false]);
  process.kill(server(container), "SIGCONT");
  await until("the check to pass again", check);
  expect(container.processes()).toHaveLength(before);
  expect(container.zombies()).toEqual([]);
}

interface Service {
  readonly image: string;
  readonly init?: boolean;
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

/** As Compose does: a volume that starts with "." is a path beside the file. */
function optionsOf(path: string, { init, volumes = [] }: Service): string[] {
  const beside = (volume: string) =>
    volume.startsWith(".") ? resolve(dirname(join(ROOT, path)), volume) : volume;
  return [...(init ? ["--init"] : []), ...volumes.flatMap((v) => ["--volume", beside(v)])];
}

test.each([
  "examples/compose/compose.yaml",
  "examples/compose/compose-init.yaml",
  "examples/swarm/stack.yaml",
])(
  "%s: the health check of Redis passes, and fails while Redis is frozen",
  async (path) => {
    const { services } = parse(readFileSync(join(ROOT, path), "utf8"));
    const service: Service = services.redis;
    const container = await start(optionsOf(path, service), service.image);
    // Without one of its own it is the image's, whose command podman was given.
    const [form, ...command] = service.healthcheck?.test ?? ["CMD", "/knell", "healthcheck"];
    expect(form).toBe("CMD");
    await expectChecked(container, async () => (await container.exec(command)).exitCode === 0);
  },
  30_000,
);

test("compose-init.yaml: Docker's init is PID 1; compose.yaml: knell is", async () => {
  const inits = [];
  for (const path of ["examples/compose/compose-init.yaml", "examples/compose/compose.yaml"]) {
    const { services } = parse(readFileSync(join(ROOT, path), "utf8"));
    const container = await start(optionsOf(path, services.redis), services.redis.image);
    await until("a server", () => server(container) > 0);
    inits.push(container.processes().find(({ insidePid }) => insidePid === 1)?.name);
  }
  // catatonit under another name.
  expect(inits).toEqual(["podman-init", "knell"]);
});

describe("quadlet/redis.container", () => {
  /** podman-systemd.unit(5): key → option. */
  const OPTIONS: Record<string, (value: string) => string[]> = {
    Volume: (value) => ["--volume", value],
    ReadOnly: () => ["--read-only"],
    NoNewPrivileges: () => ["--security-opt=no-new-privileges"],
    HealthCmd: (value) => ["--health-cmd", value],
    HealthInterval: (value) => ["--health-interval", value],
    HealthTimeout: (value) => ["--health-timeout", value],
    HealthRetries: (value) => ["--health-retries", value],
    HealthStartPeriod: (value) => ["--health-start-period", value],
    HealthOnFailure: (value) => ["--health-on-failure", value],
  };

  test("podman takes each of its keys; its health check passes, and fails while Redis is frozen", async () => {
    const text = readFileSync(join(ROOT, "examples/quadlet/redis.container"), "utf8");
    const section = /\[Container\]\n(.*?)\n\n/s.exec(text)?.[1] ?? "";
    const entries = section.split("\n").map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []);
    const image = entries.find(([key]) => key === "Image")?.[1] ?? "";
    const options = entries
      .filter(([key]) => key !== "Image")
      .flatMap(([key = "", value = ""]) => {
        const option = OPTIONS[key];
        if (option === undefined) throw new Error(`"${key}" is no key that the test knows`);
        return option(value);
      });
    const container = await start(options, image);
    await expectChecked(container, () => podman.checkHealth());
  }, 30_000);
});

test("pods: with the pause image of images/ as infra image an orphan of a probe is reaped", async () => {
  const share = ["--share", "net,ipc,uts,pid", "--network", "none"];
  share.push("--cgroup-parent", podman.podParent("coins"));
  await podman.run(
    "pod",
    "create",
    "--name",
    "coins",
    "--infra-image",
    "localhost/knell-pause:latest",
    ...share,
  );
  const container = await podman.startWith(["--pod", "coins"], "localhost/redis:debian");
  containers.push(container);
  await until("Redis", async () => (await container.exec(["redis-cli", "ping"])).exitCode === 0);
  await freeze(server(container));
  const probe = container.exec(["sh", "-c", "redis-cli ping; true"]);
  const client = await until("the probe's client", () =>
    container.processes().find(({ name }) => name === "redis-cli"),
  );
  process.kill(client.parent, "SIGKILL");
  await probe;
  process.kill(server(container), "SIGCONT");
  // A zombie would still be there.
  await until("the orphan to be reaped", () => !existsSync(`/proc/${client.pid}`));
  const infra = await podman.run("pod", "inspect", "coins", "--format", "{{.InfraContainerID}}");
  expect(await podman.run("inspect", infra, "--format", "{{.Path}}")).toBe("/pause");
  await podman.run("pod", "rm", "--force", "--time", "0", "coins");
  containers = [];
}, 30_000);
