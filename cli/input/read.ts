// Bytes to text: what knell reads is UTF-8.

import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";

/** The name of stdin in findings, unless --stdin-filename gives another. */
export const STDIN_NAME = "<stdin>";

/** A file that cannot be read as text; the message says why and what to do. */
export class UnreadableError extends Error {}

/** The whole text, a byte order mark included. Throws an UnreadableError. */
export function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UnreadableError(systemMessage(error));
  }
  return decode(bytes);
}

/** Throws an UnreadableError for what is not UTF-8. */
export function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new UnreadableError("is UTF-16; save it as UTF-8");
  }
  if (!isUtf8(bytes) || bytes.includes(0)) throw new UnreadableError("is not UTF-8 text");
  return bytes.toString("utf8");
}

/** "permission denied (EACCES)" from an error of node:fs. */
export function systemMessage(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // "EACCES: permission denied, open 'x'"
  const text = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1];
  return text === undefined ? message : `${text} (${code})`;
}
