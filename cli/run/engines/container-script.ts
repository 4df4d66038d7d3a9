// What runs as a container's first process before the program itself: it builds the root folder, then becomes the program.

import type { ContainerDefinition } from "../pod-definition.ts";
import { READY } from "./start-report.ts";

/** A folder or file of the pod, where the container sees it. */
export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
  /** True if the container runs without it where its target cannot be made. */
  readonly isOptional?: boolean;
  /** The folder that the source must be in, links followed. */
  readonly within?: string;
}

export interface RootPlan {
  /** The mount point of the new root. */
  readonly root: string;
  /** Where the container's own changes go. */
  readonly layer: string;
  readonly binds: readonly Bind[];
  /** Overlay options beyond the folders. */
  readonly overlayOptions: string;
}

const DEVICES = "null zero full random urandom tty";

/** A script for sh, given the program and its arguments. What goes wrong it writes to descriptor 3, and exits 125. */
export function containerScript(container: ContainerDefinition, plan: RootPlan): string {
  const root = quote(plan.root);
  const layer = quote(plan.layer);
  const at = (path: string) => quote(plan.root + path);
  return [
    "path=$PATH PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    `try() { message=$("$@" 2>&1) || { echo "$message" >&3; exit 125; }; }`,
    `try mkdir -p ${layer}/upper ${layer}/work ${layer}/root ${layer}/tmp ${layer}/run ${root}`,
    `try mount --bind ${layer}/root ${root}`,
    takeFolders(plan),
    `try mkdir -p ${["/proc", "/sys", "/dev", "/tmp", "/run"].map(at).join(" ")}`,
    `try mount -t proc proc ${at("/proc")}`,
    `mount -t sysfs -o ro sysfs ${at("/sys")} 2>/dev/null`,
    `try mount -t tmpfs -o mode=755,size=64k dev ${at("/dev")}`,
    `for device in ${DEVICES}; do try touch ${at("/dev/")}$device; try mount --bind /dev/$device ${at("/dev/")}$device; done`,
    `try mkdir ${at("/dev/shm")} ${at("/dev/pts")}`,
    `try mount -t tmpfs -o mode=1777 shm ${at("/dev/shm")}`,
    `mount -t devpts -o newinstance,ptmxmode=0666 devpts ${at("/dev/pts")} 2>/dev/null && ln -s pts/ptmx ${at("/dev/ptmx")}`,
    `ln -s /proc/self/fd ${at("/dev/fd")}; ln -s fd/0 ${at("/dev/stdin")}; ln -s fd/1 ${at("/dev/stdout")}; ln -s fd/2 ${at("/dev/stderr")}`,
    `chmod 1777 ${layer}/tmp; try mount --bind ${layer}/tmp ${at("/tmp")}; try mount --bind ${layer}/run ${at("/run")}`,
    ...takeSources(plan),
    `cd ${root} && try pivot_root . . && try umount -l . && cd /`,
    ...plan.binds.flatMap((bind, index) => bindLines(bind, `${SOURCES}/${index}`)),
    `umount -R -l ${SOURCES}; rmdir ${SOURCES}`,
    `cd ${quote(container.workingDir ?? "/")} 2>/dev/null || { echo "no such folder: workingDir ${quote(container.workingDir ?? "/")}" >&3; exit 125; }`,
    "PATH=$path",
    // As runc words it.
    'command -v -- "$1" >/dev/null || { echo "exec: \\"$1\\": executable file not found in \\$PATH" >&3; exit 125; }',
    `echo ${READY} >&3; exec 3>&-`,
    `exec ${asUser(container)}"$@"`,
  ].join("\n");
}

/**
 * The folders of this machine's root, each below a layer of the container's own. Not the root as one: an overlay sees no
 * other file system below it, and without root it cannot be made where others are mounted. What cannot be read is left out.
 */
function takeFolders({ root, layer, overlayOptions }: RootPlan): string {
  const [to, own] = [quote(root), quote(layer)];
  const layers = `upperdir=${own}/upper/$name,workdir=${own}/work/$name`;
  const overlay = `mount -t overlay overlay -o lowerdir=$folder,${layers}${overlayOptions} ${to}/$name`;
  return [
    "for folder in /*; do name=${folder#/}; case $name in proc|sys|dev|tmp|run|*[:,\\\\]*) continue;; esac",
    `if [ -h $folder ]; then cp -P $folder ${to}/; elif [ -d $folder ]; then`,
    `mkdir -p ${to}/$name ${own}/upper/$name ${own}/work/$name; ${overlay} 2>/dev/null; fi; done`,
  ].join("\n");
}

/** Where the sources of binds are while the root is being built. */
const SOURCES = "/.knell-sources";

/**
 * Sources are taken along into the new root, and bound to their targets only there: a target may lead through a link,
 * which must not be followed on this machine.
 */
function takeSources({ root, binds }: RootPlan): string[] {
  const folder = quote(root + SOURCES);
  return [
    `try mkdir -p ${folder}`,
    `try mount -t tmpfs -o size=64k,mode=700 sources ${folder}`,
    ...binds.flatMap(({ source, within }, index) => {
      const from = quote(source);
      const to = quote(`${root}${SOURCES}/${index}`);
      const check = `case "$(realpath ${from})/" in ${quote(`${within}/`)}*) ;; *) echo "subPath leads out of the volume" >&3; exit 125;; esac`;
      const make = `if [ -d ${from} ]; then try mkdir ${to}; else try touch ${to}; fi`;
      return [...(within === undefined ? [] : [check]), make, `try mount --bind ${from} ${to}`];
    }),
  ];
}

function bindLines({ target, isReadOnly, isOptional }: Bind, source: string): string[] {
  const to = quote(target);
  if (isOptional) {
    const bind = `mount --bind ${source} ${to} && { mount -o remount,bind,ro ${to} || umount ${to}; }`;
    return [`touch ${to} 2>/dev/null && ${bind}`];
  }
  const make = `if [ -d ${source} ]; then try mkdir -p ${to}; else try mkdir -p "$(dirname ${to})"; [ -e ${to} ] || try touch ${to}; fi`;
  const lines = [make, `try mount --bind ${source} ${to}`];
  if (isReadOnly) lines.push(`try mount -o remount,bind,ro ${to}`);
  return lines;
}

/** Words in front of a program that make it run as the container's user. */
function asUser({ runAsUser, runAsGroup }: ContainerDefinition): string {
  if (runAsUser === undefined && runAsGroup === undefined) return "";
  const user = runAsUser === undefined ? "" : `--reuid ${runAsUser} `;
  return `/usr/bin/setpriv ${user}--regid ${runAsGroup ?? 0} --clear-groups -- `;
}

/** One word for sh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
