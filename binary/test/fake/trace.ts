// What happened, readable, when a test fails: the last calls and events of a run.

import * as linux from "../../system/linux.ts";
import { type Clock, MILLISECOND } from "./clock.ts";
import { signalName } from "./signals.ts";

const KEPT = 400;
/** Which argument of a call is a signal. */
const SIGNAL_ARGUMENT: Readonly<Record<string, number>> = {
  kill: 1,
  sigqueue: 1,
  pidfd_send_signal: 1,
  ptrace_detach: 1,
  sigaction: 0,
};
const ERROR_NAMES = new Map(
  Object.entries(linux)
    .filter(([name]) => /^E[A-Z0-9]+$/.test(name))
    .map(([name, value]) => [Number(value), name]),
);

interface Line {
  readonly time: number;
  readonly text: string;
  readonly args?: readonly (number | bigint)[];
  readonly result?: number | bigint | undefined;
}

export class Trace {
  readonly #clock: Clock;
  readonly #start: number;
  #lines: Line[] = [];
  isOn = true;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now;
  }

  note(text: string): void {
    this.#add({ time: this.#clock.now, text });
  }

  call(text: string, args: readonly (number | bigint)[], result?: number | bigint): void {
    this.#add({ time: this.#clock.now, text, args, result });
  }

  #add(line: Line): void {
    if (!this.isOn) return;
    this.#lines.push(line);
    if (this.#lines.length >= 2 * KEPT) this.#lines = this.#lines.slice(-KEPT);
  }

  /** One line each, with the milliseconds since the start: "12.000 kill(2, TERM) = 0". */
  toString(): string {
    return this.#lines
      .slice(-KEPT)
      .map((line) => this.#format(line))
      .join("\n");
  }

  #format({ time, text, args, result }: Line): string {
    const at = ((time - this.#start) / MILLISECOND).toFixed(3).padStart(10);
    if (args === undefined) return `${at}   ${text}`;
    const shown = args.map((value, index) =>
      SIGNAL_ARGUMENT[text] === index ? signalName(Number(value)) : String(value),
    );
    const end = result === undefined ? "" : ` = ${errorName(Number(result)) ?? result}`;
    return `${at} ${text}(${shown.join(", ")})${end}`;
  }
}

function errorName(result: number): string | undefined {
  const name = result < 0 ? ERROR_NAMES.get(-result) : undefined;
  return name === undefined ? undefined : `-${name}`;
}
