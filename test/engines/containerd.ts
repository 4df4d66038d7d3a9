// A containerd of its own: root, state and socket in a temporary folder, its processes in PID and mount namespaces
// that end with this process however it ends, its CPU counted by a control group.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KNELL, until } from "../binary/harness.ts";
import { type ControlGroup, makeControlGroup } from "./control-group.ts";
import { type Cri, connectCri } from "./cri/client.ts";
import { type Pod, type PodSettings, startPod } from "./cri-pod.ts";
import type { Engine } from "./engine.ts";
import { type Image, writeImage } from "./image.ts";
import { stopOnce, whyNot } from "./lifetime.ts";

/** What holds a pod's namespaces. */
const PAUSE: Image = {
  name: "knell.test/pause:1",
  files: { "/knell": KNELL },
  entrypoint: ["/knell", "pause"],
};

/** Where packages put the CNI plugins. */
const CNI_PLUGINS = ["/usr/lib/cni", "/opt/cni/bin"];

/** Where CRI keeps its images. */
const CRI_IMAGES = "k8s.io";

/** Why containerd cannot run here; undefined if it can. */
export const whyNoContainerd = () => whyNot("containerd");

/** What only CRI has: pods of several containers, and images that others built. */
export interface Containerd extends Engine {
  addImage(image: Image): Promise<void>;
  /** Imports the archive at `path`, in which the image is called `name`. */
  importArchive(name: string, path: string): Promise<void>;
  startPod(settings?: PodSettings): Promise<Pod>;
}

/** Starts containerd and waits until it serves CRI. */
export async function startContainerd(): Promise<Containerd> {
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
    const importArchive = (name: string, path: string) => importImage(name, path, socket, cri);
    const addImage = async (image: Image) => {
      const archive = writeImage(image, folder);
      await importArchive(image.name, archive);
      rmSync(archive);
    };
    await addImage(PAUSE);
    let count = 0;
    const nextPod = (settings: PodSettings = {}) =>
      startPod({ cri, group, folder }, `pod-${++count}`, settings);
    return {
      name: `${runtimeName} ${runtimeVersion}`,
      addImage,
      importArchive,
      startPod: nextPod,
      startContainer: async (image, command, settings = {}) => {
        const pod = await nextPod(settings);
        const container = await pod.start("main", image, command, settings);
        return { ...container, remove: pod.remove };
      },
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
  writeNetwork(folder);
  // The shims' sockets and the pods' networks are at fixed places: hidden, so that they vanish as well.
  const script = `
    echo $$ >"$1"; config=$2
    exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc -- sh -c '
      for at in /run/containerd /run/netns; do mkdir -p $at && mount -t tmpfs tmpfs $at; done
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
bin_dir = ${JSON.stringify(CNI_PLUGINS.find(existsSync) ?? CNI_PLUGINS[0])}
conf_dir = ${at("cni/conf")}
[${cri}.containerd]
snapshotter = "native"
[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
SystemdCgroup = false
`;
}

/** A pair of interfaces for each pod, out of the block for benchmarks (RFC 2544), another part for each process. */
function writeNetwork(folder: string): void {
  mkdirSync(join(folder, "cni/conf"), { recursive: true });
  const subnet = `198.${18 + (process.pid % 2)}.${(process.pid >> 1) % 256}.0/24`;
  const ipam = { type: "host-local", dataDir: join(folder, "cni/data"), ranges: [[{ subnet }]] };
  const network = { cniVersion: "0.4.0", name: "knell", plugins: [{ type: "ptp", ipam }] };
  writeFileSync(join(folder, "cni/conf/10-knell.conflist"), JSON.stringify(network));
}

function refuseIfEnded(daemon: ChildProcess, folder: string): undefined {
  if (daemon.exitCode === null && daemon.signalCode === null) return undefined;
  const lines = readFileSync(join(folder, "log"), "utf8").trim().split("\n");
  throw new Error(`containerd ended: ${lines.slice(-5).join("\n")}`);
}

async function importImage(name: string, path: string, socket: string, cri: Cri): Promise<void> {
  const client = ["--address", socket, "--namespace", CRI_IMAGES];
  execFileSync("ctr", [...client, "images", "import", "--snapshotter", "native", path]);
  // CRI hears of it by an event.
  await until(`the image ${name}`, () => cri.hasImage(name));
}
