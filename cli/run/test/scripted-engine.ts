// Containers that do what a test says, on its clock.

import { type Clock, sleep } from "../clock.ts";
import { Deferred } from "../deferred.ts";
import {
  type ContainerProcess,
  type ExecProcess,
  ExecRefusedError,
  type ExitState,
  type Sandbox,
  StartFailedError,
} from "../engine.ts";
import type { ContainerDefinition } from "../pod-definition.ts";

/** What one exec'd command does. */
export interface ExecScript {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** How long it runs; for ever if undefined here and killed by nobody. */
  readonly takesMs?: number;
  /** How long after its start somebody still holds its output. */
  readonly outputHeldMs?: number;
  readonly refused?: string;
}

/** What one container does, from its n-th start (0, 1, …) on. */
export interface ContainerScript {
  /** Between the order to start and running. */
  readonly startMs?: number;
  readonly startFails?: string;
  /** How long it lives; undefined: until somebody ends it. */
  readonly lifeMs?: (start: number) => number | undefined;
  readonly exitCode?: (start: number) => number;
  readonly ignoresTerm?: boolean;
  /** How long it takes to go after TERM. */
  readonly termMs?: number;
  readonly exec?: (command: readonly string[], nowMs: number, start: number) => ExecScript;
}

export type Script = Readonly<Record<string, ContainerScript>>;

export class ScriptedSandbox implements Sandbox {
  readonly podIp = "10.0.0.5";
  /** "TERM redis@30", "kill-exec redis@11", "start redis@0" … in order. */
  readonly log: string[] = [];
  readonly #clock: Clock;
  readonly #script: Script;
  readonly #starts = new Map<string, number>();

  constructor(clock: Clock, script: Script) {
    this.#clock = clock;
    this.#script = script;
  }

  async start({ name }: ContainerDefinition): Promise<ContainerProcess> {
    const script = this.#script[name] ?? {};
    const start = this.#starts.get(name) ?? 0;
    this.#starts.set(name, start + 1);
    if (script.startMs) await sleep(this.#clock, script.startMs);
    if (script.startFails !== undefined) throw new StartFailedError(script.startFails, true);
    this.note(`start ${name}`);
    return new ScriptedContainer(name, script, start, this.#clock, (text) => this.note(text));
  }

  async remove(): Promise<void> {}

  note(text: string): void {
    this.log.push(`${text}@${this.#clock.nowMs() / 1000}`);
  }
}

class ScriptedContainer implements ContainerProcess {
  readonly #name: string;
  readonly #script: ContainerScript;
  readonly #start: number;
  readonly #clock: Clock;
  readonly #note: (text: string) => void;
  readonly #exited = new Deferred<ExitState>();

  constructor(
    name: string,
    script: ContainerScript,
    start: number,
    clock: Clock,
    note: (text: string) => void,
  ) {
    this.#name = name;
    this.#script = script;
    this.#start = start;
    this.#clock = clock;
    this.#note = note;
    const lifeMs = script.lifeMs?.(start);
    if (lifeMs !== undefined) clock.after(lifeMs, () => this.#leave(script.exitCode?.(start) ?? 1));
  }

  get exited(): Promise<ExitState> {
    return this.#exited.promise;
  }

  async exec(command: readonly string[], purpose: string): Promise<ExecProcess> {
    const script = this.#script.exec?.(command, this.#clock.nowMs(), this.#start) ?? { code: 0 };
    this.#note(`exec ${purpose} ${command.join(" ")}`);
    if (script.refused !== undefined) throw new ExecRefusedError(script.refused);
    return scriptedExec(script, this.#clock, (text) => this.#note(`${text} ${command.join(" ")}`));
  }

  signal(name: NodeJS.Signals): void {
    this.#note(`${name.slice(3)} ${this.#name}`);
    if (name === "SIGKILL") this.#leave(137);
    else if (!this.#script.ignoresTerm) {
      const { termMs = 0, exitCode } = this.#script;
      this.#clock.after(termMs, () => this.#leave(exitCode?.(this.#start) ?? 143));
    }
  }

  observe() {
    return { processes: [], zombies: 0, cpuMs: {} };
  }

  #leave(code: number): void {
    const reason = code === 0 ? "Completed" : "Error";
    this.#exited.resolve({ code, reason, finishedAtMs: this.#clock.nowMs() });
  }
}

function scriptedExec(script: ExecScript, clock: Clock, note: (text: string) => void): ExecProcess {
  const end = new Deferred<number>();
  const output = new Deferred<void>();
  const endsByItself = script.code !== undefined || script.takesMs !== undefined;
  if (endsByItself) clock.after(script.takesMs ?? 0, () => end.resolve(script.code ?? 0));
  if (script.outputHeldMs === undefined) end.promise.then(() => output.resolve());
  else clock.after(script.outputHeldMs, () => output.resolve());
  return {
    exited: end.promise,
    outputEnded: output.promise,
    output: () => ({
      stdout: Buffer.from(script.stdout ?? ""),
      stderr: Buffer.from(script.stderr ?? ""),
    }),
    kill: () => {
      note("kill");
      end.resolve(137);
    },
    killGroup: () => {
      note("killGroup");
      end.resolve(137);
      output.resolve();
    },
    abandon: () => {},
  };
}
