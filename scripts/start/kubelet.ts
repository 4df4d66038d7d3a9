// The kubelet's part: probe once per period, restart after three failures in a row.

import { setTimeout as sleep } from "node:timers/promises";
import { Container, type Endpoint } from "./container.ts";
import type { Options } from "./options.ts";
import { type Attempt, ExecAttempt, HttpAttempt, type Result, TIMEOUT_MS } from "./probe.ts";
import type { Report } from "./report.ts";

/** failureThreshold of a Kubernetes probe, by default. */
const FAILURE_THRESHOLD = 3;
/** At the end nobody waits for a whole grace period. */
const LONGEST_FINAL_GRACE_MS = 3000;

/** Runs containers one after the other until `stop` fires. Throws a SetUpError if Redis does not come up. */
export async function keepAlive(
  port: number,
  options: Options & { readonly endpoint: Endpoint | undefined },
  report: Report,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const container = await Container.start(port, options.endpoint);
    report.event(`redis-server is pid ${container.redis}`);
    try {
      const end = await probeUntilEnd(container, options, report, stop);
      if (end === "stopped") return;
      report.restarts++;
      if (end === "unhealthy") await restart(container, options.graceMs, report, stop);
      else report.event(`redis-server ended (${end}): starting it again`);
    } finally {
      await container.stop(Math.min(options.graceMs, LONGEST_FINAL_GRACE_MS));
    }
  }
}

/** What ended the probing: "stopped", "unhealthy", or how the container ended by itself. */
async function probeUntilEnd(
  container: Container,
  { periodMs, probe }: Options,
  report: Report,
  stop: AbortSignal,
): Promise<string> {
  const gone = Promise.race([container.ended, whenAborted(stop).then(() => "stopped")]);
  let failures = 0;
  let dueMs = performance.now() + periodMs;
  for (;;) {
    const end = await Promise.race([gone, pause(dueMs - performance.now())]);
    if (end !== undefined) return end;
    // Ticks missed during a slow attempt are dropped, but for one, as Go's Ticker does (kubelet, worker.go, run).
    const lateMs = performance.now() - dueMs;
    dueMs += periodMs * Math.max(1, Math.ceil(lateMs / periodMs));
    const { endpoint } = container;
    const attempt = endpoint
      ? new HttpAttempt(endpoint.port, "/livez")
      : new ExecAttempt(container, probe);
    const result = await waitFor(attempt, periodMs, container, report, gone);
    if (typeof result === "string") {
      attempt.abandon();
      return result;
    }
    report.probe(result, await container.countZombies());
    if (result.verdict === "pass") failures = 0;
    else if (result.verdict !== "hang") failures++;
    if (failures === FAILURE_THRESHOLD) return "unhealthy";
  }
}

/** The attempt's result, or what `gone` gives. Reports once per period that there is none yet. */
async function waitFor(
  attempt: Attempt,
  periodMs: number,
  container: Container,
  report: Report,
  gone: Promise<string>,
): Promise<Result | string> {
  let waitMs = TIMEOUT_MS + periodMs;
  for (;;) {
    const result = await Promise.race([attempt.ended, gone, pause(waitMs)]);
    if (result !== undefined) return result;
    report.probe(attempt.soFar(), await container.countZombies());
    waitMs = periodMs;
  }
}

async function restart(
  container: Container,
  graceMs: number,
  report: Report,
  stop: AbortSignal,
): Promise<void> {
  report.event(`${FAILURE_THRESHOLD} failures in a row: TERM, then KILL after ${graceMs / 1000} s`);
  const startedAtMs = performance.now();
  const how = await container.stop(graceMs, stop);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  report.event(`stopped after ${seconds} s (${how}); starting again`);
}

/** Undefined after `milliseconds`. */
function pause(milliseconds: number): Promise<undefined> {
  return sleep(Math.max(milliseconds, 0), undefined, { ref: false });
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
}
