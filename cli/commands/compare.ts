// `knell compare`: the same pod once per probe, and a table of what each probe saw.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, readOptions, UsageError } from "../command-line/options.ts";
import type { Environment } from "../environment.ts";
import { parseDurationSeconds } from "../kube/durations.ts";
import { splitWords } from "../kube/words.ts";
import { RealClock } from "../run/clock.ts";
import { withProbe } from "../run/compared-pod.ts";
import { EngineError } from "../run/engine.ts";
import { NamespaceFaults } from "../run/engines/namespace-faults.ts";
import { NamespaceEngine } from "../run/engines/namespaces.ts";
import { RunState } from "../run/engines/run-state.ts";
import type { Runtime } from "../run/exec-sync.ts";
import { type Fault, FaultRunner } from "../run/faults.ts";
import { columnsOf } from "../run/output/plain.ts";
import { durationText } from "../run/output/text.ts";
import type { PodDefinition } from "../run/pod-definition.ts";
import { Session } from "../run/session.ts";
import { type Summary, SummaryCounter } from "../run/summary.ts";
import type { TimelineEntry } from "../run/timeline.ts";
import { findBinary } from "./binary.ts";
import { COMPARE_OPTIONS } from "./compare-options.ts";
import { choosePod, readFault, readInput, readVersion } from "./run-input.ts";

const DEFAULT_SECONDS = 25;
const DEFAULT_FAULT = "5s freeze 15s";

interface Compared {
  readonly probe: string;
  readonly summary: Summary;
}

export async function compareCommand(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { values, positionals } = readOptions(args, COMPARE_OPTIONS);
  const probes = values.probe ?? [];
  if (probes.length < 2) throw new UsageError("--probe: at least two are needed to compare");
  const forMs = readDuration(values.for);
  const faults = (values.fault ?? [DEFAULT_FAULT]).map(readFault);
  const definition = choosePod(readInput(positionals, environment), values.pod);
  const settings = {
    clock: new RealClock(),
    version: readVersion(values["kube-version"]),
    runtime: (values.runtime ?? "containerd") as Runtime,
    hasJitter: false,
    requeue: "exact" as const,
  };
  if (process.getuid?.() !== 0) {
    throw new Failure("the pods need addresses of their own, side by side; run it as root");
  }
  const { state } = RunState.create();
  try {
    const engine = new NamespaceEngine({
      state,
      knellPath: findBinary(),
      isHostPathAllowed: values["allow-host-path"] === true,
      note: (message) => environment.writeErr(`knell compare: ${message}\n`),
    });
    const pods = probes.map((probe) => ({
      probe,
      pod: withProbe(definition, readProbe(probe), randomUUID()),
    }));
    const interrupt = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => interrupt.abort());
    }
    const compared = await Promise.all(
      pods.map(
        async ({ probe, pod }): Promise<Compared> => ({
          probe,
          summary: await playOne(pod, engine, settings, faults, forMs, interrupt.signal),
        }),
      ),
    );
    environment.writeOut(render(compared, values.output ?? "plain"));
    return 0;
  } catch (error) {
    throw error instanceof EngineError ? new Failure(error.message) : error;
  } finally {
    state.remove();
  }
}

async function playOne(
  pod: PodDefinition,
  engine: NamespaceEngine,
  settings: Omit<ConstructorParameters<typeof Session>[2], "record">,
  faults: readonly Fault[],
  forMs: number,
  interrupt: AbortSignal,
): Promise<Summary> {
  const counter = new SummaryCounter();
  const record = (entry: TimelineEntry) => counter.take(entry);
  const sandbox = await engine.createSandbox(pod);
  const session = new Session(pod, sandbox, { ...settings, record });
  const first = pod.containers[0]?.name ?? "";
  const runner = new FaultRunner(settings.clock, new NamespaceFaults(sandbox), record, first);
  const running = faults.map((fault) => runner.run(fault));
  const over = session.run();
  await Promise.race([over, sleep(forMs, undefined, { signal: interrupt }).catch(() => {})]);
  session.pod.halt();
  for (const { container, probe, sinceMs } of session.pod.pendingProbes()) {
    counter.pending(container, probe, sinceMs, settings.clock.nowMs());
  }
  const summary = counter.summary();
  runner.stop();
  await Promise.all(running);
  await session.end(0);
  // Zombies are counted last; everything else ends with the time that was asked for.
  const { zombies, mostZombies } = counter.summary();
  return { ...summary, zombies, mostZombies };
}

const HEADER = [
  "probe",
  "runs",
  "failures seen",
  "first failure after",
  "longest blind",
  "zombies left",
  "CPU per probe",
];

function render(compared: readonly Compared[], format: string): string {
  if (format === "json") return `${JSON.stringify(compared)}\n`;
  const rows = compared.map(rowOf);
  if (format === "plain") return `${columnsOf([HEADER, ...rows])}\n`;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const marked = rows.map(([probe = "", ...rest]) => [
    `\`${probe.replaceAll("|", "\\|")}\``,
    ...rest,
  ]);
  return `${[HEADER, HEADER.map(() => "---"), ...marked].map(line).join("\n")}\n`;
}

function rowOf({ probe, summary }: Compared): string[] {
  const [found] = summary.probes;
  if (!found) return [probe, "0", "", "", "", String(summary.zombies), ""];
  const { runs, failures, detectedAfterMs, longestBlindMs, cpuMs } = found;
  return [
    probe,
    String(runs),
    String(failures),
    detectedAfterMs === undefined ? "never" : durationText(detectedAfterMs),
    durationText(longestBlindMs),
    String(summary.zombies),
    cpuMs === undefined || runs === 0 ? "" : `${(cpuMs / runs).toFixed(1)} ms`,
  ];
}

function readProbe(text: string): readonly string[] {
  const words = splitWords(text);
  if (words?.[0]) return words;
  const reason = words === undefined ? "a quote is not closed" : "no command";
  throw new UsageError(`--probe "${text}": ${reason}`);
}

function readDuration(text: string | undefined): number {
  const seconds = text === undefined ? DEFAULT_SECONDS : (parseDurationSeconds(text) ?? 0);
  if (seconds > 0) return seconds * 1000;
  throw new UsageError(`--for: "${text}" is no duration; write for instance 25s`);
}
