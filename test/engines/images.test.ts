// Every image of images/, built and run as its user would, on podman and on containerd.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { until } from "../binary/harness.ts";
import { startContainerd, whyNoContainerd } from "./containerd.ts";
import type { Container, ContainerSettings, Engine } from "./engine.ts";
import { type ImageStore, makeImageStore } from "./image-store.ts";
import { buildImages, type ImageName, RECIPES } from "./images.ts";
import { startPodman, whyNoPodman } from "./podman.ts";

const NAMES = Object.keys(RECIPES) as ImageName[];
const SERVERS = NAMES.filter((name) => /redis|valkey/.test(name));
/** Image → the uid that its server has. */
const uidOf = (name: ImageName) => (name.includes("distroless") ? 65532 : 999);

let folder: string;
let store: ImageStore;
const reasons = { podman: whyNoPodman(), containerd: whyNoContainerd() };
const isPossible = Object.values(reasons).some((reason) => reason === undefined);

beforeAll(() => {
  if (!isPossible) return;
  folder = mkdtempSync(join(tmpdir(), "knell-images-"));
  store = makeImageStore(folder);
  buildImages(store, NAMES);
}, 120_000);
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** containerd with the images of the store in it. */
async function startWithImages(): Promise<Engine> {
  const containerd = await startContainerd();
  for (const name of SERVERS) {
    const archive = store.archive(name);
    await containerd.importArchive(name, archive);
    rmSync(archive);
  }
  return containerd;
}

const ENGINES = { podman: () => startPodman(store), containerd: startWithImages };

describe.each(["podman", "containerd"] as const)("%s", (kind) => {
  let engine: Engine;
  beforeEach(({ skip }) => skip(reasons[kind] !== undefined, reasons[kind]));
  beforeAll(async () => {
    if (reasons[kind] === undefined) engine = await ENGINES[kind]();
  }, 60_000);
  afterAll(() => engine?.stop());

  /** Runs `name` with what its image says until it is ready, and asks `about` it. */
  async function withServer(
    name: ImageName,
    settings: ContainerSettings,
    about: (container: Container) => Promise<void>,
  ): Promise<void> {
    const own = { hasOwnNetwork: true, ...settings };
    const container = await engine.startContainer({ name }, undefined, own);
    try {
      await until(`${name} to be alive`, async () => {
        const { exitCode } = await container
          .exec(["/knell", "healthcheck"])
          .catch(() => ({ exitCode: -1 }));
        return exitCode === 0 || refuseIfEnded(container);
      });
      await about(container);
    } finally {
      await container.remove();
    }
  }

  async function refuseIfEnded(container: Container): Promise<false> {
    const code = await container.exitCode();
    if (code !== undefined) throw new Error(`exit ${code}: ${await container.log()}`);
    return false;
  }

  test.each(SERVERS)(
    "%s: knell is PID 1, the server has its user, TERM ends it with 0",
    async (name) => {
      await withServer(name, {}, async (container) => {
        const [init, server] = container.processes();
        expect(init).toMatchObject({ name: "knell", insidePid: 1 });
        expect(server).toMatchObject({ parent: init?.pid });
        expect(uidIn(server?.pid ?? -1)).toBe(uidOf(name));
        expect(await container.exec(["/knell", "redis"])).toMatchObject({ exitCode: 0 });
        expect(container.zombies()).toEqual([]);
        await container.end(30);
        expect(await container.exitCode()).toBe(0);
      });
    },
  );

  test.each(SERVERS)(
    "%s: works without root, with a read-only root and without any capability",
    async (name) => {
      const uid = uidOf(name);
      const strict = { user: uid, group: uid, isRootReadOnly: true, hasNoCapabilities: true };
      await withServer(name, strict, async (container) => {
        for (const { pid } of container.processes()) {
          expect(uidIn(pid)).toBe(uid);
          expect(statusOf(pid, "CapEff")).toBe("0000000000000000");
          expect(statusOf(pid, "NoNewPrivs")).toBe("1");
        }
        for (const probe of [["redis"], ["redis", "--live"], ["healthcheck", "/readyz"]])
          expect(await container.exec(["/knell", ...probe])).toMatchObject({ exitCode: 0 });
        await container.end(30);
        expect(await container.exitCode()).toBe(0);
      });
    },
  );

  test("redis: options alone are the server's, as with the official image", async () => {
    const args = ["--port", "7000"];
    const environment = { KNELL_LIVE: "redis --live -p 7000" };
    await withServer("localhost/redis-knell:debian", { args, environment }, async (container) => {
      expect(container.processes().map(({ name }) => name)).toEqual(["knell", "redis-server"]);
      expect(await container.exec(["/knell", "redis", "-p", "7000"])).toMatchObject({
        exitCode: 0,
      });
    });
  });

  test("redis behind a unix socket: KNELL_LIVE names it", async () => {
    const args = ["redis-server", "--port", "0", "--unixsocket", "/data/redis.sock"];
    const environment = { KNELL_LIVE: "redis --live -s /data/redis.sock" };
    await withServer("localhost/redis-knell:debian", { args, environment }, async (container) => {
      expect(await container.exec(["/knell", "redis"])).toMatchObject({ exitCode: 1 });
      expect((await container.exec(["/knell", "healthcheck"])).stdout).toMatch(/PONG/);
    });
  });

  test("redis with TLS only: tcp is what can be asked, and a plain port on loopback what is better", async () => {
    const certificates = makeCertificate();
    const tls = ["--tls-port", "6379", "--tls-cert-file", "/tls/cert.pem"];
    tls.push("--tls-key-file", "/tls/key.pem", "--tls-auth-clients", "no");
    const mounts = [{ source: certificates, target: "/tls", isReadOnly: true }];
    const name = "localhost/redis-knell:debian";
    const only = { args: ["redis-server", "--port", "0", ...tls], mounts };
    const tcp = { ...only, environment: { KNELL_LIVE: "tcp 127.0.0.1:6379" } };
    await withServer(name, tcp, async (container) => {
      expect(await container.exec(["/knell", "redis", "--live"])).toMatchObject({ exitCode: 1 });
      expect(await container.exec(["/knell", "tcp", "127.0.0.1:6379"])).toMatchObject({
        exitCode: 0,
      });
    });
    const both = { args: ["redis-server", "--port", "6380", ...tls], mounts };
    const live = { ...both, environment: { KNELL_LIVE: "redis --live -p 6380" } };
    await withServer(name, live, async (container) => {
      expect((await container.exec(["/knell", "healthcheck"])).stdout).toMatch(/PONG/);
    });
  });
});

/** A folder with cert.pem and key.pem that everybody may read. */
function makeCertificate(): string {
  const at = mkdtempSync(join(folder, "tls-"));
  const files = ["-keyout", join(at, "key.pem"), "-out", join(at, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-days", "1"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], {
    stdio: "pipe",
  });
  chmodSync(at, 0o755);
  chmodSync(join(at, "key.pem"), 0o644);
  return at;
}

const uidIn = (pid: number) => Number(statusOf(pid, "Uid").split("\t")[0]);

function statusOf(pid: number, field: string): string {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return new RegExp(`^${field}:\\t(.*)$`, "m").exec(status)?.[1] ?? "";
}
