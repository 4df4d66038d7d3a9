// How a program that is being set up tells whether it came to run: on descriptor 3, "ready" or what went wrong.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

export const READY = "ready";

/** undefined once the child has written that it is ready; else what it wrote. */
export async function readStartReport(child: ChildProcess): Promise<string | undefined> {
  const stream = child.stdio[3] as NodeJS.ReadableStream & { destroy(): void };
  let text = "";
  stream.setEncoding("utf8");
  const ended = once(child, "exit");
  const said = new Promise<void>((resolve) => {
    stream.on("data", (part: string) => {
      text += part;
      if (text.trim() === READY) resolve();
    });
    stream.on("close", () => resolve());
  });
  await Promise.race([said, ended.then(() => new Promise((resolve) => setImmediate(resolve)))]);
  // Whatever waits for the program outside holds the descriptor too: there is no end of file to wait for.
  stream.destroy();
  const message = text.trim().replaceAll("\n", "; ");
  if (message === READY) return undefined;
  return message || "it ended before it began";
}
