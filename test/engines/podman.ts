// A podman of its own: storage, state and locks in a temporary folder, everything it starts in PID and mount namespaces
// that end with this process.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { childrenOf, run, until } from "../binary/harness.ts";
import { type ControlGroup, makeControlGroup } from "./control-group.ts";
import type { ExecResult } from "./cri/client.ts";
import { entriesOf, zombiesBelow } from "./cri-pod.ts";
import type { Container, ContainerSettings, Engine, ExecOptions } from "./engine.ts";
import type { ImageStore } from "./image-store.ts";
import { stopOnce, whyNot } from "./lifetime.ts";

/** Why podman cannot run here; undefined if it can. */
export const whyNoPodman = () => whyNot("podman");

export interface Podman extends Engine {
  /** Runs one podman command to its end; gives what it printed. Rejects with podman's own words. */
  run(...words: string[]): Promise<string>;
  /** `podman run` with `options`, the image and what follows it. The container's name is "container-N". */
  startWith(options: readonly string[], ...image: string[]): Promise<Container>;
  /** For the pod `name`: its --cgroup-parent. */
  podParent(name: string): string;
  /** What `podman healthcheck run` says of the newest container. */
  checkHealth(): Promise<boolean>;
}

/** A podman with the images of `store`. */
export async function startPodman(store: ImageStore): Promise<Podman> {
  const group = makeControlGroup(`knell-podman-${process.pid}`);
  const holder = holdNamespaces();
  const stop = stopOnce(holder, group, join(store.folder, "tmp"));
  const inside = await until("the namespaces of podman", () => childrenOf(holder.pid ?? -1)[0]);
  await until("PID 1 in them", () => readFileSync(`/proc/${inside}/comm`, "utf8") === "tini\n");
  const call = (words: readonly string[], deadlineMs = 60_000) =>
    run("sh", ["-c", ENTER, "sh", group.members, String(inside), "podman", ...words], {
      env: { ...process.env, ...store.environment },
      deadlineMs,
    });
  const must = async (...words: string[]) => {
    const { status, stdout, stderr } = await call(words);
    if (status !== 0) throw new Error(`podman ${words.join(" ")}: exit ${status}: ${stderr}`);
    return stdout.trim();
  };
  const name = (await must("--version")).replace(" version", "");
  let count = 0;
  const startWith = async (options: readonly string[], ...image: string[]) => {
    const container = `container-${++count}`;
    const parent = ["--cgroup-parent", group.podParent(container)];
    const words = ["run", "--detach", "--name", container, ...parent, ...options, ...image];
    return handleOf(container, `libpod-${await must(...words)}`, group, call, must);
  };
  return {
    name,
    run: must,
    startWith,
    podParent: group.podParent,
    checkHealth: async () =>
      (await call(["healthcheck", "run", `container-${count}`])).status === 0,
    startContainer: (image, command, settings = {}) => {
      const args = command?.slice(1) ?? settings.args ?? [];
      return startWith(optionsOf(settings, command), image.name, ...args);
    },
    cpuNanoseconds: group.cpuNanoseconds,
    stop,
  };
}

const ENTER = `echo $$ >"$1"; pid=$2; shift 2
  exec nsenter --target "$pid" --mount --pid -- "$@"`;

function holdNamespaces(): ChildProcess {
  const words = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];
  return spawn(
    "setpriv",
    ["--pdeathsig", "KILL", "unshare", ...words, "tini", "--", "sleep", "infinity"],
    { stdio: "ignore", detached: true },
  );
}

function optionsOf(settings: ContainerSettings, command: readonly string[] | undefined): string[] {
  const words = ["--network", settings.hasOwnNetwork ? "none" : "host"];
  for (const [key, value] of Object.entries(settings.environment ?? {}))
    words.push("--env", `${key}=${value}`);
  for (const { source, target, isReadOnly } of settings.mounts ?? [])
    words.push("--volume", `${source}:${target}${isReadOnly ? ":ro" : ""}`);
  const user = [settings.user, settings.group].filter((id) => id !== undefined).join(":");
  if (user !== "") words.push("--user", user);
  if (settings.workingDir !== undefined) words.push("--workdir", settings.workingDir);
  if (settings.isRootReadOnly) words.push("--read-only", "--read-only-tmpfs=false");
  if (settings.hasNoCapabilities) words.push("--cap-drop=ALL", "--security-opt=no-new-privileges");
  if (settings.pidsLimit !== undefined) words.push("--pids-limit", String(settings.pidsLimit));
  if (command !== undefined) words.push("--entrypoint", JSON.stringify(command.slice(0, 1)));
  return words;
}

type Call = (words: readonly string[], deadlineMs?: number) => ReturnType<typeof run>;

/** The container `name`, whose processes are in the group `inside` of its own. */
function handleOf(
  name: string,
  inside: string,
  group: ControlGroup,
  call: Call,
  must: Podman["run"],
): Container {
  const processes = () => entriesOf(group.processesOf(name, inside));
  return {
    exec: (words, options) => execWithin(call, name, processes, words, options),
    processes,
    zombies: () => zombiesBelow(group.processesOf(name, inside)),
    exitCode: async () => {
      const format = "{{.State.Status}} {{.State.ExitCode}}";
      const [state, code] = (await must("inspect", "--format", format, name)).split(" ");
      // "stopped": ended by itself, and not cleaned up yet.
      return state === "exited" || state === "stopped" ? Number(code) : undefined;
    },
    log: async () => (await call(["logs", name])).stdout,
    end: async (graceSeconds) => void (await must("stop", "--time", String(graceSeconds), name)),
    remove: async () => void (await must("rm", "--force", "--time", "0", name)),
  };
}

/** As containerd words it. */
const TIMED_OUT = "command timed out: timeout exceeded";

/**
 * podman has no limit of its own for an exec: what Docker and containerd do at the limit is done here, which is to KILL
 * the process they started, and that one alone. Then podman waits for the end of its output, as containerd does.
 */
async function execWithin(
  call: Call,
  name: string,
  processes: Container["processes"],
  words: readonly string[],
  { timeoutSeconds = 0, deadlineMs }: ExecOptions = {},
): Promise<ExecResult> {
  const before = new Set(processes().map(({ pid }) => pid));
  const started = () =>
    processes().find(({ pid, parent }) => !before.has(pid) && nameOf(parent) === "conmon")?.pid;
  let isDone = false;
  const isTimedOut = killAfter(started, timeoutSeconds * 1000, () => isDone);
  const { status, stdout, stderr } = await call(["exec", name, ...words], deadlineMs).finally(
    () => {
      isDone = true;
    },
  );
  if (await isTimedOut) throw new Error(TIMED_OUT);
  return { exitCode: status ?? -1, stdout, stderr };
}

/** KILLs what `started` finds, `limitMs` after it was there; true if it did. 0 is no limit. */
async function killAfter(
  started: () => number | undefined,
  limitMs: number,
  isDone: () => boolean,
): Promise<boolean> {
  if (limitMs === 0) return false;
  let deadlineMs = Number.POSITIVE_INFINITY;
  while (!isDone()) {
    const pid = started();
    if (pid !== undefined) deadlineMs = Math.min(deadlineMs, performance.now() + limitMs);
    if (performance.now() >= deadlineMs) {
      if (pid !== undefined) process.kill(pid, "SIGKILL");
      return pid !== undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

function nameOf(pid: number): string {
  return entriesOf([pid])[0]?.name ?? "";
}
