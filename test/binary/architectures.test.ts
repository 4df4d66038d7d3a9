// The other architectures under qemu: what of them can be seen here. Whoever has no cross compiler or no qemu skips them.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childrenOf, freeze, ROOT, run, start, startNamespace, until } from "./harness.ts";
import { cleanEnvironment, type RedisServer, startRedis } from "./redis-server.ts";

const ARCHITECTURES = [
  {
    name: "arm64",
    qemu: "qemu-aarch64-static",
    gnu: "aarch64-linux-gnu",
    musl: "aarch64-linux-musl",
  },
  {
    name: "armv7",
    qemu: "qemu-arm-static",
    gnu: "arm-linux-gnueabihf",
    musl: "arm-linux-musleabihf",
  },
  {
    name: "riscv64",
    qemu: "qemu-riscv64-static",
    gnu: "riscv64-linux-gnu",
    musl: "riscv64-linux-musl",
  },
];

function build(name: string): Buffer {
  execFileSync(join(ROOT, "node_modules/.bin/node"), [
    join(ROOT, "scripts/build-binary.ts"),
    "--arch",
    name,
  ]);
  return readFileSync(join(ROOT, "dist", `knell-${name}`));
}

describe.each(ARCHITECTURES)("$name", ({ name, qemu, gnu, musl }) => {
  const needed = [`/usr/bin/${qemu}`, `/usr/bin/${gnu}-gcc`, `/usr/lib/${musl}/musl-gcc.specs`];
  const missing = needed.find((path) => !existsSync(path));
  const onArchitecture = test.skipIf(missing !== undefined);
  const knell = [`/usr/bin/${qemu}`, join(ROOT, "dist", `knell-${name}`)];
  const [program = "", ...words] = knell;
  let redis: RedisServer;

  beforeAll(async () => {
    if (missing !== undefined) return;
    build(name);
    redis = await startRedis();
  }, 120_000);
  afterAll(() => redis?.stop());

  onArchitecture("a second build gives the same bytes", { timeout: 120_000 }, () => {
    const first = readFileSync(join(ROOT, "dist", `knell-${name}`));
    expect(build(name).equals(first)).toBe(true);
  });

  onArchitecture("I43: init leaves with the child's status", async () => {
    for (const [script, status] of [
      ["exit 7", 7],
      ["kill -9 $$", 137],
    ] as const) {
      const result = await run(program, [...words, "init", "--", "sh", "-c", script]);
      expect(result.status).toBe(status);
    }
  });

  onArchitecture("I23: TERM is forwarded", async () => {
    const running = start(program, [...words, "init", "--", "sleep", "60"]);
    await until("the child", () => childrenOf(running.pid)[0]);
    running.process.kill("SIGTERM");
    expect((await running.finished).status).toBe(143);
  });

  onArchitecture("I33: PID 1 reaps orphans", async () => {
    const script = "for i in 1 2 3 4 5 6 7 8 9; do (sleep 0.05 & ) ; done; exec sleep 60";
    const space = await startNamespace([...knell, "init", "--", "sh", "-c", script]);
    const isQuiet = () => {
      const names = space.processes().map((process) => process.name);
      return names.length === 2 && names.includes("sleep");
    };
    await until("the end of the orphans, and no zombie of them", isQuiet);
    expect(space.zombies()).toEqual([]);
    await space.stop();
  });

  onArchitecture(
    "E1: exec leaves with the command's status, and with 124 at the deadline",
    async () => {
      const status = async (...rest: string[]) =>
        (await run(program, [...words, "exec", ...rest])).status;
      expect(await status("--", "sh", "-c", "exit 3")).toBe(3);
      expect(await status("--timeout", "300ms", "--", "sleep", "60")).toBe(124);
    },
  );

  onArchitecture("R20: redis passes on PONG, and fails when Redis is frozen or gone", async () => {
    const ask = async () => {
      const args = [...words, "redis", "--live", "-p", String(redis.port)];
      return (await run(program, args, { env: cleanEnvironment() })).status;
    };
    expect(await ask()).toBe(0);
    await freeze(redis.pid);
    expect(await ask()).toBe(1);
    process.kill(redis.pid, "SIGCONT");
    expect(await ask()).toBe(0);
  });

  onArchitecture("ps shows the tree as JSON", async () => {
    const { status, stdout } = await run(program, [...words, "ps", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty("processes");
  });
});
