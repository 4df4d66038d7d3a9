// What the probes of one type last concluded, by container instance (kubelet, results_manager.go).

export type Verdict = "success" | "failure" | "unknown";

/** Called with a value that differs from the one before it (P24). */
export type VerdictListener = (containerId: string, verdict: Verdict) => void;

export class ResultsStore {
  readonly #verdicts = new Map<string, Verdict>();
  readonly #onChange: VerdictListener;

  constructor(onChange: VerdictListener) {
    this.#onChange = onChange;
  }

  get(containerId: string): Verdict | undefined {
    return this.#verdicts.get(containerId);
  }

  set(containerId: string, verdict: Verdict): void {
    if (this.#verdicts.get(containerId) === verdict) return;
    this.#verdicts.set(containerId, verdict);
    this.#onChange(containerId, verdict);
  }

  remove(containerId: string): void {
    this.#verdicts.delete(containerId);
  }
}
