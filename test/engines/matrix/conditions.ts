// What happens to the Redis while it is probed, and what is then seen and left behind.

import { freeze, until } from "../../binary/harness.ts";
import type { Container, ContainerSettings, Engine } from "../engine.ts";
import { attempt, PERIOD_MS, startGet, TIMEOUT_SECONDS, type Verdict, type Way } from "./ways.ts";

export interface Cell {
  /** Attempts that should have failed, and did. */
  readonly seen: number;
  /** Attempts that should have failed, and passed, were refused by the engine, or had no verdict. */
  readonly missed: number;
  /** Attempts that should have passed, and did not. */
  readonly falseAlarms: number;
  readonly zombies: number;
  /** Processes of a probe that are there when it is over. */
  readonly orphans: number;
  /** Attempts for which the pod had no task left. */
  readonly refused?: number;
  /** Of one probe, engine included. */
  readonly cpuNanoseconds?: number;
  readonly note?: string;
}

export interface Sizes {
  readonly healthy: number;
  readonly many: number;
  readonly frozenSeconds: number;
  readonly repeats: number;
  /** Killed wrappers in a pod that may have PIDS_LIMIT tasks. */
  readonly killed: number;
}

/** Room for an exec by runc, whose threads count, and a dozen tasks. */
export const PIDS_LIMIT = 24;

/** What the conditions are about: a running container and how it is probed. */
export interface Subject {
  readonly engine: Engine;
  readonly container: Container;
  readonly way: Way;
}

export const CONDITIONS = {
  healthy: "healthy",
  many: "many probes",
  frozen: "frozen (SIGSTOP)",
  wrapper: "wrapper killed",
  crashed: "crashed (SIGKILL)",
  loading: "loading",
  password: "password wrong",
  pids: "pids limit",
} as const;

export type Condition = keyof typeof CONDITIONS;

/** Starts a container for `way`, and waits until its Redis answers. */
export async function startSubject(
  engine: Engine,
  way: Way,
  settings: ContainerSettings = {},
): Promise<Subject> {
  const own = { hasOwnNetwork: true, ...settings };
  const container = await engine.startContainer({ name: way.image }, undefined, own);
  await until("Redis to answer anything", async () => {
    const asked = await container.exec(["redis-cli", "ping"]).catch(() => undefined);
    return asked !== undefined && asked.stdout !== "";
  });
  return { engine, container, way };
}

export async function healthy(subject: Subject, count: number): Promise<Cell> {
  const before = atRest(subject);
  return { ...(await repeat(subject, count, "pass")), ...(await left(subject, before)) };
}

/**
 * As fast as they go. Counts the engine's CPU, so nothing else may run on it; `idleCores` is what the engine uses
 * meanwhile without any probe.
 */
export async function many(subject: Subject, count: number, idleCores = 0): Promise<Cell> {
  const before = atRest(subject);
  const startedAtMs = performance.now();
  const cpuBefore = subject.engine.cpuNanoseconds();
  const counts = await repeat(subject, count, "pass");
  const idle = idleCores * (performance.now() - startedAtMs) * 1e6;
  const cpuNanoseconds = (subject.engine.cpuNanoseconds() - cpuBefore - idle) / count;
  return { ...counts, ...(await left(subject, before)), cpuNanoseconds };
}

/** One attempt each period, the next one never before the last is over, as a kubelet's worker does. */
export async function frozen(subject: Subject, seconds: number): Promise<Cell> {
  const before = atRest(subject);
  await freeze(serverOf(subject.container));
  const endMs = performance.now() + seconds * 1000;
  const verdicts: (Verdict | "none")[] = [];
  let last: Promise<unknown> = Promise.resolve();
  while (performance.now() < endMs) {
    const nextMs = performance.now() + PERIOD_MS;
    const asked = attempt(subject.way, subject.container, "live", TIMEOUT_SECONDS);
    last = asked;
    // An attempt from before the end has its own limit to be over.
    verdicts.push(
      await Promise.race([asked, wait(endMs + 2 * PERIOD_MS).then(() => "none" as const)]),
    );
    await wait(nextMs);
  }
  const orphans = extra(subject, before).length;
  thaw(subject.container);
  await last;
  const seen = verdicts.filter((verdict) => verdict === "fail").length;
  const rest = await left(subject, before);
  return { seen, missed: verdicts.length - seen, falseAlarms: 0, ...rest, orphans };
}

/** The probe's first process is killed while Redis is silent, as a runtime does at the limit, or an operator. */
export async function wrapperKilled(subject: Subject, count: number): Promise<Cell> {
  const before = atRest(subject);
  const counts = { seen: 0, missed: 0, falseAlarms: 0 };
  let orphans = 0;
  for (let round = 0; round < count; round++) {
    const killed = await killOne(subject, before, 2 * PERIOD_MS);
    orphans += killed.orphans;
    counts.seen += Number(killed.isSeen);
    counts.missed += Number(!killed.isSeen);
  }
  return { ...counts, ...(await left(subject, before)), orphans };
}

