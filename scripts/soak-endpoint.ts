// `npm run soak`: a million requests to the endpoint of a knell that has a Redis below it. Memory, descriptors and
// processes have to be after each of them what they were after the first thousand.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KNELL, type Namespace, run, startNamespace, until } from "../test/binary/harness.ts";
import { type Footprint, footprintOf, load, newestPid } from "../test/binary/health-load.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000000" },
    port: { type: "string", default: "18086" },
    redis: { type: "string", default: "16379" },
    /** Probes for --live and --ready in place of redis, such as "tcp 127.0.0.1:16379". */
    live: { type: "string" },
    ready: { type: "string" },
  },
});
const requests = Number(values.requests);
const port = Number(values.port);
const WARM_UP = 1000;
const PART = 100_000;
const DEADLINE_MS = 600_000;

async function startServer(folder: string): Promise<Namespace> {
  const probes = [
    ...["--live", values.live ?? `redis -p ${values.redis} --live`],
    ...["--ready", values.ready ?? `redis -p ${values.redis}`],
  ];
  const redis = ["redis-server", "--port", values.redis, "--dir", folder, "--save", ""];
  const knell = [KNELL, "init", "--listen", `:${port}`, ...probes, "--", ...redis];
  const space = await startNamespace(knell, { deadlineMs: 6 * DEADLINE_MS });
  await until("the endpoint", async () => {
    const urls = ["livez", "readyz"].map((path) => `http://127.0.0.1:${port}/${path}`);
    return (await run("curl", ["-fsS", ...urls])).status === 0;
  });
  return space;
}

async function ask(path: string, count: number): Promise<void> {
  const { passed, other, broken } = await load(port, path, count, 8, DEADLINE_MS);
  if (passed !== count) throw new Error(`${path}: ${other} did not pass, ${broken} had no answer`);
}

function differences(before: Footprint, after: Footprint): string[] {
  const names = Object.keys(before) as (keyof Footprint)[];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name]}, then ${after[name]}`);
}

async function soak(space: Namespace): Promise<string[]> {
  const look = () => footprintOf(space, (pid) => readFileSync(`/proc/${pid}/status`, "utf8"));
  for (const path of ["/livez", "/readyz"]) await ask(path, WARM_UP);
  const [before, pid] = [look(), await newestPid(space)];
  const startedAt = performance.now();
  for (let done = 0; done < requests; done += PART) {
    const count = Math.min(PART, requests - done);
    await ask("/livez", count >> 1);
    await ask("/readyz", count - (count >> 1));
    const seconds = (performance.now() - startedAt) / 1000;
    const now = JSON.stringify(look());
    console.log(`${done + count} requests in ${seconds.toFixed(0)} s: ${now}`);
  }
  const faults = differences(before, look());
  const started = (await newestPid(space)) - pid - 1;
  if (started !== 0) faults.push(`${started} processes were started`);
  return faults;
}

const folder = mkdtempSync(join(tmpdir(), "knell-soak-"));
const space = await startServer(folder);
try {
  const faults = await soak(space);
  for (const fault of faults) console.error(`soak: ${fault}`);
  console.log(faults.length === 0 ? `${requests} requests left nothing` : "failed");
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await space.stop();
  rmSync(folder, { recursive: true, force: true });
}
