// Builds the Dockerfiles of images/ with buildah, in a storage of its own that podman reads as well.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The folder and everything in it is the owner's to remove. */
export interface ImageStore {
  readonly folder: string;
  /** What buildah and podman need to use this storage and nothing of the machine's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Builds `dockerfile` with `context`; the image is then `name`. Throws with buildah's own words. */
  build(name: string, dockerfile: string, context: string, args?: Record<string, string>): void;
  /** Writes `name` as an OCI archive; gives its path. */
  archive(name: string): string;
  /** What `buildah inspect` says of an image's OCI configuration. */
  configuration(name: string): ImageConfiguration;
}

export interface ImageConfiguration {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
}

/** A new storage below `folder`. */
export function makeImageStore(folder: string): ImageStore {
  mkdirSync(folder, { recursive: true });
  const environment = writeConfiguration(folder);
  const buildah = (...words: string[]) =>
    execFileSync("buildah", words, {
      env: { ...process.env, ...environment, BUILDAH_ISOLATION: "chroot" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  return {
    folder,
    environment,
    build: (name, dockerfile, context, args = {}) => {
      const values = Object.entries(args).flatMap(([key, value]) => [
        "--build-arg",
        `${key}=${value}`,
      ]);
      // "docker": an OCI image has no place for HEALTHCHECK. "never": there is no network.
      const how = ["--quiet", "--format", "docker", "--pull-never", "--tag", name, ...values];
      buildah("bud", ...how, "--file", dockerfile, context);
    },
    archive: (name) => {
      const path = join(folder, `${name.replaceAll(/[^\w.-]/g, "-")}.tar`);
      buildah("push", "--quiet", name, `docker-archive:${path}:${name}`);
      return path;
    },
    configuration: (name) =>
      JSON.parse(buildah("inspect", "--type", "image", name)).Docker.config as ImageConfiguration,
  };
}

/** containers-storage.conf(5) and containers.conf(5): nothing of /etc, /run and /var is used or changed. */
function writeConfiguration(folder: string): Record<string, string> {
  const at = (name: string) => JSON.stringify(join(folder, name));
  const storage = join(folder, "storage.conf");
  // "vfs" copies, and works where an overlay cannot be the lower part of another.
  writeFileSync(
    storage,
    `[storage]\ndriver = "vfs"\ngraphroot = ${at("graph")}\nrunroot = ${at("run")}\n`,
  );
  const configuration = join(folder, "containers.conf");
  writeFileSync(
    configuration,
    `[containers]
# Without CAP_SYS_RESOURCE no limit can be raised.
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
lock_type = "file"
tmp_dir = ${at("tmp")}
static_dir = ${at("static")}
volume_path = ${at("volumes")}
[network]
network_config_dir = ${at("networks")}
`,
  );
  return { CONTAINERS_STORAGE_CONF: storage, CONTAINERS_CONF: configuration };
}
