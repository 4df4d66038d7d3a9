// The host of binary/system/host.ts in Node (D7): the same wasm runs among scripted processes, under a virtual
// clock, with every call in a trace and errors where a test wants them.

import type { Calls, Context, Fork, Sent, Value, Word } from "./fake/context.ts";
import { fileCalls, socketCalls, terminalCalls } from "./fake/file-calls.ts";
import { Capture, type OpenFile } from "./fake/files.ts";
import { type Kernel, Left, type Outcome } from "./fake/kernel.ts";
import { Memory } from "./fake/memory.ts";
import { leave, processCalls, sendCalls, signalCalls, startCalls } from "./fake/process-calls.ts";
import type { Process } from "./fake/processes.ts";
import { blockedFlagsOf } from "./fake/signals.ts";

/** Makes calls to `call` fail with `error`: all of them, or `times` of them after the first `after`. */
export interface Fault {
  readonly call: string;
  readonly error: number;
  readonly after?: number;
  readonly times?: number;
}

export type Observe = (name: string, result: Value, args: readonly (number | bigint)[]) => void;

export interface HostOptions {
  readonly args?: readonly (string | Uint8Array)[];
  readonly environment?: readonly (string | Uint8Array)[];
  readonly forks?: readonly Fork[];
  readonly faults?: readonly Fault[];
  /** The mask the program was started with. Its dispositions are set at `kernel.program`. */
  readonly initialMask?: bigint;
  readonly isRecording?: boolean;
  /** In place of the file that remembers what was written. */
  readonly stderr?: OpenFile;
  /** Called after each call of the program. */
  readonly observe?: Observe;
}

const ALL_SIGNALS = 0xffff_ffff_ffff_ffffn;
/** No system calls: nobody else gets a turn. */
const NOT_CALLS = /^(argv|environ|help)_|^(initial_mask|elf_machine)$/;
const WIDE_RESULTS = new Set(["lseek", "clock_monotonic", "clock_boottime", "clock_realtime"]);

/** What the wasm exports; `__new` only in the test build. */
export interface Program {
  readonly memory: WebAssembly.Memory;
  main(): number;
  __new?(size: number, id: number): number;
}

export class FakeHost {
  readonly kernel: Kernel;
  readonly imports: Record<string, (...args: (number | bigint)[]) => Value>;
  readonly #context: Context;
  readonly #observe: Observe | undefined;
  readonly #faults: { fault: Fault; seen: number }[];
  readonly #output = new Capture();
  readonly #diagnostics = new Capture();
  #stdout = "";
  #stderr = "";
  #program: Program | null = null;
  outcome: Outcome | null = null;

  constructor(kernel: Kernel, options: HostOptions = {}) {
    this.kernel = kernel;
    const { args = ["knell"], environment = [], forks = [], initialMask = 0n } = options;
    const buffer = new ArrayBuffer(65_536);
    this.#context = {
      kernel,
      memory: new Memory(() => this.#program?.memory.buffer ?? buffer),
      words: [...args.map(toWord), null],
      argumentCount: args.length,
      environment: environment.map(toWord),
      forks: [...forks],
      initialMask,
      forked: [],
      sent: [],
      reaped: [],
      isRecording: options.isRecording ?? true,
    };
    this.#observe = options.observe;
    kernel.trace.isOn = options.isRecording ?? true;
    this.#faults = (options.faults ?? []).map((fault) => ({ fault, seen: 0 }));
    // host.c's first act.
    kernel.program.blocked = blockedFlagsOf(ALL_SIGNALS);
    kernel.program.commandLine = args.map((word) => String(word));
    kernel.setFile(1, this.#output);
    kernel.setFile(2, options.stderr ?? this.#diagnostics);
    this.imports = this.#build();
  }

  get memory(): Memory {
    return this.#context.memory;
  }

  /** The children that fork gave the program, in order. */
  get forked(): readonly Process[] {
    return this.#context.forked;
  }

  get sent(): readonly Sent[] {
    return this.#context.sent;
  }

  get reaped(): readonly number[] {
    return this.#context.reaped;
  }

  get environment(): readonly Word[] {
    return this.#context.environment;
  }

  get stdout(): string {
    this.#stdout += this.#output.take();
    return this.#stdout;
  }

  get stderr(): string {
    this.#stderr += this.#diagnostics.take();
    return this.#stderr;
  }

  /** What the wasm that runs here exports. */
  get program(): Program {
    if (this.#program === null) throw new Error("nothing is loaded");
    return this.#program;
  }

  load(module: WebAssembly.Module): Program {
    const instance = new WebAssembly.Instance(module, { host: this.imports });
    this.#program = instance.exports as unknown as Program;
    return this.#program;
  }

  /** Runs the program to its end, or to where it waits for ever. */
  run(module: WebAssembly.Module): Outcome {
    try {
      // The start function, which makes the singletons, already calls the host.
      leave(this.#context, this.load(module).main());
    } catch (thrown) {
      if (!(thrown instanceof Left)) throw this.explained(thrown);
      this.outcome = thrown.outcome;
      this.kernel.trace.note(`the program ${JSON.stringify(thrown.outcome)}`);
      return thrown.outcome;
    }
  }

  /** Runs `check`; if it throws, the message ends with the trace of this run. */
  check(check: () => void): void {
    try {
      check();
    } catch (thrown) {
      throw this.explained(thrown);
    }
  }

  explained(thrown: unknown): unknown {
    if (!(thrown instanceof Error)) return thrown;
    thrown.message += `\n--- trace (ms, call) ---\n${this.kernel.trace}\n--- stderr ---\n${this.stderr}`;
    return thrown;
  }

  #build(): Record<string, (...args: (number | bigint)[]) => Value> {
    const context = this.#context;
    const calls: Calls = {
      ...startCalls(context),
      ...processCalls(context),
      ...sendCalls(context),
      ...signalCalls(context),
      ...fileCalls(context),
      ...terminalCalls(context),
      ...socketCalls(context),
    };
    const names = Object.keys(calls);
    return Object.fromEntries(names.map((name) => [name, this.#wrap(name, calls[name]!)]));
  }

  #wrap(name: string, typed: (...args: never[]) => Value): (...args: (number | bigint)[]) => Value {
    const call = typed as unknown as (...args: (number | bigint)[]) => Value;
    if (NOT_CALLS.test(name)) return call;
    const { kernel } = this;
    const { trace } = kernel;
    const faults = this.#faults.filter(({ fault }) => fault.call === name);
    return (...args) => {
      kernel.enter();
      let result: Value;
      try {
        const error = faults.length > 0 ? nextError(faults) : 0;
        if (error === 0) result = call(...args);
        else result = WIDE_RESULTS.has(name) ? BigInt(-error) : -error;
      } catch (thrown) {
        trace.call(name, args);
        throw thrown;
      }
      trace.call(name, args, result);
      this.#observe?.(name, result, args);
      kernel.settle();
      return result;
    };
  }
}

function nextError(faults: { fault: Fault; seen: number }[]): number {
  for (const entry of faults) {
    const { after = 0, times = Number.POSITIVE_INFINITY, error } = entry.fault;
    const index = entry.seen++ - after;
    if (index >= 0 && index < times) return error;
  }
  return 0;
}

function toWord(word: string | Uint8Array): Uint8Array {
  return typeof word === "string" ? new TextEncoder().encode(word) : word;
}
