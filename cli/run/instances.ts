// The runs of one container: the latest, and the one before it, which back-off looks at.

import type { ContainerProcess, ExitState } from "./engine.ts";

export interface Instance {
  readonly id: string;
  readonly startedAtMs: number;
  readonly restartCount: number;
  /** undefined if it never came to run. */
  readonly process: ContainerProcess | undefined;
  exit: ExitState | undefined;
}

export function latestOf(instances: readonly Instance[]): Instance | undefined {
  return instances.at(-1);
}

export function isRunning(instances: readonly Instance[]): boolean {
  const latest = latestOf(instances);
  return latest !== undefined && latest.exit === undefined;
}
