// What a run keeps on the machine, so that the next one can remove it after a crash: a folder named after the process it
// belongs to, the processes it started, and a control group of the same name.

import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ControlGroup } from "./control-group.ts";
import { readIfThere, signalProcess, startTimeOf } from "./processes.ts";

const isRoot = process.getuid?.() === 0;

/** Where runs keep their folders; this user's own. */
function baseFolder(): string {
  if (isRoot) return "/run/knell";
  return join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `knell-${process.getuid?.()}`);
}

export class RunState {
  readonly folder: string;
  /** undefined where this user may not make control groups. */
  readonly group: ControlGroup | undefined;

  /** Removes what crashed runs left, then makes a folder for this one. Gives how many runs it cleaned up after. */
  static create(): { readonly state: RunState; readonly removed: number } {
    mkdirSync(baseFolder(), { recursive: true, mode: 0o755 });
    const removed = removeLeftovers();
    return { state: new RunState(), removed };
  }

  private constructor() {
    const name = `${process.pid}-${startTimeOf(process.pid)}`;
    this.folder = join(baseFolder(), name);
    mkdirSync(this.folder, { recursive: true, mode: 0o755 });
    this.group = ControlGroup.create(name);
  }

  /** Remembers a process that must not outlive this run. */
  note(pid: number): void {
    const startTime = startTimeOf(pid);
    if (startTime !== undefined)
      appendFileSync(join(this.folder, "processes"), `${pid} ${startTime}\n`);
  }

  remove(): void {
    this.group?.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function removeLeftovers(): number {
  const folders = readdirSync(baseFolder()).filter(isAbandoned);
  for (const name of folders) {
    const folder = join(baseFolder(), name);
    for (const line of (readIfThere(join(folder, "processes")) ?? "").split("\n")) {
      const [pid = "0", startTime] = line.split(" ");
      if (startTime !== undefined && startTimeOf(Number(pid)) === startTime) {
        signalProcess(Number(pid), "SIGKILL");
      }
    }
    rmSync(folder, { recursive: true, force: true });
  }
  const groups = isRoot ? ControlGroup.list().filter(({ name }) => isAbandoned(name)) : [];
  for (const { group } of groups) {
    for (const pid of group.processes()) signalProcess(pid, "SIGKILL");
    removeWhenEmpty(group);
  }
  return folders.length;
}

/** Killed processes leave their group a moment later. */
function removeWhenEmpty(group: ControlGroup): void {
  const deadlineMs = performance.now() + 2000;
  while (group.processes().length > 0 && performance.now() < deadlineMs) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  group.remove();
}

/** True for the folder of a run whose process is gone: "PID-STARTTIME". */
function isAbandoned(name: string): boolean {
  const match = /^(\d+)-(\d+)$/.exec(name);
  return match !== null && startTimeOf(Number(match[1])) !== match[2];
}
