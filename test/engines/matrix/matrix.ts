// The matrix: every way under every condition, on one engine.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, start, until } from "../../binary/harness.ts";
import type { Engine } from "../engine.ts";
import {
  type Cell,
  type Condition,
  crashed,
  frozen,
  healthy,
  many,
  PIDS_LIMIT,
  pidsLimit,
  type Sizes,
  startSubject,
  unready,
  wrapperKilled,
} from "./conditions.ts";
import { WAY_NAMES, WAYS, type WayName } from "./ways.ts";

export type Matrix = Record<WayName, Record<Condition, Cell>>;

/** Runs all of it; `folder` is for the data that a Redis loads. */
export async function runMatrix(engine: Engine, folder: string, sizes: Sizes): Promise<Matrix> {
  const data = await makeData(folder);
  // The CPU first, one at a time; the rest is mostly waiting.
  const busy: Partial<Record<WayName, Cell>> = {};
  for (const way of WAY_NAMES) busy[way] = await runMany(engine, way, sizes);
  const rows = await Promise.all(
    WAY_NAMES.map(async (way) => {
      const cells = { ...(await runRest(engine, way, data, sizes)), many: busy[way] };
      return [way, cells] as const;
    }),
  );
  return Object.fromEntries(rows) as Matrix;
}

async function runMany(engine: Engine, way: WayName, sizes: Sizes): Promise<Cell> {
  const subject = await startSubject(engine, WAYS[way]);
  try {
    return await many(subject, sizes.many);
  } finally {
    await subject.container.remove();
  }
}

async function runRest(engine: Engine, way: WayName, data: string, sizes: Sizes) {
  const alone = await startSubject(engine, WAYS[way]);
  const cells: Partial<Record<Condition, Cell>> = {};
  cells.healthy = await healthy(alone, sizes.healthy);
  cells.frozen = await frozen(alone, sizes.frozenSeconds);
  await alone.container.remove();
  const killed = await startSubject(engine, WAYS[way]);
  cells.wrapper = await wrapperKilled(killed, sizes.repeats);
  cells.crashed = await crashed(killed);
  await killed.container.remove();
  cells.loading = await runLoading(engine, way, data, sizes);
  const password = await startSubject(engine, WAYS[way], {
    args: ["redis-server", "--requirepass", "right"],
    environment: { REDISCLI_AUTH: "wrong" },
  });
  cells.password = await unready(password, sizes.repeats);
  await password.container.remove();
  const limited = await startSubject(engine, WAYS[way], { pidsLimit: PIDS_LIMIT });
  cells.pids = await pidsLimit(limited, sizes.killed);
  await limited.container.remove();
  return cells;
}

async function runLoading(engine: Engine, way: WayName, data: string, sizes: Sizes): Promise<Cell> {
  const own = mkdtempSync(join(data, "..", "loading-"));
  cpSync(join(data, "dump.rdb"), join(own, "dump.rdb"));
  await run("chmod", ["-R", "a+rwX", own]);
  const subject = await startSubject(engine, WAYS[way], {
    args: [
      ...["redis-server", "--dir", "/loading", "--key-load-delay", "2000"],
      ...["--loading-process-events-interval-bytes", "1024"],
    ],
    mounts: [{ source: own, target: "/loading" }],
  });
  const cell = await unready(subject, sizes.repeats);
  const { stdout } = await subject.container.exec(["redis-cli", "ping"]);
  if (!stdout.startsWith("LOADING")) throw new Error(`Redis had loaded: ${stdout}`);
  await subject.container.remove();
  rmSync(own, { recursive: true });
  return cell;
}

/** A folder with a dump.rdb that takes minutes to load at 2 ms a key. */
async function makeData(folder: string): Promise<string> {
  const data = mkdtempSync(join(folder, "data-"));
  const socket = join(data, "s");
  const options = ["--port", "0", "--unixsocket", socket, "--dir", data];
  options.push("--enable-debug-command", "yes");
  const server = start("redis-server", options, { deadlineMs: 60_000 });
  const cli = (...words: string[]) => run("redis-cli", ["-s", socket, ...words]);
  await until("a Redis to save from", async () => (await cli("ping")).stdout === "PONG\n");
  for (const words of [["debug", "populate", "60000"], ["save"]]) {
    const { stdout } = await cli(...words);
    if (stdout !== "OK\n") throw new Error(`redis-cli ${words.join(" ")}: ${stdout}`);
  }
  server.process.kill("SIGKILL");
  await server.finished;
  return data;
}
