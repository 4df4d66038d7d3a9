// Makes a fresh Debian or Ubuntu ready for `npm start` and `npm test` (D11): packages, node_modules, the binary.
// Plain JavaScript, because it runs on the Node that is there, before `npm ci` brings the pinned one.

import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const OLDEST_NODE = 20;

/** What has to be there, the file or command that shows it, and what for. */
const REQUIREMENTS = [
  { package: "wabt", shownBy: "wasm2c", why: "build: wasm to C" },
  { package: "wabt", shownBy: "/usr/include/wasm-rt.h", why: "build: header of that C" },
  { package: "musl-tools", shownBy: "musl-gcc", why: "build: C to a static binary" },
  { package: "gcc", shownBy: "gcc", why: "build: the compiler behind musl-gcc" },
  { package: "libssl-dev", shownBy: "/usr/include/openssl/ssl.h", why: "build: TLS of knell-tls" },
  { package: "openssl", shownBy: "openssl", why: "test: certificates" },
  { package: "util-linux", shownBy: "unshare", why: "start, test: PID namespaces" },
  { package: "iproute2", shownBy: "ip", why: "run: a pod's own address" },
  { package: "chromium", shownBy: "chromium", why: "test, bench: the page of knell run" },
  { package: "openssl", shownBy: "openssl", why: "test: a certificate nobody signed" },
  {
    package: "redis-server",
    shownBy: "redis-server",
    why: "start, test: the server that is probed",
  },
  {
    package: "redis-tools",
    shownBy: "redis-cli",
    why: "test, bench: the usual probe to compare with",
  },
  { package: "tini", shownBy: "tini", why: "test, bench: reference" },
  { package: "tini", shownBy: "tini-static", why: "bench: reference" },
  { package: "dumb-init", shownBy: "dumb-init", why: "test, bench: reference" },
  { package: "catatonit", shownBy: "catatonit", why: "test: reference" },
  { package: "containerd", shownBy: "containerd", why: "test, bench: the kubelet's own exec path" },
  { package: "containerd", shownBy: "ctr", why: "test, bench: images into containerd" },
  { package: "runc", shownBy: "runc", why: "test, bench: what containerd starts containers with" },
  { package: "podman", shownBy: "podman", why: "test: the other engine" },
  { package: "buildah", shownBy: "buildah", why: "test: builds the Dockerfiles of images/" },
  {
    package: "containernetworking-plugins",
    shownBy: "/usr/lib/cni/ptp",
    why: "test: pods with a network of their own",
  },
  { package: "postgresql", shownBy: "pg_ctlcluster", why: "test: an example's server" },
  { package: "rabbitmq-server", shownBy: "rabbitmqctl", why: "test: an example's server" },
  { package: "openssl", shownBy: "openssl", why: "test: certificates for a Redis with TLS" },
  { package: "strace", shownBy: "strace", why: "test: fault injection and lists of system calls" },
  { package: "time", shownBy: "/usr/bin/time", why: "bench: peak memory" },
  {
    package: "tar",
    shownBy: "tar",
    why: "test, bench: images from the programs of this machine",
  },
  { package: "procps", shownBy: "ps", why: "test: a second opinion on zombies" },
  { package: "python3", shownBy: "python3", why: "test: a PID 1 that never waits, terminals" },
  { package: "curl", shownBy: "curl", why: "test: a client of the health endpoint" },
  { package: "wget", shownBy: "wget", why: "test: a client of the health endpoint" },
  { package: "libxml2-utils", shownBy: "xmllint", why: "test: JUnit XML against its schema" },
  { package: "zsh", shownBy: "zsh", why: "test: completions" },
  { package: "fish", shownBy: "fish", why: "test: completions" },
  { package: "busybox", shownBy: "busybox", why: "test: the client that small images have" },
];

const SEARCHED = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

function isThere(shownBy) {
  if (shownBy.startsWith("/")) return existsSync(shownBy);
  return SEARCHED.some((folder) => folder !== "" && existsSync(join(folder, shownBy)));
}

function missingPackages() {
  const missing = REQUIREMENTS.filter((requirement) => !isThere(requirement.shownBy));
  return [...new Set(missing.map((requirement) => requirement.package))];
}

/**
 * The packages in "$@". Their daemons must neither start now (policy-rc.d, which invoke-rc.d and deb-systemd-invoke
 * both ask) nor at the next boot. containerd and podman have no script for update-rc.d.
 */
const INSTALL = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' >$policy
  chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update
apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"
for daemon in redis-server postgresql rabbitmq-server; do
  case " $* " in *" $daemon "*) update-rc.d $daemon disable ;; esac
done
if command -v systemctl >/dev/null; then
  for daemon in containerd postgresql rabbitmq-server; do
    case " $* " in *" $daemon "*) systemctl --quiet disable $daemon ;; esac
  done
  case " $* " in *' podman '*) systemctl --quiet disable podman.socket podman podman-restart ;; esac
