// One line on the terminal that says how far a long run is.

import type { Environment } from "../environment.ts";

const FIRST_AFTER_MS = 500;
const EVERY_MS = 100;

export interface Progress {
  update(done: number, total: number): void;
  /** Takes the line away. */
  end(): void;
}

/** Nothing is written unless stderr is a terminal, and nothing in the first half second. */
export function startProgress(verb: string, environment: Environment): Progress {
  if (!environment.isErrTerminal) return { update: () => {}, end: () => {} };
  let nextAtMs = performance.now() + FIRST_AFTER_MS;
  let isShown = false;
  return {
    update: (done, total) => {
      const nowMs = performance.now();
      if (nowMs < nextAtMs) return;
      nextAtMs = nowMs + EVERY_MS;
      isShown = true;
      environment.writeErr(`\r${verb} ${done} of ${total} files`);
    },
    end: () => {
      if (isShown) environment.writeErr("\r\x1b[K");
    },
  };
}
