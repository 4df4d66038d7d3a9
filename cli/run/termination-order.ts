// Whose turn it is to end: regular containers at once, then sidecars from the last to the first
// (kubelet, kuberuntime_termination_order.go).

import { type Clock, sleep } from "./clock.ts";
import { Deferred } from "./deferred.ts";
import type { ContainerDefinition } from "./pod-definition.ts";

export class TerminationOrder {
  readonly #clock: Clock;
  readonly #ended = new Map<string, Deferred<void>>();
  /** Whom each sidecar waits for. */
  readonly #before = new Map<string, readonly string[]>();

  /** `running`: every container that is to end, init containers first. */
  constructor(clock: Clock, running: readonly ContainerDefinition[]) {
    this.#clock = clock;
    for (const { name } of running) this.#ended.set(name, new Deferred());
    const sidecars = running.filter(({ role }) => role === "sidecar");
    const regular = running.filter(({ role }) => role === "regular").map(({ name }) => name);
    for (const [index, { name }] of sidecars.entries()) {
      const later = sidecars.slice(index + 1).map((sidecar) => sidecar.name);
      this.#before.set(name, [...regular, ...later]);
    }
  }

  /** Waits until it is the turn of `name`, `graceMs` at most. Gives the milliseconds it took. */
  async waitForTurn(name: string, graceMs: number): Promise<number> {
    const before = this.#before.get(name) ?? [];
    if (before.length === 0) return 0;
    const startedAtMs = this.#clock.nowMs();
    const over = new AbortController();
    const others = Promise.all(before.map((other) => this.#ended.get(other)?.promise));
    await Promise.race([others, sleep(this.#clock, graceMs, over.signal)]);
    over.abort();
    return this.#clock.nowMs() - startedAtMs;
  }

  containerEnded(name: string): void {
    this.#ended.get(name)?.resolve();
  }
}
