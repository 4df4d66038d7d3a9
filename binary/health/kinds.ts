// What may be asked about the main child, in the words of Kubernetes: alive, ready for traffic, done starting.

export const LIVE: i32 = 0;
export const READY: i32 = 1;
export const STARTUP: i32 = 2;
export const KIND_COUNT: i32 = 3;

/** "live", "ready" or "startup". */
export function kindName(kind: i32): string {
  if (kind === LIVE) return "live";
  return kind === READY ? "ready" : "startup";
}
