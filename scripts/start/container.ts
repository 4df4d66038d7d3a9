// redis-server under `knell init` in its own PID namespace: what a container runtime would start.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const DIST = join(import.meta.dirname, "../../dist");
const USUAL_PORT = 6379;
/** For Redis to come up; it takes some 50 ms. */
const START_SECONDS = 10;

const REAPED_WITHIN_MS = 50;

/** Something outside this program is in the way. The message says what to do. */
export class SetUpError extends Error {}

/** Words in front of a command so that the kernel kills it when this process dies, however that happens. */
const DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"];
/** Without root a user namespace gives the right to the others. */
const isRoot = process.getuid?.() === 0;
const UNSHARE_USER = isRoot ? [] : ["--user", "--map-root-user"];
const ENTER_USER = isRoot ? [] : ["--user", "--preserve-credentials"];

/** `wanted`, or 6379 or else any port that is free, on 127.0.0.1. Throws a SetUpError if `wanted` is taken. */
export async function findPort(wanted: number | undefined): Promise<number> {
  const free = await freePort(wanted ?? USUAL_PORT);
  if (free !== undefined) return free;
  if (wanted !== undefined) {
    throw new SetUpError(`port ${wanted} is in use; choose another --redis-port`);
  }
  return (await freePort(0)) ?? 0;
}

/** `port` if one may listen there, 0 standing for any; undefined if not. */
async function freePort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" ? address?.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}

/** Where `knell init` answers over HTTP on 127.0.0.1, and what GET /livez asks. */
export interface Endpoint {
  readonly port: number;
  readonly live: string;
}

export class Container {
  /** How PID 1 ended, in words: "exit 0", "SIGKILL". Settles when the namespace is gone. */
  readonly ended: Promise<string>;
  /** PID 1 of the namespace, as numbered outside. */
  readonly init: number;
  readonly endpoint: Endpoint | undefined;
  readonly #folder: string;

