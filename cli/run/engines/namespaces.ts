// Linux namespaces through util-linux, with the programs of this machine: no image, no daemon, and root only for a pod
// address, control groups and users.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ContainerProcess, Engine, OutputListener, Sandbox } from "../engine.ts";
import { EngineError, StartFailedError } from "../engine.ts";
import type { ContainerDefinition, PodDefinition } from "../pod-definition.ts";
import { type Bind, containerScript } from "./container-script.ts";
import type { ControlGroup } from "./control-group.ts";
import { NamespaceContainer } from "./namespace-container.ts";
import { connectPod } from "./pod-network.ts";
import { childrenOf, signalProcess } from "./processes.ts";
import { findProgram, needProgram, runProgram } from "./programs.ts";
import type { RunState } from "./run-state.ts";
import { READY, readStartReport } from "./start-report.ts";

const isRoot = process.getuid?.() === 0;

export interface NamespaceSettings {
  readonly state: RunState;
  /** dist/knell: the pod's pause process, and /knell in every container. */
  readonly knellPath: string;
  readonly isHostPathAllowed: boolean;
  /** Called with what this machine or user cannot do. */
  readonly note: (message: string) => void;
}

export class NamespaceEngine implements Engine {
  readonly name = "namespaces";
  readonly #settings: NamespaceSettings;

  constructor(settings: NamespaceSettings) {
    this.#settings = settings;
  }

  async createSandbox(pod: PodDefinition): Promise<NamespaceSandbox> {
    const { note } = this.#settings;
    const hasOwnNetwork = isRoot && !pod.hostNetwork && findProgram("ip") !== undefined;
    if (!hasOwnNetwork && !pod.hostNetwork) {
      note(
        "the pod shares this machine's network: an address of its own takes root and iproute2; a server on loopback only would pass its probes here and fail in a cluster",
      );
    }
    return NamespaceSandbox.create(pod, hasOwnNetwork, this.#settings);
  }
}

/** A writable layer for all containers of a pod, in memory; as large as anything may need. */
const LAYER_SIZE = "1g";

export class NamespaceSandbox implements Sandbox {
  readonly podIp: string;
  readonly #pod: PodDefinition;
  readonly #settings: NamespaceSettings;
  readonly #folder: string;
  readonly #pause: ChildProcess;
  /** The pause process as numbered here. */
  readonly #pausePid: number;
  readonly #group: ControlGroup | undefined;
  readonly #hasOwnNetwork: boolean;
  /** The latest of each name. */
  readonly #containers = new Map<string, NamespaceContainer>();

  static async create(
    pod: PodDefinition,
    hasOwnNetwork: boolean,
    settings: NamespaceSettings,
  ): Promise<NamespaceSandbox> {
    const folder = join(settings.state.folder, pod.uid);
    mkdirSync(folder);
    const words = sandboxCommand(pod, hasOwnNetwork, folder, settings.knellPath);
    const [program = "", ...args] = words;
    const pause = spawn(program, args, {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      env: {},
      detached: true,
    });
    const fault = await readStartReport(pause);
    if (fault !== undefined) throw new EngineError(`cannot make the pod's namespaces: ${fault}`);
    // Only a shared PID namespace takes a fork.
    const outer = pause.pid ?? 0;
    const pid = pod.shareProcessNamespace ? (childrenOf(outer)[0] ?? 0) : outer;
    for (const noted of [outer, pid]) settings.state.note(noted);
    const podIp = hasOwnNetwork ? connectPod(pid) : "127.0.0.1";
    return new NamespaceSandbox(pod, hasOwnNetwork, settings, folder, pause, pid, podIp);
  }

  private constructor(
    pod: PodDefinition,
    hasOwnNetwork: boolean,
    settings: NamespaceSettings,
    folder: string,
    pause: ChildProcess,
    pausePid: number,
    podIp: string,
  ) {
    this.#pod = pod;
    this.#hasOwnNetwork = hasOwnNetwork;
    this.#settings = settings;
    this.#folder = folder;
    this.#pause = pause;
    this.#pausePid = pausePid;
    this.podIp = podIp;
    this.#group = settings.state.group?.child(pod.uid);
    this.#writeVolumes();
  }

