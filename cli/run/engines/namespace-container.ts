// One running container: its main process, commands started in it from outside, and what can be seen of it.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RealClock } from "../clock.ts";
import {
  type ContainerProcess,
  type ContainerView,
  type ExecProcess,
  type ExecPurpose,
  ExecRefusedError,
  type ExitState,
  type OutputListener,
  StartFailedError,
} from "../engine.ts";
import type { ContainerDefinition } from "../pod-definition.ts";
import type { ControlGroup } from "./control-group.ts";
import { LineSplitter } from "./line-splitter.ts";
import { exitCodeOf, NamespaceExec } from "./namespace-exec.ts";
import { childrenOf, type HostProcess, signalProcess, treeOf } from "./processes.ts";
import { isExecutable, needProgram } from "./programs.ts";
import { readStartReport } from "./start-report.ts";

export interface ContainerPlan {
  readonly container: ContainerDefinition;
  /** The whole command line, its last words the script and the program. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly group: ControlGroup | undefined;
  readonly onOutput: OutputListener;
  /** True if the PID namespace is the pod's. */
  readonly isShared: boolean;
  readonly pausePid: number;
  readonly hasUserNamespace: boolean;
  readonly hasOwnNetwork: boolean;
  /** Called with each process that must not outlive the run. */
  readonly note: (pid: number) => void;
}

/** A process that died this long ago and is still there waits for a parent that does not come. */
const REAPED_WITHIN_MS = 50;

const clock = new RealClock();

/** Programs that stand in front of the one that matters. */
const IN_FRONT =
  /^(?:\S*\/)?(?:knell|tini|tini-static|dumb-init|catatonit|docker-init|s6-svscan|sh|bash|dash|ash|busybox)(?: |$)/;

export class NamespaceContainer implements ContainerProcess {
  readonly exited: Promise<ExitState>;
  /** The main process as numbered here. */
  readonly mainPid: number;
  readonly #plan: ContainerPlan;
  #hasEnded = false;
  /** When each dead process was first seen dead. */
  readonly #deadSinceMs = new Map<number, number>();

