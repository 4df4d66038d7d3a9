import type { Environment } from "../environment.ts";
export function fixCommand(_args: readonly string[], _environment: Environment): number {
  throw new Error("not yet");
}
