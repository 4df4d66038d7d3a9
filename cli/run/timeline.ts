// The record of a run: one entry for everything that happened. `--output json` prints each as one line; its fields and
// their meaning are documented in docs/run.md and stay as they are.

import type { ProbeType } from "./pod-definition.ts";

export type AttemptResult = "success" | "warning" | "failure" | "error";

interface Entry {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** What `kubectl get events` would show. */
export interface EventEntry extends Entry {
  readonly kind: "event";
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly container: string;
  /** "spec.containers{redis}". */
  readonly fieldPath: string;
}

/** One pass of a probe: up to three tries, of which the last counts (P34). */
export interface AttemptEntry extends Entry {
  readonly kind: "attempt";
  readonly container: string;
  readonly probe: ProbeType;
  readonly containerId: string;
  readonly startedAtMs: number;
  /** The tick it was for; the same as startedAtMs where a trigger or the worker's start made it run. */
  readonly dueAtMs: number;
  readonly durationMs: number;
  readonly result: AttemptResult;
  /** True if it failed because its time was over. */
  readonly isTimeout: boolean;
  /** 1 to 3. */
  readonly tries: number;
  readonly output: string;
  /** Same results in a row, this one included, and how many are needed; 0 of 0 for an error, which is not counted. */
  readonly run: number;
  readonly threshold: number;
  /** True if this attempt changed what the kubelet holds to be so. */
  readonly isStored: boolean;
}

export interface ContainerEntry extends Entry {
  readonly kind: "container";
  readonly container: string;
  readonly containerId: string;
  readonly state: "running" | "terminated" | "waiting";
  readonly restartCount: number;
  readonly exitCode?: number;
  /** "Completed", "Error", "CrashLoopBackOff" … */
  readonly reason?: string;
  readonly message?: string;
}

export interface StatusEntry extends Entry {
  readonly kind: "status";
  readonly container: string;
  readonly started: boolean;
  readonly ready: boolean;
}

export const PHASES = ["Pending", "Running", "Succeeded", "Failed"] as const;
export type Phase = (typeof PHASES)[number];

export interface PodEntry extends Entry {
  readonly kind: "pod";
  readonly phase: Phase;
  readonly ready: boolean;
}

/** A line that a container wrote. */
export interface OutputEntry extends Entry {
  readonly kind: "output";
  readonly container: string;
  readonly line: string;
}

/** Zombies and CPU time now. */
export interface SampleEntry extends Entry {
  readonly kind: "sample";
  readonly container: string;
  readonly zombies: number;
  readonly processes: number;
  readonly probeCpuMs: Readonly<Partial<Record<ProbeType, number>>>;
}

export interface FaultEntry extends Entry {
  readonly kind: "fault";
  /** As it would be written after --fault. */
  readonly fault: string;
  readonly message: string;
}

/** Something about the run itself: what is not played, what an engine cannot do. */
export interface NoteEntry extends Entry {
  readonly kind: "note";
  readonly message: string;
}

export type TimelineEntry =
  | EventEntry
  | AttemptEntry
  | ContainerEntry
  | StatusEntry
  | PodEntry
  | OutputEntry
  | SampleEntry
  | FaultEntry
  | NoteEntry;

export type Recorder = (entry: TimelineEntry) => void;