  /** Settles when the program runs. Rejects with a StartFailedError if it does not come to that. */
  static async start(plan: ContainerPlan): Promise<NamespaceContainer> {
    const [program = "", ...args] = joinGroup(plan.group?.child("main"), plan.words);
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: plan.env,
      detached: true,
    });
    const exited = exitOf(child);
    for (const descriptor of [1, 2]) {
      const splitter = new LineSplitter(plan.onOutput);
      const stream = child.stdio[descriptor] as NodeJS.ReadableStream;
      stream.on("data", (part: Buffer) => splitter.take(part));
    }
    const fault = await readStartReport(child);
    const mainPid = childrenOf(child.pid ?? 0)[0] ?? 0;
    if (fault !== undefined) {
      await exited;
      throw new StartFailedError(startError(fault), true);
    }
    for (const pid of [child.pid ?? 0, mainPid]) plan.note(pid);
    return new NamespaceContainer(plan, mainPid, exited);
  }

  private constructor(plan: ContainerPlan, mainPid: number, exited: Promise<ExitState>) {
    this.#plan = plan;
    this.mainPid = mainPid;
    this.exited = exited;
    exited.then(() => {
      this.#hasEnded = true;
    });
    // Without a PID namespace of its own nothing but the runtime ends what the main process leaves.
    if (plan.isShared) exited.then(() => this.#killRest());
  }

  async exec(command: readonly string[], purpose: ExecPurpose): Promise<ExecProcess> {
    if (this.#hasEnded) throw new ExecRefusedError(NOT_RUNNING);
    const [program = ""] = command;
    this.#checkProgram(program);
    const { container, env, group } = this.#plan;
    const nsenter = needProgram("nsenter", "util-linux");
    const network = this.#plan.hasOwnNetwork ? ["--net"] : [];
    const kinds = ["--mount", "--pid", "--ipc", "--uts", ...network];
    const user = this.#plan.hasUserNamespace ? ["--user", "--preserve-credentials"] : [];
    const enter = [
      nsenter,
      "-t",
      String(this.mainPid),
      ...user,
      ...kinds,
      "--",
      ...inFolderAsUser(container),
    ];
    const words = joinGroup(group?.child(purpose), [...enter, ...command]);
    return new NamespaceExec(words, env);
  }

  /** Does nothing once it has ended: its pid may be another's by then. */
  signal(name: NodeJS.Signals): void {
    if (!this.#hasEnded) signalProcess(this.mainPid, name);
  }

  observe(): ContainerView {
    const processes = this.#tree();
    const cpuMs: Partial<Record<ExecPurpose, number>> = {};
    for (const { type } of this.#plan.container.probes) {
      const group = this.#plan.group?.child(type);
      if (group) cpuMs[type] = group.cpuMs;
    }
    return { processes: withParents(processes), zombies: this.#countZombies(processes), cpuMs };
  }

  /**
   * The processes that a fault is meant for: PID 1, or what it was started to run where it is an init or a shell. Never
   * what a probe left behind.
   */
  workers(): HostProcess[] {
    const tree = treeOf(this.mainPid).filter(({ state }) => state !== "Z");
    const [main] = tree;
    if (!main || !IN_FRONT.test(main.command)) return tree.slice(0, 1);
    // The oldest child is the program; later ones are orphans.
    const [program] = childrenOf(this.mainPid);
    return program === undefined ? [main] : treeOf(program).filter(({ state }) => state !== "Z");
  }

  /** In a shared PID namespace orphans are below the pod's pause process. */
  #tree(): HostProcess[] {
    if (!this.#plan.isShared) return treeOf(this.mainPid);
    return [...treeOf(this.mainPid), ...treeOf(this.#plan.pausePid)];
  }

  /** Dead processes that were dead a while ago already. */
  #countZombies(processes: readonly HostProcess[]): number {
    const nowMs = clock.nowMs();
    const dead = processes.filter(({ state }) => state === "Z").map(({ hostPid }) => hostPid);
    for (const pid of this.#deadSinceMs.keys()) {
      if (!dead.includes(pid)) this.#deadSinceMs.delete(pid);
    }
    for (const pid of dead) {
      if (!this.#deadSinceMs.has(pid)) this.#deadSinceMs.set(pid, nowMs);
    }
    const isZombie = (pid: number) =>
      nowMs - (this.#deadSinceMs.get(pid) ?? nowMs) >= REAPED_WITHIN_MS;
    return dead.filter(isZombie).length;
  }

  #killRest(): void {
    for (const pid of this.#plan.group?.processes() ?? []) signalProcess(pid, "SIGKILL");
  }

  /** A runtime refuses what it cannot start; an exit code of nsenter would look like one of the command (P46). */
  #checkProgram(program: string): void {
    const root = `/proc/${this.mainPid}/root`;
    if (!existsSync(root)) throw new ExecRefusedError(NOT_RUNNING);
    const folders = program.includes("/") ? [""] : (this.#plan.env.PATH ?? "").split(":");
    const paths = folders.map((folder) => join(root, folder, program));
    if (paths.some(isExecutable)) return;
    throw new ExecRefusedError(execError(program, program.includes("/")));
  }
}

function withParents(processes: readonly HostProcess[]): HostProcess[] {
  const pids = new Map(processes.map(({ hostPid, pid }) => [hostPid, pid]));
  return processes.map((process) => ({ ...process, parent: pids.get(process.hostParent) ?? 0 }));
}

/** Words that put a command into control groups before it begins. */
function joinGroup(group: ControlGroup | undefined, words: readonly string[]): string[] {
  if (!group) return [...words];
  const join = group.folders.map((_, index) => `echo 0 >"$${index + 1}/cgroup.procs"`).join(" && ");
  const script = `${join} && shift ${group.folders.length} && exec "$@"`;
  return ["/bin/sh", "-c", script, "sh", ...group.folders, ...words];
}

/** An exec has the container's folder and user (P39). */
function inFolderAsUser({ workingDir, runAsUser, runAsGroup }: ContainerDefinition): string[] {
  const folder = workingDir === undefined ? [] : ["/usr/bin/env", "-C", workingDir, "--"];
  if (runAsUser === undefined && runAsGroup === undefined) return folder;
  const user = runAsUser === undefined ? [] : ["--reuid", String(runAsUser)];
  const groups = ["--regid", String(runAsGroup ?? 0), "--clear-groups"];
  return [...folder, "/usr/bin/setpriv", ...user, ...groups, "--"];
}

/** As containerd words it. */
const NOT_RUNNING =
  "rpc error: code = Unknown desc = failed to exec in container: container is in CONTAINER_EXITED state";

/** As containerd and runc word it. */
function execError(program: string, isPath: boolean): string {
  const cause = isPath
    ? `stat ${program}: no such file or directory`
    : "executable file not found in $PATH";
  const start = "OCI runtime exec failed: exec failed: unable to start container process";
  return `rpc error: code = Unknown desc = failed to exec in container: failed to start exec: ${start}: exec: "${program}": ${cause}: unknown`;
}

function startError(cause: string): string {
  const runc = "runc create failed: unable to start container process";
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: ${runc}: ${cause}: unknown`;
}

async function exitOf(child: ChildProcess): Promise<ExitState> {
  const code = await exitCodeOf(child);
  return { code, reason: code === 0 ? "Completed" : "Error", finishedAtMs: clock.nowMs() };
}
