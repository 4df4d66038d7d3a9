// Makes dist/knell and dist/knell-tls (D1): asc → wasm → wasm2c → C → gcc -static. `--test` also makes the builds that
// tests need; `--arch arm64,armv7|all` makes dist/knell-ARCH for these alone.

import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { fileFor, muslCompiler, parseArchitectures } from "./architectures.ts";
import { takeSnapshot } from "./wasm-snapshot.ts";

const root = join(import.meta.dirname, "..");
const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version as string;

/** Linear memory in pages of 64 KiB. Only what is touched becomes resident. */
const MEMORY_PAGES = 64;

const ASC_FLAGS = [
  ...["--runtime", "stub"],
  ...["--initialMemory", String(MEMORY_PAGES), "--maximumMemory", String(MEMORY_PAGES)],
  ...["--optimizeLevel", "2", "--shrinkLevel", "2", "--converge", "--noAssert", "--use", "abort="],
  // Names, for binary/host/order.ld: the code is the same.
  ...["--noColors", "--debug"],
];

/** The two programs (docs/tls.md): what stands under HAS_TLS is in one of them. */
const FLAVOURS = {
  knell: {
    hasTls: 0,
    flags: ["-Wl,-T,binary/host/order.ld", "-Wl,--gc-sections"],
    sources: [],
    libraries: [],
  },
  // OpenSSL is built against glibc. Old interfaces of OpenSSL are none that is used here.
  "knell-tls": {
    hasTls: 1,
    flags: ["-DOPENSSL_API_COMPAT=30000", "-Wl,--gc-sections"],
    sources: ["binary/host/tls_openssl.c"],
    libraries: ["-lssl", "-lcrypto"],
  },
} as const;
type Flavour = keyof typeof FLAVOURS;

const C_FLAGS = [
  ...["-static", "-Oz", "-std=gnu11", "-fno-strict-aliasing", "-fomit-frame-pointer"],
  ...["-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables", "-fno-ident"],
  ...["-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"],
  ...[
    "-Wall",
    "-Werror",
    "-Wno-unused",
    // assert() would bring printf along.
    "-DNDEBUG",
    "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0",
    // No function of knell calls itself (binary/test/allocation.test.ts): the stack cannot run out.
    "-DWASM_RT_USE_STACK_DEPTH_COUNT=0",
    `-DMEMORY_PAGES=${MEMORY_PAGES}`,
  ],
  ...["-Wl,--build-id=none", "-Wl,-z,noseparate-code", "-Wl,-z,relro,-z,now,-z,noexecstack", "-s"],
];

