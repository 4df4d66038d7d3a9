// Runs `knell init` on the fake kernel: as PID 1 unless told otherwise, with a main child that follows steps.

import { MILLISECOND } from "./fake/clock.ts";
import type { Fork } from "./fake/context.ts";
import { Kernel, type Outcome } from "./fake/kernel.ts";
import type { Process } from "./fake/processes.ts";
import type { Step } from "./fake/script.ts";
import { FakeHost, type HostOptions } from "./fake-host.ts";
import { knellModule } from "./load.ts";

export interface InitOptions extends Omit<HostOptions, "args" | "forks"> {
  readonly kernel?: Kernel;
  readonly options?: readonly string[];
  /** The main child; it stands for a program behind its execve, in its own group. */
  readonly main?: readonly Step[] | Fork;
  /** The children after it. */
  readonly forks?: readonly Fork[];
  readonly schedule?: readonly number[];
  readonly callLimit?: number;
  /** What happens from outside, each so many milliseconds after the start. */
  readonly events?: readonly (readonly [ms: number, event: (run: InitRun) => void])[];
}

export class InitRun {
  readonly kernel: Kernel;
  readonly host: FakeHost;
  readonly startedAt: number;
  outcome: Outcome;
  /** Milliseconds from start to end. */
  milliseconds: number;

  constructor(given: InitOptions) {
    const { options = [], main = [["pause"]], events = [], kernel = new Kernel(), ...rest } = given;
    const { forks = [] } = rest;
    this.kernel = kernel;
    kernel.tree.set("/bin/program", { mode: 0o100_755 });
    kernel.schedule = given.schedule ?? kernel.schedule;
    kernel.callLimit = given.callLimit ?? kernel.callLimit;
    const plan = Array.isArray(main) ? ([["setpgid"], ...main] as readonly Step[]) : main;
    const args = ["knell", "init", ...options, "--", "/bin/program"];
    this.host = new FakeHost(kernel, { ...rest, args, forks: [plan as Fork, ...forks] });
    this.startedAt = kernel.clock.now;
    for (const [ms, event] of events) kernel.clock.after(ms * MILLISECOND, () => event(this));
    this.outcome = this.host.run(knellModule());
    this.milliseconds = (kernel.clock.now - this.startedAt) / MILLISECOND;
  }

  get main(): Process {
    return this.host.forked[0]!;
  }

  /** The exit status; a failure with the trace when the program left otherwise. */
  get status(): number {
    if (this.outcome.kind === "exited") return this.outcome.status;
    throw this.host.explained(new Error(`the program left as ${JSON.stringify(this.outcome)}`));
  }

  /** Milliseconds since the start, for what the kernel recorded. */
  at(time: number): number {
    return (time - this.startedAt) / MILLISECOND;
  }

  /** The signals that the main child's handlers got, in order. */
  get heard(): number[] {
    return this.kernel.received
      .filter((received) => received.process === this.main)
      .map((received) => received.info.signal);
  }
}

/** Runs init and then `check`, whose failure ends with the trace. */
export function checkInit(options: InitOptions, check: (run: InitRun) => void): void {
  const run = new InitRun(options);
  run.host.check(() => check(run));
}