fi
`;

function installPackages(packages) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    stop(`knell is built and tested on x86-64 Linux, this is ${process.platform} ${process.arch}`);
  }
  if (!isThere("apt-get")) {
    stop(`only Debian and Ubuntu are set up by themselves; install ${names(packages)}`);
  }
  const asRoot = process.getuid() === 0 ? [] : ["sudo"];
  if (asRoot.length > 0 && !isThere("sudo")) stop(`run as root, or install ${names(packages)}`);
  run([...asRoot, "sh", "-c", INSTALL, "setup", ...packages], "installing packages");
}

/** The packages with the tool each one is wanted for: other systems name them differently. */
function names(packages) {
  const tools = (name) =>
    REQUIREMENTS.filter((requirement) => requirement.package === name).map((r) => r.shownBy);
  return packages.map((name) => `${name} (${tools(name).join(", ")})`).join(", ");
}

/** True if node_modules is not what package-lock.json says. npm leaves a list of what it installed. */
function areModulesStale() {
  const installedList = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedList) || !existsSync(join(root, "node_modules/.bin/node"))) return true;
  const packagesOf = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const installed = packagesOf(installedList);
  return Object.entries(packagesOf(join(root, "package-lock.json"))).some(
    ([path, { version, optional }]) =>
      path !== "" && !optional && installed[path]?.version !== version,
  );
}

function installModules() {
  // npm ci would empty the folder behind the link, which others use.
  if (lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) {
    stop("node_modules is a link and not up to date; run npm ci where it points");
  }
  run(["npm", "ci", "--no-audit", "--no-fund"], "npm ci");
}

/** What the binary is made from, apart from binary/. */
const BUILD_INPUTS = [
  "scripts/build-binary.ts",
  "scripts/wasm-snapshot.ts",
  "scripts/wasm-binary.ts",
  "LICENSE",
  "package.json",
];

function isBinaryStale() {
  const binary = join(root, "dist/knell-tls");
  if (!existsSync(binary) || !existsSync(join(root, "dist/knell"))) return true;
  const sources = readdirSync(join(root, "binary"), { recursive: true })
    .map((path) => join(root, "binary", path))
    .filter((path) => /\.(ts|c|h|ld|txt)$/.test(path) && !path.includes("/binary/test/"));
  const inputs = [...sources, ...BUILD_INPUTS.map((path) => join(root, path))];
  const builtAtMs = statSync(binary).mtimeMs;
  return inputs.some((path) => statSync(path).mtimeMs > builtAtMs);
}

/** What the commands are made from, apart from cli/. */
const CLI_INPUTS = ["scripts/build-cli.ts", "package.json", "package-lock.json"];

function isCommandStale() {
  const built = join(root, "dist/cli/knell.js");
  if (!existsSync(built)) return true;
  const sources = readdirSync(join(root, "cli"), { recursive: true })
    .filter((path) => /\.(ts|md|json)$/.test(path) && !path.endsWith(".test.ts"))
    .map((path) => join(root, "cli", path));
  const builtAtMs = statSync(built).mtimeMs;
  const inputs = [...sources, ...CLI_INPUTS.map((path) => join(root, path))];
  return inputs.some((path) => statSync(path).mtimeMs > builtAtMs);
}

function run(command, what) {
  const result = spawnSync(command[0], command.slice(1), { cwd: root, encoding: "utf8" });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  stop(`${what} failed: ${result.error?.message ?? `exit ${result.status ?? result.signal}`}`);
}

function stop(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

/** Every step in order: what it is called, what it would have to do, how. */
const STEPS = [
  {
    name: (packages) => `installed ${packages.join(" ")}`,
    due: missingPackages,
    act: installPackages,
  },
  {
    name: () => "npm ci",
    due: () => (areModulesStale() ? ["node_modules"] : []),
    act: installModules,
  },
  {
    name: () => "built dist/knell and dist/knell-tls",
    due: () => (isBinaryStale() ? ["dist/knell"] : []),
    act: () => run([join(root, "node_modules/.bin/node"), "scripts/build-binary.ts"], "the build"),
  },
  {
    name: () => "built dist/cli",
    due: () => (isCommandStale() ? ["dist/cli"] : []),
    act: () => run([join(root, "node_modules/.bin/node"), "scripts/build-cli.ts"], "the build"),
  },
];

function setUp() {
  const done = [];
  for (const step of STEPS) {
    const due = step.due();
    if (due.length === 0) continue;
    step.act(due);
    done.push(step.name(due));
  }
  if (done.length > 0) console.log(`setup: ${done.join(", ")}`);
}

if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  stop(`Node ${process.versions.node} is too old; install Node ${OLDEST_NODE} or later`);
}
const LOCKED = "KNELL_SETUP_LOCKED";
if (process.env[LOCKED] || !isThere("flock")) {
  setUp();
} else if (STEPS.some((step) => step.due().length > 0)) {
  // One at a time: whoever waited finds everything done.
  mkdirSync(join(root, "build"), { recursive: true });
  const again = ["build/setup.lock", process.execPath, "scripts/setup.mjs"];
  const env = { ...process.env, [LOCKED]: "1" };
  process.exitCode = spawnSync("flock", again, { cwd: root, env, stdio: "inherit" }).status ?? 1;
}
