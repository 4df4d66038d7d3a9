// Bytes to text.

import { readFileSync } from "node:fs";
import { decodeText, type Encoding } from "../kube/text.ts";

/** The name of stdin in findings, unless --stdin-filename gives another. */
export const STDIN_NAME = "<stdin>";

export interface Source {
  /** With its byte order mark, if it has one. */
  readonly text: string;
  readonly encoding: Encoding;
}

/** A file that cannot be read as text; the message says why and what to do. */
export class UnreadableError extends Error {}

/** Throws an UnreadableError. */
export function readSource(path: string): Source {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UnreadableError(`cannot be read: ${systemMessage(error)}`);
  }
  return decode(bytes);
}

/** Throws an UnreadableError for what is neither UTF-8 nor UTF-16. */
export function decode(bytes: Buffer): Source {
  try {
    return decodeText(bytes);
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