/** The container ends with its server: how an engine, and so a kubelet, sees a crash. */
export async function crashed({ container }: Subject): Promise<Cell> {
  process.kill(serverOf(container), "SIGKILL");
  const { code } = await until("the container to end", async () => {
    const status = await container.exitCode();
    return status !== undefined && { code: status };
  });
  const isSeen = code === 128 + 9;
  return { ...NOTHING, seen: Number(isSeen), missed: Number(!isSeen), note: `exit ${code}` };
}

/** Redis answers, but cannot serve: readiness has to fail, and liveness to pass. */
export async function unready(subject: Subject, count: number): Promise<Cell> {
  const before = atRest(subject);
  const ready = await repeat(subject, count, "fail", "ready");
  const live = await repeat(subject, count, "pass", "live");
  return { ...ready, falseAlarms: live.falseAlarms, ...(await left(subject, before)) };
}

/** Killed wrappers in a pod that may have PIDS_LIMIT tasks; then the healthy Redis is asked. */
export async function pidsLimit(subject: Subject, count: number): Promise<Cell> {
  const before = atRest(subject);
  let refused = 0;
  for (let round = 0; round < count; round++)
    await killOne(subject, before, 0).catch(() => {
      refused++;
    });
  thaw(subject.container);
  const after = await repeat(subject, 3, "pass");
  return { ...after, ...(await left(subject, before)), refused };
}

const NOTHING = { seen: 0, missed: 0, falseAlarms: 0, zombies: 0, orphans: 0 };

async function repeat(
  { way, container }: Subject,
  count: number,
  due: "pass" | "fail",
  question: "live" | "ready" = "live",
) {
  const counts = { seen: 0, missed: 0, falseAlarms: 0 };
  for (let i = 0; i < count; i++) {
    const verdict = await attempt(way, container, question);
    if (due === "pass") counts.falseAlarms += Number(verdict !== "pass");
    else if (verdict === "fail") counts.seen++;
    else counts.missed++;
  }
  return counts;
}

interface Killed {
  /** Processes that are left of it while Redis is still frozen. */
  readonly orphans: number;
  /** The engine said that it failed, while Redis is still frozen. */
  readonly isSeen: boolean;
}

/** Throws if the probe cannot start. */
async function killOne(
  subject: Subject,
  before: ReadonlySet<number>,
  patienceMs: number,
): Promise<Killed> {
  const { way, container } = subject;
  await freeze(serverOf(container));
  const command = way.command?.("live");
  const verdict =
    command === undefined
      ? startGet(container, "live", 0.3).then(
          // 503 in so short a time: the answer to the last round's request, which this one was given as well.
          ({ status, stdout }) => status !== 0 || stdout !== "200",
        )
      : (await killExec(subject, command, before)).isSeen;
  const none = wait(performance.now() + patienceMs).then(() => false);
  const isSeen = await Promise.race([verdict, none]);
  const orphans = patienceMs > 0 ? await settled(() => extra(subject, before).length) : 0;
  thaw(container);
  await until("the probe's processes to end", () => extra(subject, before).length === 0);
  return { orphans, isSeen };
}

/** Kills the process that the engine started once it waits for Redis; gives when, and whether, the engine says so. */
async function killExec(
  { container }: Subject,
  command: readonly string[],
  before: ReadonlySet<number>,
): Promise<{ isSeen: Promise<boolean> }> {
  let isOver: unknown;
  const ended = container.exec(command, { deadlineMs: 60_000 }).then(
    ({ exitCode, stderr }) => {
      isOver = new Error(`exit ${exitCode}: ${stderr}`);
      return exitCode !== 0;
    },
    (error) => {
      isOver = error;
      return false;
    },
  );
  const top = await until("the probe to wait for Redis", () => {
    if (isOver !== undefined) throw isOver;
    const all = container.processes();
    const inside = new Set(all.map(({ pid }) => pid));
    const own = all.filter(({ pid }) => !before.has(pid));
    // knell redis is alone; a wrapper has the client below it.
    const isWaiting = own.some(({ name }) => name === "redis-cli") || command[1] === "redis";
    return isWaiting && own.find(({ parent, name }) => !inside.has(parent) && !/runc/.test(name));
  });
  process.kill(top.pid, "SIGKILL");
  return { isSeen: ended };
}

function thaw(container: Container): void {
  process.kill(serverOf(container), "SIGCONT");
}

function serverOf(container: Container): number {
  const found = container.processes().find(({ name }) => name === "redis-server");
  if (found === undefined) throw new Error("no redis-server in the container");
  return found.pid;
}

const atRest = ({ container }: Subject) => new Set(container.processes().map(({ pid }) => pid));

const extra = ({ container }: Subject, before: ReadonlySet<number>) =>
  container.processes().filter(({ pid }) => !before.has(pid));

/** What is left once Redis has answered everybody; a client that still runs has as long as a fork takes. */
async function left(subject: Subject, before: ReadonlySet<number>) {
  const orphans = await settled(() => extra(subject, before).length);
  const zombies = await settled(() => subject.container.zombies().length);
  return { zombies, orphans };
}

/** `count` once it is 0, or after a second. */
async function settled(count: () => number): Promise<number> {
  await until("0", () => count() === 0, 1_000).catch(() => {});
  return count();
}

/** Until performance.now() is `atMs`. */
function wait(atMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
}
