// Container images without a registry: programs of this machine and the libraries they need, as an OCI archive that
// every engine can load.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Image {
  /** With a domain and a tag, as "knell.test/redis:1": engines complete anything shorter. */
  readonly name: string;
  /** Path in the image → file of this machine. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
}

/** Without it podman's `kube play` finds no program. */
const ENVIRONMENT = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

/** Writes `image` into `folder`; gives the path of the archive. */
export function writeImage(image: Image, folder: string): string {
  const work = mkdtempSync(join(folder, "image-"));
  try {
    const root = join(work, "root");
    for (const [path, source] of Object.entries(image.files)) putProgram(root, path, source);
    const archive = join(folder, `${image.name.replaceAll(/[^\w.-]/g, "-")}.tar`);
    writeLayout(join(work, "layout"), image, pack(root, join(work, "layer.tar")));
    execFileSync("tar", ["--create", "--file", archive, "--directory", join(work, "layout"), "."]);
    return archive;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Where the program `name` of this machine is. Throws if it is not in PATH. */
export function programPath(name: string): string {
  return execFileSync("sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" }).trim();
}

/** Copies `source` to `path` below `root`, and the libraries it needs to where they are on this machine. */
export function putProgram(root: string, path: string, source: string): void {
  put(root, path, source);
  for (const library of librariesOf(source)) put(root, library, library);
}

function put(root: string, path: string, source: string): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
}

/** The shared libraries and the loader that ldd(1) names; none for a static program. */
function librariesOf(program: string): string[] {
  const text = execFileSync("sh", ["-c", 'ldd "$1" 2>&1 || true', "sh", program], {
    encoding: "utf8",
  });
  return [...text.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = ""]) => path);
}

/** The same bytes for the same files. */
function pack(root: string, target: string): Buffer {
  const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  execFileSync("tar", ["--create", "--file", target, "--directory", root, ...same, "."]);
  return readFileSync(target);
}

/** An image layout (OCI image-spec 1.0): oci-layout, index.json → manifest → config and one layer. */
function writeLayout(folder: string, { name, entrypoint }: Image, layer: Buffer): void {
  mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
  const blob = (mediaType: string, bytes: Buffer) => {
    const hash = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(folder, "blobs/sha256", hash), bytes);
    return {
      mediaType: `application/vnd.oci.image.${mediaType}`,
      digest: `sha256:${hash}`,
      size: bytes.length,
    };
  };
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  const layers = [blob("layer.v1.tar", layer)];
  const config = {
    architecture: "amd64",
    os: "linux",
    config: { Env: ENVIRONMENT, ...(entrypoint ? { Entrypoint: entrypoint } : {}) },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  };
  const manifest = blob(
    "manifest.v1+json",
    json({ schemaVersion: 2, config: blob("config.v1+json", json(config)), layers }),
  );
  // containerd takes the name from the first, podman and skopeo from the second.
  const annotations = {
    "io.containerd.image.name": name,
    "org.opencontainers.image.ref.name": name,
  };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  writeFileSync(join(folder, "index.json"), json(index));
  writeFileSync(join(folder, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
}