  /** Starts redis-server on `port` of 127.0.0.1 and waits until it answers. Throws a SetUpError if it does not. */
  static async start(port: number, endpoint?: Endpoint): Promise<Container> {
    const folder = mkdtempSync(join(tmpdir(), "knell-start-"));
    const log = openSync(join(folder, "redis.log"), "w");
    const redis = ["redis-server", "--bind", "127.0.0.1", "--port", String(port)];
    const settings = ["--dir", folder, "--save", "", "--appendonly", "no"];
    const unshare = ["unshare", ...UNSHARE_USER, "--pid", "--fork", "--mount-proc", "--kill-child"];
    const listen = endpoint
      ? ["--listen", `127.0.0.1:${endpoint.port}`, "--live", endpoint.live]
      : [];
    const init = [join(DIST, "knell"), "init", ...listen, "--", ...redis, ...settings];
    const runtime = launch([...DIES_WITH_US, ...unshare, "--", ...init], ["ignore", log, log]);
    closeSync(log);
    const ended = once(runtime, "exit").then(([code, signal]) => signal ?? `exit ${code}`);
    const first = await Promise.race([firstChildOf(runtime), ended]);
    const container = new Container(typeof first === "number" ? first : 0, ended, folder, endpoint);
    const isUp = container.init > 0 && (await container.#answers(port));
    if (!isUp) {
      const reason = container.#lastLogLine();
      await container.stop(0);
      throw new SetUpError(`redis-server did not start: ${reason}`);
    }
    return container;
  }

  private constructor(
    init: number,
    ended: Promise<string>,
    folder: string,
    endpoint: Endpoint | undefined,
  ) {
    this.init = init;
    this.ended = ended;
    this.endpoint = endpoint;
    this.#folder = folder;
  }

  /** redis-server, as numbered outside; 0 if it is gone. */
  get redis(): number {
    return childrenOf(this.init)[0] ?? 0;
  }

  /** Runs `words` inside with the parent outside, as a runtime's exec. The process itself is the parent's only child. */
  exec(words: readonly string[]): ChildProcess {
    const enter = ["nsenter", "--target", String(this.init), ...ENTER_USER, "--pid", "--mount"];
    return launch([...DIES_WITH_US, ...enter, "--", ...words], ["ignore", "pipe", "pipe"]);
  }

  /** Dead processes nobody has waited for. One that died this instant still waits for its parent to run: no zombie. */
  async countZombies(): Promise<number> {
    const dead = this.#listDead();
    if (dead.length === 0) return 0;
    await sleep(REAPED_WITHIN_MS);
    const stillDead = new Set(this.#listDead());
    return dead.filter((pid) => stillDead.has(pid)).length;
  }

  /** Pids in state Z, as the namespace's own /proc shows them (proc(5), stat). */
  #listDead(): string[] {
    const proc = `/proc/${this.init}/root/proc`;
    const pids = read(() => readdirSync(proc).filter((name) => /^\d+$/.test(name))) ?? [];
    return pids.filter((pid) => {
      const stat = read(() => readFileSync(`${proc}/${pid}/stat`, "utf8")) ?? "";
      return stat.charAt(stat.lastIndexOf(")") + 2) === "Z";
    });
  }

  /** TERM, and KILL after `graceMs` if that is not enough. Gives how PID 1 ended. */
  async stop(graceMs: number, whenImpatient?: AbortSignal): Promise<string> {
    signal(this.init, "SIGTERM");
    const cancel = new AbortController();
    const signals = [cancel.signal, ...(whenImpatient ? [whenImpatient] : [])];
    const grace = sleep(graceMs, undefined, { signal: AbortSignal.any(signals) }).catch(() => {});
    await Promise.race([this.ended, grace]);
    cancel.abort();
    signal(this.init, "SIGKILL");
    const how = await this.ended;
    rmSync(this.#folder, { recursive: true, force: true });
    return how;
  }

  /** Waits for the first reply. An endless wait is cut by knell's own deadline. */
  async #answers(port: number): Promise<boolean> {
    const wait = ["--startup", "--wait", String(START_SECONDS), "-p", String(port)];
    const probe = this.exec([join(DIST, "knell"), "redis", ...wait]);
    const [code] = await Promise.race([once(probe, "exit"), this.ended.then(() => [1])]);
    return code === 0;
  }

  #lastLogLine(): string {
    const log = read(() => readFileSync(join(this.#folder, "redis.log"), "utf8")) ?? "";
    return log.trim().split("\n").at(-1) || "it said nothing";
  }
}

/** Ends what `exec` started as a runtime does at its deadline: SIGKILL to that one process and to nothing below it. */
export function killAsRuntime(exec: ChildProcess): void {
  const [inside] = childrenOf(exec.pid ?? 0);
  signal(inside ?? exec.pid ?? 0, "SIGKILL");
}

/** Its own session: a Ctrl-C in this terminal is ours to answer. */
function launch(words: readonly string[], stdio: ("ignore" | "pipe" | number)[]): ChildProcess {
  const [program = "", ...args] = words;
  const env = { ...process.env, PATH: `${DIST}:${process.env.PATH}` };
  return spawn(program, args, { stdio, env, detached: true });
}

/** The first child of `parent`, which is about to fork. */
async function firstChildOf(parent: ChildProcess): Promise<number> {
  while (parent.exitCode === null && parent.signalCode === null) {
    const [child] = childrenOf(parent.pid ?? 0);
    if (child !== undefined) return child;
    await sleep(2);
  }
  return 0;
}

function childrenOf(pid: number): number[] {
  const list = read(() => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")) ?? "";
  return list.trim().split(" ").filter(Boolean).map(Number);
}

function signal(pid: number, name: NodeJS.Signals): void {
  // 0 would be our own process group.
  if (pid > 0) read(() => process.kill(pid, name));
}

/** Undefined if the process is gone meanwhile. */
function read<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
