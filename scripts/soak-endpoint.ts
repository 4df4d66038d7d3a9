// `npm run soak`: a million requests for each kind of probe to the endpoint of a knell that has a Redis below it. Memory,
// descriptors and processes have to be after each million what they were after the first thousand. Runs in a network of
// its own, with every port for clients: each probe over tcp or http leaves one in TIME_WAIT.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KNELL, type Namespace, run, startNamespace, until } from "../test/binary/harness.ts";
import { type Footprint, footprintOf, load, newestPid } from "../test/binary/health-load.ts";

const { values, positionals } = parseArgs({
  options: { requests: { type: "string", default: "1000000" } },
  allowPositionals: true,
});
const requests = Number(values.requests);
const PORT = 18086;
const REDIS = 16379;
/** An HTTP server that is there anyway: the endpoint of a second knell between the first and Redis. */
const HTTP = 18087;

/** What --live and --ready ask. */
const PROBES: Readonly<Record<string, readonly [live: string, ready: string]>> = {
  redis: [`redis -p ${REDIS} --live`, `redis -p ${REDIS}`],
  tcp: [`tcp 127.0.0.1:${REDIS}`, `tcp 127.0.0.1:${REDIS}`],
  http: [`http http://127.0.0.1:${HTTP}/metrics`, `http http://127.0.0.1:${HTTP}/metrics`],
};
const WARM_UP = 1000;
const PART = 100_000;
const DEADLINE_MS = 600_000;
const APART = "KNELL_SOAK_APART";

async function startServer(kind: string, folder: string): Promise<Namespace> {
  const [live = "", ready = ""] = PROBES[kind] ?? [];
  const probes = ["--live", live, "--ready", ready];
  const redis = ["redis-server", "--port", String(REDIS), "--dir", folder, "--save", ""];
  const server = [KNELL, "init", "--listen", `:${HTTP}`, "--live", "exec true", "--", ...redis];
  const knell = [KNELL, "init", "--listen", `:${PORT}`, ...probes, "--", ...server];
  const space = await startNamespace(knell, { deadlineMs: 6 * DEADLINE_MS });
  await until("the endpoint", async () => {
    const urls = ["livez", "readyz"].map((path) => `http://127.0.0.1:${PORT}/${path}`);
    return (await run("curl", ["-fsS", ...urls])).status === 0;
  });
  return space;
}

async function ask(path: string, count: number): Promise<void> {
  const { passed, other, broken } = await load(PORT, path, count, 8, DEADLINE_MS);
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

/** True if a million requests left nothing. */
async function soakKind(kind: string): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "knell-soak-"));
  const space = await startServer(kind, folder);
  try {
    const faults = await soak(space);
    for (const fault of faults) console.error(`soak: ${kind}: ${fault}`);
    if (faults.length === 0) console.log(`${kind}: ${requests} requests left nothing`);
    return faults.length === 0;
  } finally {
    await space.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs this script in a network of its own; gives its exit status. */
function runApart(): number {
  const setUp =
    'ip link set lo up && echo "1024 65535" >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"';
  const words = [process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, [APART]: "1" };
  const command = ["--net", "sh", "-c", setUp, "soak", ...words];
  return spawnSync("unshare", command, { env, stdio: "inherit" }).status ?? 1;
}

async function main(): Promise<number> {
  const unknown = positionals.filter((kind) => !(kind in PROBES));
  if (unknown.length > 0 || !Number.isInteger(requests) || requests < 1) {
    console.error(
      `soak: "${unknown[0] ?? values.requests}": npm run soak -- [--requests N] [${Object.keys(PROBES).join("|")}]…`,
    );
    return 2;
  }
  if (process.env[APART] === undefined) return runApart();
  let isClean = true;
  for (const kind of positionals.length > 0 ? positionals : Object.keys(PROBES)) {
    isClean = (await soakKind(kind)) && isClean;
  }
  return isClean ? 0 : 1;
}

process.exitCode = await main();
