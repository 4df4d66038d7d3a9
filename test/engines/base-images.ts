// What stands in for the images on a registry, made of programs of this machine. The Redis is Debian's in each of them.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programPath, putProgram } from "./image.ts";
import type { ImageStore } from "./image-store.ts";

interface Base {
  /** The image on a registry. */
  readonly standsFor: string;
  /** Puts /bin/sh and the tools that an entrypoint needs into `root`. */
  putShell(root: string): void;
  /** Without one the image has the shell alone. */
  readonly server?: Server;
}

interface Server {
  readonly program: string;
  readonly client: string;
  readonly user: string;
}

/** The tools of the official Debian images that their entrypoint and common probes use. */
const TOOLS = ["sh", "id", "find", "chown", "setpriv", "timeout", "sleep", "grep", "cat", "ldd"];
const MORE_TOOLS = ["sed", "mkdir", "dirname", "cp", "bash"];

const REDIS: Server = { program: "redis-server", client: "redis-cli", user: "redis" };
const VALKEY: Server = { program: "valkey-server", client: "valkey-cli", user: "valkey" };

/** Name → what it is. "alpine": BusyBox for the shell and all tools, but a Redis that is linked with glibc, not musl. */
export const BASES = {
  "localhost/redis:debian": { standsFor: "redis:8", putShell: putDebian, server: REDIS },
  "localhost/redis:alpine": { standsFor: "redis:8-alpine", putShell: putBusyBox, server: REDIS },
  "localhost/valkey:debian": { standsFor: "valkey/valkey:8", putShell: putDebian, server: VALKEY },
  "localhost/valkey:alpine": {
    standsFor: "valkey/valkey:8-alpine",
    putShell: putBusyBox,
    server: VALKEY,
  },
  "localhost/busybox:latest": { standsFor: "busybox:stable", putShell: putBusyBox },
} satisfies Record<string, Base>;

export type BaseName = keyof typeof BASES;

/** Builds `name` in `store`, with tini beside a server for the usual recipe. */
export function buildBase(store: ImageStore, name: BaseName): void {
  const { putShell, server }: Base = BASES[name];
  const context = join(store.folder, `base-${name.replaceAll(/\W/g, "-")}`);
  const root = join(context, "root");
  putShell(root);
  if (server) putServer(root, server);
  for (const folder of ["tmp", "proc", "dev", "sys", "run"])
    mkdirSync(join(root, folder), { recursive: true });
  chmodSync(join(root, "tmp"), 0o1777);
  // An archive keeps links as links.
  execFileSync("tar", ["--create", "--file", join(context, "root.tar"), "--directory", root, "."]);
  const lines = ["FROM scratch", "ADD root.tar /", `ENV PATH=${PATH}`];
  writeFileSync(
    join(context, "Dockerfile"),
    [...lines, ...(server ? linesOf(server) : [])].join("\n"),
  );
  store.build(name, join(context, "Dockerfile"), context);
  rmSync(context, { recursive: true });
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const linesOf = ({ program, user }: Server) => [
  `RUN chown ${user}:${user} /data`,
  "VOLUME /data",
  "WORKDIR /data",
  'ENTRYPOINT ["docker-entrypoint.sh"]',
  `CMD ["${program}"]`,
];

function putServer(root: string, server: Server): void {
  putProgram(root, `/usr/local/bin/${server.program}`, programPath("redis-server"));
  putProgram(root, `/usr/local/bin/${server.client}`, programPath("redis-cli"));
  putProgram(root, "/usr/bin/tini", programPath("tini"));
  putEntrypoint(root, server);
  mkdirSync(join(root, "data"));
}

function putEntrypoint(root: string, { program, user }: Server): void {
  const text = readFileSync(join(import.meta.dirname, "bases/docker-entrypoint.sh"), "utf8")
    .replace("@SERVER@", program)
    .replace("@USER@", user);
  writeFileSync(join(root, "usr/local/bin/docker-entrypoint.sh"), text, { mode: 0o755 });
  mkdirSync(join(root, "etc"), { recursive: true });
  const users = ["root:x:0:0::/root:/bin/sh", `${user}:x:999:999::/data:/bin/sh`];
  writeFileSync(join(root, "etc/passwd"), `${users.join("\n")}\n`);
  writeFileSync(join(root, "etc/group"), `root:x:0:\n${user}:x:999:\n`);
}

function putDebian(root: string): void {
  for (const tool of [...TOOLS, ...MORE_TOOLS]) {
    putProgram(root, `/usr/bin/${tool}`, programPath(tool));
  }
  symlinkSync("usr/bin", join(root, "bin"));
}

function putBusyBox(root: string): void {
  putProgram(root, "/bin/busybox", "/bin/busybox");
  const tools = execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
  // The official images bring the setpriv of util-linux, too: BusyBox' own cannot change the user.
  putProgram(root, "/usr/bin/setpriv", programPath("setpriv"));
  for (const tool of tools.filter((name) => !["busybox", "setpriv"].includes(name)))
    symlinkSync("busybox", join(root, "bin", tool));
}
