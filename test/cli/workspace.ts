// A folder of files that the program is run on.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { knell, type Ran } from "./program.ts";

/** One exec probe that KN302 (warning, safe fix) and KN501 (error) report, at lines 8 and 11. */
export const BAD_POD = `apiVersion: v1
kind: Pod
metadata: {name: redis}
spec:
  containers:
    - name: redis
      image: redis:7
      livenessProbe:
        initialDelaySeconds: 60
        exec:
          command: [redis-cli, ping]  # asks
`;

/** BAD_POD after `knell fix`. */
export const FIXED_POD = BAD_POD.replace(
  "Seconds: 60\n",
  "Seconds: 60\n        timeoutSeconds: 5\n",
);

export const GOOD_POD = `apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - name: app
      image: example/app:1
      livenessProbe:
        httpGet: {path: /live, port: 8080}
        failureThreshold: 6
`;

export interface Workspace {
  readonly path: string;
  write(file: string, text: string | Uint8Array): void;
  read(file: string): string;
  /** Runs `knell ARGS` in the folder. */
  knell(args: readonly string[], options?: { input?: string; env?: Record<string, string> }): Ran;
}

/** Removed when the test ends. */
export function workspaceWith(files: Readonly<Record<string, string>>): Workspace {
  const path = mkdtempSync(join(tmpdir(), "knell-cli-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const write = (file: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  return {
    path,
    write,
    read: (file) => readFileSync(join(path, file), "utf8"),
    knell: (args, options = {}) => knell(args, { ...options, cwd: path }),
  };
}
