// Files to bytes and text, with what the system says in the program's words.

import { readFileSync } from "node:fs";
import { decodeText } from "../kube/text.ts";

/** The name of stdin in findings, unless --stdin-filename gives another. */
export const STDIN_NAME = "<stdin>";

/** A file that cannot be read; the message says why. */
export class UnreadableError extends Error {}

/** Throws an UnreadableError. */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UnreadableError(`cannot be read: ${systemMessage(error)}`);
  }
}

/** Throws an UnreadableError, also for what is neither UTF-8 nor UTF-16. */
export function readText(path: string): string {
  const bytes = readBytes(path);
  try {
    return decodeText(bytes).text;
  } catch {
    throw new UnreadableError("is not UTF-8 text; save it as UTF-8");
  }
}

/** "permission denied (EACCES)" from an error of node:fs. */
export function systemMessage(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // "EACCES: permission denied, open 'x'"
  const text = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1];
  return text === undefined ? message : `${text} (${code})`;
}
