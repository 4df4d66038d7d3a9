// Faults in a pod of the namespaces engine.

import type { FaultTarget } from "../faults.ts";
import type { NamespaceContainer } from "./namespace-container.ts";
import type { NamespaceSandbox } from "./namespaces.ts";
import { signalProcess } from "./processes.ts";

export class NamespaceFaults implements FaultTarget {
  readonly #sandbox: NamespaceSandbox;
  /** By container: the same processes are thawed, whatever there is then. */
  readonly #frozen = new Map<string, readonly number[]>();

  constructor(sandbox: NamespaceSandbox) {
    this.#sandbox = sandbox;
  }

  freeze(container: string, isFrozen: boolean): void {
    for (const pid of this.#frozen.get(container) ?? []) signalProcess(pid, "SIGCONT");
    this.#frozen.delete(container);
    if (!isFrozen) return;
    const pids = this.#named(container)
      .workers()
      .map(({ hostPid }) => hostPid);
    for (const pid of pids) signalProcess(pid, "SIGSTOP");
    this.#frozen.set(container, pids);
  }

  kill(container: string): void {
    const [first] = this.#named(container).workers();
    if (first) signalProcess(first.hostPid, "SIGKILL");
  }

  fillDisk(isFull: boolean): void {
    this.#sandbox.fillDisk(isFull);
  }

  fillPids(isFull: boolean): void {
    if (this.#sandbox.limitPids(isFull)) return;
    throw new Error("processes cannot be limited here; it takes root and a pids control group");
  }

  /** Processes whose parent leaves at once: PID 1 gets them, and has to wait for them. */
  async forkOrphans(container: string, count: number): Promise<void> {
    const script = `i=0; while [ $i -lt ${count} ]; do (sleep 0.2 >/dev/null 2>&1 &); i=$((i+1)); done`;
    const process = await this.#named(container).exec(["sh", "-c", script], "hook");
    await process.exited;
    process.abandon();
  }

  #named(container: string): NamespaceContainer {
    const found = this.#sandbox.containerNamed(container);
    if (found) return found;
    throw new Error(`container "${container}" does not run`);
  }
}
