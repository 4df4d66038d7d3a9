// A containerd of its own: root, state and socket in a temporary folder, its processes in PID and mount namespaces
// that end with this process however it ends, its CPU counted by a control group.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childrenOf, KNELL, type ProcessEntry, processEntry, until } from "../binary/harness.ts";
import { type ControlGroup, makeControlGroup } from "./control-group.ts";
import { type Cri, connectCri, type Namespaces } from "./cri/client.ts";
import type { Container, Engine } from "./engine.ts";
import { type Image, writeImage } from "./image.ts";

/** What holds a pod's namespaces. */
const PAUSE: Image = {
  name: "knell.test/pause:1",
  files: { "/knell": KNELL },
  entrypoint: ["/knell", "pause"],
};

/** The machine's network needs no CNI plugin; each container has its own PID 1, as in a cluster. */
const NAMESPACES: Namespaces = { network: "NODE", pid: "CONTAINER", ipc: "POD" };

/** Where CRI keeps its images. */
const CRI_IMAGES = "k8s.io";

/** Why containerd cannot run here; undefined if it can. */
export function whyNoContainerd(): string | undefined {
  if (process.getuid?.() !== 0) return "containerd needs root";
  const result = spawnSync("unshare", ["--mount", "--pid", "--fork", "--mount-proc", "true"]);
  if (result.status !== 0) return `containerd needs namespaces: ${result.stderr}`;
  try {
    makeControlGroup(`knell-trial-${process.pid}`).remove();
  } catch (error) {
    return `containerd needs control groups: ${error}`;
  }
  return undefined;
}

/** Starts containerd and waits until it serves CRI. */
export async function startContainerd(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "knell-containerd-"));
  const group = makeControlGroup(`knell-${process.pid}-${folder.slice(-6)}`);
  const socket = join(folder, "containerd.sock");
  const daemon = spawnDaemon(folder, socket, group);
  const stop = stopOnce(daemon, group, folder);
  const cri = connectCri(socket);
  try {
    const { runtimeName, runtimeVersion } = await until("containerd's CRI", () =>
      cri.version().catch(() => refuseIfEnded(daemon, folder)),
    );
    const addImage = (image: Image) => importImage(image, folder, socket, cri);
    await addImage(PAUSE);
    let count = 0;
    return {
      name: `${runtimeName} ${runtimeVersion}`,
      addImage,
      startContainer: (image, command) => startPod(cri, group, folder, ++count, image, command),
      cpuNanoseconds: group.cpuNanoseconds,
      stop: () => {
        cri.close();
        stop();
      },
    };
  } catch (error) {
    cri.close();
    stop();
    throw error;
  }
}

function spawnDaemon(folder: string, socket: string, group: ControlGroup): ChildProcess {
  const configuration = join(folder, "config.toml");
  writeFileSync(configuration, configurationText(folder, socket));
  // The shims' sockets are at a fixed place: hidden, so that they vanish as well.
  const script = `
    echo $$ >"$1"; config=$2
    exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc -- sh -c '
      mkdir -p /run/containerd && mount -t tmpfs tmpfs /run/containerd &&
      exec tini -- containerd --config "$1"' sh "$config"`;
  const log = openSync(join(folder, "log"), "w");
  return spawn("sh", ["-c", script, "sh", group.members, configuration], {
    stdio: ["ignore", log, log],
    // Ctrl-C of a terminal is for the owner, who then ends it.
    detached: true,
  });
}

/** A folder below another container's cannot be an overlay's upper one: "native" copies, and works everywhere. */
function configurationText(folder: string, socket: string): string {
  const at = (name: string) => JSON.stringify(join(folder, name));
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${at("root")}
state = ${at("state")}
[grpc]
address = ${JSON.stringify(socket)}
[plugins."io.containerd.internal.v1.opt"]
path = ${at("opt")}
[${cri}]
sandbox_image = ${JSON.stringify(PAUSE.name)}
# Without CAP_SYS_RESOURCE the sandbox's negative oom_score_adj is refused.
restrict_oom_score_adj = true
[${cri}.cni]
bin_dir = ${at("cni/bin")}
conf_dir = ${at("cni/conf")}
[${cri}.containerd]
snapshotter = "native"
[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
SystemdCgroup = false
`;
}

function refuseIfEnded(daemon: ChildProcess, folder: string): undefined {
  if (daemon.exitCode === null && daemon.signalCode === null) return undefined;
  const lines = readFileSync(join(folder, "log"), "utf8").trim().split("\n");
  throw new Error(`containerd ended: ${lines.slice(-5).join("\n")}`);
}

/** Ends everything now, also when this process exits or is told to end. Synchronous, because "exit" waits for nothing. */
function stopOnce(daemon: ChildProcess, group: ControlGroup, folder: string): () => void {
  let isDone = false;
  const stop = () => {
    if (isDone) return;
    isDone = true;
    process.off("exit", stop);
    for (const signal of ENDING) process.off(signal, leave);
    // unshare(1) takes PID 1 with it, and PID 1 the namespace. Mounts go with the last process.
    daemon.kill("SIGKILL");
    const deadlineMs = performance.now() + 10_000;
    while (!group.isEmpty() && performance.now() < deadlineMs) pauseSync(10);
    group.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  const leave = (signal: NodeJS.Signals) => {
    stop();
    process.kill(process.pid, signal);
  };
  process.once("exit", stop);
  for (const signal of ENDING) process.once(signal, leave);
  return stop;
}

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function pauseSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

async function importImage(image: Image, folder: string, socket: string, cri: Cri): Promise<void> {
  const archive = writeImage(image, folder);
  const client = ["--address", socket, "--namespace", CRI_IMAGES];
  execFileSync("ctr", [...client, "images", "import", "--snapshotter", "native", archive]);
  rmSync(archive);
  // CRI hears of it by an event.
  await until(`the image ${image.name}`, () => cri.hasImage(image.name));
}

async function startPod(
  cri: Cri,
  group: ControlGroup,
  folder: string,
  number: number,
  image: Image,
  command: readonly string[],
): Promise<Container> {
  const name = `pod-${number}`;
  const logDirectory = join(folder, "logs", name);
  mkdirSync(logDirectory, { recursive: true });
  const securityContext = { namespaceOptions: NAMESPACES };
  const podConfig = {
    metadata: { name, uid: name, namespace: "default" },
    logDirectory,
    linux: { cgroupParent: group.pods, securityContext },
  };
  const pod = await cri.runPodSandbox(podConfig);
  const config = {
    metadata: { name: "main" },
    image: { image: image.name },
    command,
    logPath: "main.log",
    linux: { securityContext },
  };
  const id = await cri.createContainer(pod, config, podConfig);
  await cri.startContainer(id);
  const processes = () => entriesOf(group.processesOf(id));
  return {
    exec: (words, { timeoutSeconds = 0, deadlineMs } = {}) =>
      cri.execSync(id, words, timeoutSeconds, deadlineMs),
    processes,
    zombies: () =>
      entriesOf(processes().flatMap(({ pid }) => childrenOf(pid))).filter(
        ({ state }) => state === "Z",
      ),
    remove: async () => {
      await cri.stopPodSandbox(pod);
      await cri.removeContainer(id);
      await cri.removePodSandbox(pod);
    },
  };
}

/** Those that are still there. */
function entriesOf(pids: readonly number[]): ProcessEntry[] {
  return pids.flatMap((pid) => {
    try {
      return [processEntry(pid)];
    } catch {
      return [];
    }
  });
}
