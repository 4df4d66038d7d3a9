// The images of examples/servers. Their bases hold no program: this machine's own /usr and /etc are mounted into them.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../binary/harness.ts";
import type { HostMount } from "./engine.ts";
import type { ImageStore } from "./image-store.ts";

interface Server {
  /** In bases/, if the official image has one. */
  readonly entrypoint?: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Folder of examples/servers → what stands in for its base. */
const SERVERS = {
  postgresql: { entrypoint: "postgresql-entrypoint.sh", environment: {} },
  rabbitmq: {
    entrypoint: "rabbitmq-entrypoint.sh",
    environment: {
      HOME: "/var/lib/rabbitmq",
      RABBITMQ_NODENAME: "rabbit@localhost",
      RABBITMQ_LOGS: "-",
      RABBITMQ_MNESIA_BASE: "/var/lib/rabbitmq/mnesia",
    },
  },
  nodejs: { environment: {} },
  jvm: { environment: {} },
} as const satisfies Record<string, Server>;

export type ServerName = keyof typeof SERVERS;

/** Both names of an image in the tests: with knell, and its base. */
export const imageOf = (name: ServerName) => `localhost/${name}-knell:latest`;
export const baseOf = (name: ServerName) => `localhost/${name}:latest`;

export const HOST_MOUNTS: readonly HostMount[] = ["/usr", "/etc"].map((path) => ({
  source: path,
  target: path,
  isReadOnly: true,
}));

/** Builds the base of `name` and, on it, the Dockerfile of examples/servers. "localhost/knell:latest" has to be there. */
export function buildServer(store: ImageStore, name: ServerName): void {
  buildHostBase(store, name);
  const folder = join(ROOT, "examples/servers", name);
  const args = { BASE: baseOf(name), KNELL: "localhost/knell:latest" };
  store.build(imageOf(name), join(folder, "Dockerfile"), folder, args);
}

function buildHostBase(store: ImageStore, name: ServerName): void {
  const { entrypoint, environment }: Server = SERVERS[name];
  const context = join(store.folder, `base-${name}`);
  const root = join(context, "root");
  for (const folder of ["usr", "etc", "proc", "sys", "dev", "run", "tmp", "opt/bin"])
    mkdirSync(join(root, folder), { recursive: true });
  chmodSync(join(root, "tmp"), 0o1777);
  for (const folder of ["bin", "sbin", "lib", "lib64"])
    symlinkSync(`usr/${folder}`, join(root, folder));
  if (entrypoint !== undefined)
    copyFileSync(
      join(import.meta.dirname, "bases", entrypoint),
      join(root, "opt/bin/docker-entrypoint.sh"),
    );
  execFileSync("tar", ["--create", "--file", join(context, "root.tar"), "--directory", root, "."]);
  const variables = {
    PATH: "/opt/bin:/usr/lib/rabbitmq/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
    ...environment,
  };
  const lines = Object.entries(variables).map(([key, value]) => `ENV ${key}=${value}`);
  const file = join(context, "Dockerfile");
  writeFileSync(file, ["FROM scratch", "ADD root.tar /", ...lines].join("\n"));
  store.build(baseOf(name), file, context);
}
