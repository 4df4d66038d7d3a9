// Where an engine can run, and how everything of it ends with this process.

import { type ChildProcess, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { type ControlGroup, makeControlGroup } from "./control-group.ts";

/** Why `engine` cannot run here; undefined if it can. */
export function whyNot(engine: string): string | undefined {
  if (process.getuid?.() !== 0) return `${engine} needs root`;
  const result = spawnSync("unshare", ["--mount", "--pid", "--fork", "--mount-proc", "true"]);
  if (result.status !== 0) return `${engine} needs namespaces: ${result.stderr}`;
  try {
    makeControlGroup(`knell-trial-${process.pid}`).remove();
  } catch (error) {
    return `${engine} needs control groups: ${error}`;
  }
  return undefined;
}

/**
 * Ends everything now, also when this process exits or is told to end: `root`, which is an unshare(1), takes PID 1 of its
 * namespace with it, and PID 1 the namespace; mounts go with the last process. Synchronous, because "exit" waits for nothing.
 */
export function stopOnce(root: ChildProcess, group: ControlGroup, folder: string): () => void {
  let isDone = false;
  const stop = () => {
    if (isDone) return;
    isDone = true;
    process.off("exit", stop);
    for (const signal of ENDING) process.off(signal, leave);
    root.kill("SIGKILL");
    const deadlineMs = performance.now() + 10_000;
    while (!group.isEmpty() && performance.now() < deadlineMs) pauseSync(10);
    group.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  const leave = (signal: NodeJS.Signals) => {
    stop();
    process.kill(process.pid, signal);
  };
  process.once("exit", stop);
  for (const signal of ENDING) process.once(signal, leave);
  return stop;
}

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function pauseSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
