import { startContainerd, whyNoContainerd } from "../test/engines/containerd.ts";
import type { Container, Engine } from "../test/engines/engine.ts";
import { type Image, programPath } from "../test/engines/image.ts";
import { costRow } from "./probe-cost.ts";
import {
  AT_ONCE,
  compile,
  cpuNanoseconds,
  endpointCommand,
  freePort,
  KNELL,
  numbersFrom,
} from "./programs.ts";
import { median, microseconds, milliseconds, type Row } from "./row.ts";

const ROUNDS = 15;
const REQUESTS = 200;
const EXECS = 10;

const IMAGE: Image = {
  name: "knell.test/redis:1",
  files: {
    "/usr/bin/knell": KNELL,
    ...Object.fromEntries(
      ["redis-server", "redis-cli", "tini"].map((name) => [`/usr/bin/${name}`, programPath(name)]),
    ),
  },
};

/**
 * CPU nanoseconds of one exec probe: containerd, shim, runc, the probe's processes and Redis' answer, all from the
 * control group they run in. Not in it: the kubelet's own part, as the HTTP client's is not in the other figure.
 */
async function measureExecs(
  engine: Engine,
  container: Container,
  words: readonly string[],
): Promise<number> {
  const before = engine.cpuNanoseconds();
  for (let i = 0; i < EXECS; i++) {
    const { exitCode, stderr } = await container.exec(words, { timeoutSeconds: 5 });
    if (exitCode !== 0) throw new Error(`${words.join(" ")}: exit ${exitCode}: ${stderr}`);
  }
  return (engine.cpuNanoseconds() - before) / EXECS;
}

/** CPU nanoseconds of one GET /livez in the container: its PID 1 and Redis. */
function measureRequests(container: Container, port: string, get: string): number {
  const pids = container.processes().map(({ pid }) => pid);
  const served = () => pids.reduce((sum, pid) => sum + cpuNanoseconds(pid), 0);
  const before = served();
  numbersFrom([get, port, String(REQUESTS), String(AT_ONCE)]);
  return (served() - before) / REQUESTS;
}

async function waitForRedis(container: Container, port: string): Promise<void> {
  const { exitCode, stdout } = await container.exec(
    ["knell", "redis", "--startup", "--wait", "10", "-p", port],
    { timeoutSeconds: 15 },
  );
  if (exitCode !== 0) throw new Error(stdout);
}

/** What a health check over HTTP costs, against all that a runtime does for an exec probe. */
export async function measure(): Promise<Row[]> {
  const reason = whyNoContainerd();
  if (reason !== undefined) throw new Error(reason);
  const get = compile("http-paced");
  const engine = await startContainerd();
  try {
    const [port, redisPort] = [await freePort(), await freePort()];
    await engine.addImage(IMAGE);
    const container = await engine.startContainer(
      IMAGE,
      endpointCommand(port, redisPort, "/usr/bin/knell"),
    );
    await waitForRedis(container, redisPort);
    const recipe = ["tini", "-s", "--", "redis-cli", "-p", redisPort, "ping"];
    const rounds: { exec: number; http: number }[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const exec = await measureExecs(engine, container, recipe);
      const http = measureRequests(container, port, get);
      // The first one warms up.
      if (round >= 0) rounds.push({ exec, http });
    }
    const [exec, http] = [median(rounds.map((r) => r.exec)), median(rounds.map((r) => r.http))];
    return [
      {
        what: "`tini -s -- redis-cli ping` through containerd's ExecSync ÷ `GET /livez`, CPU",
        value: median(rounds.map((round) => round.exec / round.http)),
        unit: "×",
        good: "at least",
        bound: 100,
        detail: `${milliseconds(exec)} ÷ ${microseconds(http)}, ${engine.name}`,
      },
      costRow("cri", exec),
    ];
  } finally {
    engine.stop();
  }
}