function run(command: string, args: string[]): string {
  return execFileSync(command, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** wabt's version as binary/host/wabt.h compares it. */
function wabtVersion(): number {
  const [major, minor, patch] = run("wasm2c", ["--version"]).trim().split(".").map(Number);
  return (major ?? 0) * 1_000_000 + (minor ?? 0) * 1_000 + (patch ?? 0);
}

function compileWasm(flavour: Flavour, target: string, extra: string[] = []): void {
  const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
  const constant = ["--use", `KNELL_TLS=${FLAVOURS[flavour].hasTls}`];
  const flags = [...ASC_FLAGS, ...constant, ...extra];
  run(process.execPath, [asc, "binary/main.ts", ...flags, "--outFile", target]);
}

/**
 * Linear memory has one place and one size (binary/host/host.h). With both as constants an access loads neither
 * from the memory's record: 10 KB less, and faster.
 */
function useStaticMemory(source: string): void {
  const generated = readFileSync(source, "utf8");
  const constant = generated
    .replaceAll("mem->data", "host_memory")
    .replaceAll("mem->size", "(MEMORY_PAGES * 65536u)");
  if (constant === generated) throw new Error("this wabt writes memory accesses in another way");
  writeFileSync(source, `#include "host.h"\n${constant}`);
}

/** Where in linear memory the buffers begin (binary/system/buffers.ts). */
const BUFFERS = 0x40000;
const PAGE_SIZE = 4096;

/**
 * Writes the beginning of linear memory, constants and objects, for runtime.c: as part of the file it is loaded page
 * by page when it is used, instead of made at every start. Gives its size in bytes, whole pages.
 */
function writeMemoryImage(image: Uint8Array, target: string): number {
  if (image.length >= BUFFERS)
    throw new Error(
      `${image.length} bytes of memory are not 0 at start: buffers must be, or BUFFERS must move`,
    );
  writeFileSync(target, `${image.join(",")}\n`);
  return Math.ceil(image.length / PAGE_SIZE) * PAGE_SIZE;
}

/** The C of a wasm module in `folder`, with its memory; gives the memory's size in bytes. */
function translate(wasm: string, folder: string): number {
  const source = join(folder, "knell.c");
  const { code, image } = takeSnapshot(readFileSync(wasm));
  const imageSize = writeMemoryImage(image, join(folder, "memory-image.inc"));
  writeFileSync(join(folder, "code.wasm"), code);
  run("wasm2c", ["-n", "knell", join(folder, "code.wasm"), "-o", source]);
  if (/wasm_rt_\w*table_t/.test(readFileSync(join(folder, "knell.h"), "utf8"))) {
    throw new Error(
      "the wasm has a table; indirect calls are not supported by binary/host/runtime.c",
    );
  }
  useStaticMemory(source);
  return imageSize;
}

/** Compiles what `translate` left in `folder` with the C flags of `flavour` and `extra` ones. */
function link(
  flavour: Flavour,
  [command, ...args]: readonly [string, ...string[]],
  folder: string,
  imageSize: number,
  target: string,
  extra: string[] = [],
): void {
  const { flags, sources, libraries } = FLAVOURS[flavour];
  const made = `${target}.new`;
  run(command, [
    ...args,
    ...C_FLAGS,
    ...flags,
    ...extra,
    // Assertions name their file: the bytes must not depend on where the repository lies.
    `-ffile-prefix-map=${root}=.`,
    `-DWABT_VERSION=${wabtVersion()}`,
    `-DMEMORY_IMAGE_SIZE=${imageSize}`,
    "-Wl,-T,binary/host/memory.ld",
    ...["-I", folder, "-I", "binary/host", "-I", join(root, "build/wabt")],
    ...[join(folder, "knell.c"), "binary/host/runtime.c", "binary/host/host.c", ...sources],
    ...["-o", made, ...libraries],
  ]);
  renameSync(made, target);
}

/** The help topics as a C table, ended by a null name: binary/help/*.txt, and the licence. */
function writeHelpTable(target: string): void {
  const texts = readdirSync(join(root, "binary/help"))
    .sort()
    .map((file): [string, string] => {
      const text = readFileSync(join(root, "binary/help", file), "utf8");
      return [basename(file, ".txt"), text.replaceAll("{version}", version)];
    });
  texts.push(["license", readFileSync(join(root, "LICENSE"), "utf8")]);
  const rows = texts.map(
    ([topic, text]) => `  {${JSON.stringify(topic)}, ${JSON.stringify(text)}},`,
  );
  writeFileSync(
    target,
    `static const struct help_topic { const char *name, *text; } help_topics[] = {\n${rows.join("\n")}\n  {0, 0},\n};\n`,
  );
}

const { values } = parseArgs({
  options: { test: { type: "boolean", default: false }, arch: { type: "string" } },
});
const work = join(root, "build");
mkdirSync(work, { recursive: true });
mkdirSync(join(root, "dist"), { recursive: true });
/** wasm-rt.h lies in /usr/include, which musl-gcc rightly ignores: a folder with only that file is added. */
mkdirSync(join(work, "wabt"), { recursive: true });
copyFileSync("/usr/include/wasm-rt.h", join(work, "wabt/wasm-rt.h"));

writeHelpTable(join(work, "wabt/help.h"));

const MUSL: [string] = ["musl-gcc"];
const GLIBC: [string] = ["gcc"];

/** The C of a flavour in a folder of its own. */
function prepare(flavour: Flavour, folder: string): number {
  mkdirSync(folder, { recursive: true });
  const wasm = join(folder, "knell.wasm");
  compileWasm(flavour, wasm);
  return translate(wasm, folder);
}

function tell(file: string): void {
  console.log(`dist/${file} ${version}: ${statSync(join(root, "dist", file)).size} bytes`);
}

function buildHere(): void {
  const tls = join(work, "tls");
  const size = prepare("knell", work);
  link("knell", MUSL, work, size, join(root, "dist/knell"));
  tell("knell");
  link("knell-tls", GLIBC, tls, prepare("knell-tls", tls), join(root, "dist/knell-tls"));
  tell("knell-tls");
  if (!values.test) return;
  compileWasm("knell", join(work, "knell-test.wasm"), ["--exportRuntime"]);
  link("knell", MUSL, work, size, join(work, "knell-trap"), ["-DTRAP_ON_SIGNAL=SIGXFSZ"]);
}

/** The same C for every architecture, so that only the compiler differs. */
function buildFor(architectures: readonly string[]): void {
  const compilers = architectures.map((name) => ({ name, compiler: muslCompiler(name) }));
  const folder = join(work, "arch");
  const size = prepare("knell", folder);
  for (const { name, compiler } of compilers) {
    link("knell", compiler, folder, size, join(root, "dist", fileFor(name)));
    tell(fileFor(name));
  }
}

try {
  if (values.arch === undefined) buildHere();
  else buildFor(parseArchitectures(values.arch));
} catch (error) {
  console.error(`build: ${(error as Error).message}`);
  process.exitCode = 1;
}