  /** The container that runs or ran last under a name. */
  containerNamed(name: string): NamespaceContainer | undefined {
    return this.#containers.get(name);
  }

  /** False if processes cannot be limited here. */
  limitPids(isFull: boolean): boolean {
    return this.#group?.limitPids(isFull) ?? false;
  }

  /** Leaves no room in the pod's writable layer and its empty folders, or gives it back. */
  fillDisk(isFull: boolean): void {
    const layer = this.#layer;
    const nsenter = needProgram("nsenter", "util-linux");
    const enter = [
      nsenter,
      "-t",
      String(this.#pausePid),
      ...userFlags(),
      "--mount",
      "--",
      "sh",
      "-c",
    ];
    const used = `$(df -k --output=used ${layer} | tail -n 1 | tr -d ' ')k`;
    const size = isFull ? used : LAYER_SIZE;
    // A tmpfs of 0 bytes would be one without a limit; one page is always in use.
    runProgram([...enter, `mount -o remount,size=${size} ${layer}`]);
  }

  async start(
    container: ContainerDefinition,
    instanceId: string,
    onOutput: OutputListener,
  ): Promise<ContainerProcess> {
    const command = [...container.command, ...container.args];
    const layer = join(this.#layer, "containers", instanceId);
    const script = containerScript(container, {
      root: join(this.#folder, "root"),
      layer,
      binds: this.#bindsOf(container),
      overlayOptions: isRoot ? "" : ",userxattr",
    });
    // A file, so that process lists stay readable.
    const scriptFile = join(this.#folder, `${instanceId}.sh`);
    writeFileSync(scriptFile, script);
    const group = this.#group?.child(container.name);
    const isShared = this.#pod.shareProcessNamespace;
    const started = await NamespaceContainer.start({
      words: [...this.#enter(), ...newNamespaces(isShared), "/bin/sh", scriptFile, ...command],
      env: environmentOf(container, this.#pod),
      group,
      onOutput,
      isShared,
      pausePid: this.#pausePid,
      container,
      note: (pid) => this.#settings.state.note(pid),
      hasUserNamespace: !isRoot,
      hasOwnNetwork: this.#hasOwnNetwork,
    });
    this.#containers.set(container.name, started);
    return started;
  }

  async remove(): Promise<void> {
    const containers = [...this.#containers.values()];
    for (const container of containers) container.signal("SIGKILL");
    await Promise.all(containers.map((container) => container.exited));
    for (const pid of this.#group?.processes() ?? []) signalProcess(pid, "SIGKILL");
    const isOver = this.#pause.exitCode !== null || this.#pause.signalCode !== null;
    const ended = isOver ? undefined : once(this.#pause, "exit");
    signalProcess(this.#pausePid, "SIGKILL");
    await ended;
    this.#group?.remove();
  }

  get #layer(): string {
    return join(this.#folder, "rw");
  }

  /** Words that start a program in the pod's namespaces, and die with this process. */
  #enter(): string[] {
    const nsenter = needProgram("nsenter", "util-linux");
    const setpriv = needProgram("setpriv", "util-linux");
    const flags = ["--mount", "--ipc", "--uts", ...(this.#hasOwnNetwork ? ["--net"] : [])];
    if (this.#pod.shareProcessNamespace) flags.push("--pid");
    const target = ["-t", String(this.#pausePid)];
    return [
      setpriv,
      "--pdeathsig",
      "KILL",
      "--",
      nsenter,
      ...target,
      ...userFlags(),
      ...flags,
      "--",
    ];
  }

  /** Volumes live in the pod's layer, which only its namespaces see; written through /proc they are in place at once. */
  #writeVolumes(): void {
    const top = `/proc/${this.#pausePid}/root${this.#layer}/volumes`;
    mkdirSync(top, { recursive: true });
    for (const volume of this.#pod.volumes) {
      const folder = join(top, volume.name);
      mkdirSync(folder, { recursive: true, mode: 0o777 });
      if (volume.kind !== "files") continue;
      for (const { path, content, mode } of volume.files) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content, { mode });
      }
    }
  }

  #bindsOf(container: ContainerDefinition): Bind[] {
    const knell = this.#settings.knellPath;
    const binds: Bind[] = [
      { source: knell, target: "/knell", isReadOnly: true },
      // In PATH, too. Without root that folder is not ours to write to.
      { source: knell, target: "/usr/local/bin/knell", isReadOnly: true, isOptional: true },
    ];
    for (const { volume: name, mountPath, subPath, isReadOnly } of container.volumeMounts) {
      const volume = this.#pod.volumes.find((one) => one.name === name);
      const isHost = volume?.kind === "hostPath";
      if (isHost && !this.#settings.isHostPathAllowed) {
        const message = `volume "${name}": hostPath "${volume.path}" is not mounted; allow it with --allow-host-path`;
        throw new StartFailedError(message, false);
      }
      const within = isHost ? volume.path : join(this.#layer, "volumes", name);
      binds.push({
        source: join(within, subPath),
        target: mountPath,
        isReadOnly: isReadOnly || volume?.kind === "files",
        ...(subPath === "" ? {} : { within }),
      });
    }
    return binds;
  }
}

/** pause, in new namespaces, with the pod's writable layer mounted where only they see it. */
function sandboxCommand(
  pod: PodDefinition,
  hasOwnNetwork: boolean,
  folder: string,
  knellPath: string,
): string[] {
  const unshare = needProgram("unshare", "util-linux");
  const setpriv = needProgram("setpriv", "util-linux");
  const flags = ["--mount", "--ipc", "--uts", "--propagation", "private"];
  if (hasOwnNetwork) flags.push("--net");
  if (pod.shareProcessNamespace) flags.push("--pid", "--fork", "--kill-child", "--mount-proc");
  if (!isRoot) flags.push("--user", "--map-root-user");
  const script = [
    "exec 2>&3",
    `mkdir "$1/rw" && mount -t tmpfs -o mode=755,size=${LAYER_SIZE} knell "$1/rw" || exit 1`,
    `mkdir "$1/rw/volumes" "$1/rw/containers" "$1/root" || exit 1`,
    // Without root /proc is not ours to write to.
    `(echo "$2" >/proc/sys/kernel/hostname) 2>/dev/null || hostname "$2" 2>/dev/null`,
    `echo ${READY} >&3; exec 2>/dev/null 3>&-`,
    `exec "$3" pause`,
  ].join("\n");
  const shell = ["/bin/sh", "-c", script, "sh", folder, pod.name, knellPath];
  return [setpriv, "--pdeathsig", "KILL", "--", unshare, ...flags, "--", ...shell];
}

/** A container has mounts of its own, and processes unless the pod shares them. */
function newNamespaces(isShared: boolean): string[] {
  const unshare = needProgram("unshare", "util-linux");
  const mounts = [unshare, "--mount", "--propagation", "private"];
  if (isShared) return [...mounts, "--"];
  return [...mounts, "--pid", "--", "/bin/sh", "-c", FIRST_CHILD, "sh"];
}

/**
 * The first child of a process that unshared its PID namespace is PID 1 there. A shell in between, because unshare --fork
 * makes exit 1 of every signal. What the shell itself has to say is nobody's business.
 */
const FIRST_CHILD =
  'exec 4>&2 2>/dev/null; /usr/bin/setpriv --pdeathsig KILL -- "$@" 2>&4 4>&-; exit $?';

function userFlags(): string[] {
  return isRoot ? [] : ["--user", "--preserve-credentials"];
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function environmentOf(container: ContainerDefinition, pod: PodDefinition): Record<string, string> {
  const own = container.env.map(({ name, value }) => [name, value] as const);
  return { PATH, HOSTNAME: pod.name, HOME: "/root", ...Object.fromEntries(own) };
}
