// What a command sees of the process it runs in, so that tests can hand it another.

import { fstatSync, readFileSync } from "node:fs";

export interface Environment {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The answer. */
  writeOut(text: string | Uint8Array): void;
  /** Talk: errors and progress. */
  writeErr(text: string): void;
  readonly isOutTerminal: boolean;
  readonly isErrTerminal: boolean;
  /** Columns of the terminal, 80 where there is none. */
  readonly columns: number;
  /** True if something is handed over on stdin: a pipe, a file or a socket, not a terminal and not /dev/null. */
  isStdinGiven(): boolean;
  /** All of stdin. Throws what the system says. */
  readStdin(): Buffer;
}

/** Those of this process. */
export function processEnvironment(): Environment {
  return {
    cwd: process.cwd(),
    env: process.env,
    writeOut: (text) => void process.stdout.write(text),
    writeErr: (text) => void process.stderr.write(text),
    isOutTerminal: process.stdout.isTTY === true,
    isErrTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns || 80,
    isStdinGiven,
    readStdin: () => readFileSync(0),
  };
}

function isStdinGiven(): boolean {
  try {
    const status = fstatSync(0);
    return status.isFIFO() || status.isFile() || status.isSocket();
  } catch {
    // Closed.
    return false;
  }
}
