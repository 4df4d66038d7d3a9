// `knell run` on a terminal.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ROOT } from "../binary/harness.ts";
import { Terminal } from "../binary/pty.ts";
import { podWith, REDIS } from "./runs.ts";

const folder = mkdtempSync(join(tmpdir(), "knell-live-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("knell run: on a terminal a table, keys for the faults, q to end, and the summary stays", async () => {
  const file = join(folder, "pod.yaml");
  const probe = "livenessProbe: {exec: {command: [redis-cli, ping]}, periodSeconds: 1}";
  writeFileSync(file, podWith(`${REDIS}, ${probe}`));
  const terminal = new Terminal([process.execPath, join(ROOT, "cli/bin.ts"), "run", file]);
  await terminal.expect("pod default/p: Running", 20_000);
  await terminal.expect(/app liveness +success/, 20_000);
  terminal.type("o");
  await terminal.expect("10 zombies", 20_000);
  terminal.type("k");
  await terminal.expect("1 restarts", 20_000);
  terminal.type("q");
  expect(await terminal.finished).toBe(0);
  const [, after = ""] = terminal.shown.split("\x1b[?1049l");
  expect(after).toMatch(/restarts 1, zombies left 0/);
}, 60_000);
