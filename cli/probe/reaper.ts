// Who waits for the orphans of a container: the rules' specification, section 2 "Reaper".

import { type Command, isShell } from "./command.ts";
import type { Image } from "./image.ts";
import { lastCommandOf } from "./last-command.ts";
import { type Invocation, invocationOfArgv } from "./script.ts";

export interface Reaper {
  readonly answer: "yes" | "no" | "unknown";
  /** As a part of a sentence: `PID 1 "redis-server" does not reap`. */
  readonly because: string;
}

/** How a container's first process comes about. */
export interface Start {
  readonly image: Image;
  /** Why something outside the container reaps: `shareProcessNamespace`, `init: true`. */
  readonly outside?: string;
  /** What replaces the image's ENTRYPOINT, with its arguments. */
  readonly entrypoint?: Command;
  /** What replaces the image's CMD alone: arguments of its ENTRYPOINT. */
  readonly cmd?: Command;
}

const INITS = new Set([
  "tini",
  "tini-static",
  "docker-init",
  "dumb-init",
  "catatonit",
  "s6-svscan",
  "my_init",
  "runsvdir",
  "supervisord",
  "systemd",
]);
/** Measured, or in the sources named in the specification. */
const NON_REAPERS =
  /^(?:redis-server|valkey-server|keydb-server|dragonfly|node|python[\d.]*|etcd|minio|java|postgres)$/;
/** Images whose own ENTRYPOINT ends in such a program. */
const NON_REAPING_IMAGES = /^(?:node|python|etcd|minio|crate|cassandra|openrouteservice)$/;
const NON_REAPING_FAMILIES = new Set(["redis", "valkey", "keydb", "dragonfly", "postgres"]);
const SENTINEL = /^(?:redis|valkey)-sentinel$/;

/** The reaper of a container that starts as `start` says. */
export function reaperOf({ image, outside, entrypoint, cmd }: Start): Reaper {
  if (outside !== undefined) return { answer: "yes", because: outside };
  if (image.hint?.reaps || image.hint?.init) {
    return { answer: "yes", because: `"${image.text}" is configured to reap` };
  }
  if (entrypoint !== undefined && entrypoint.argv.length > 0) return judgeCommand(entrypoint);
  if (image.init !== undefined) {
    return { answer: "yes", because: `the image's ENTRYPOINT is "${image.init.argv[0]}"` };
  }
  const given = cmd && cmd.argv.length > 0 ? judgeProgram(cmd.outer) : undefined;
  if (given !== undefined && given.answer !== "unknown") return given;
  if (SENTINEL.test(image.basename)) return reaps(image.basename);
  if (isNonReaping(image)) {
    return { answer: "no", because: `PID 1 of "${image.basename}" does not reap` };
  }
  return { answer: "unknown", because: `what "${image.text}" starts as PID 1 is not known` };
}

function isNonReaping({ basename, family = "", hint }: Image): boolean {
  return (
    hint?.reaps === false || NON_REAPING_IMAGES.test(basename) || NON_REAPING_FAMILIES.has(family)
  );
}

/** True if PID 1's words begin with an init. */
export function startsWithInit(argv: readonly string[]): boolean {
  const [program = "", mode] = argv;
  const name = program.slice(program.lastIndexOf("/") + 1);
  return INITS.has(name) || program === "/init" || (name === "knell" && mode === "init");
}

function judgeCommand(command: Command): Reaper {
  const { argv, shell, script, outer } = command;
  if (startsWithInit(argv)) return reaps(argv[0]!);
  if (shell === undefined) return judgeProgram(outer);
  if (script === undefined) return unknown(argv.join(" "));
  const { invocation, isReplacing } = lastCommandOf(command) ?? {};
  if (invocation !== undefined && isReplacing) {
    const words = invocation.words.map(({ text }) => text).slice(invocation.isExec ? 1 : 0);
    return startsWithInit(words) ? reaps(words[0]!) : judgeProgram(invocation);
  }
  return { answer: "yes", because: `the shell "${shell.name}" stays PID 1 and reaps` };
}

function judgeProgram({ program, args, words }: Invocation): Reaper {
  if (isInit(words.map(({ text }) => text))) return reaps(words[0]!.text);
  const isSentinel = SENTINEL.test(program) || args.some(({ text }) => text === "--sentinel");
  if (isSentinel) return { answer: "yes", because: `Sentinel reaps what it is handed` };
  if (NON_REAPERS.test(program)) {
    return { answer: "no", because: `PID 1 "${program}" does not reap` };
  }
  const [first] = args;
  const isScript = program.endsWith(".sh") || isShell(program);
  if (isScript && first !== undefined)
    return judgeProgram(invocationOfArgv(args.map(({ text }) => text)));
  return unknown(program);
}

function isInit(words: readonly string[]): boolean {
  return words.length > 0 && startsWithInit(words);
}

function reaps(program: string): Reaper {
  return { answer: "yes", because: `PID 1 is "${program}"` };
}

function unknown(program: string): Reaper {
  return { answer: "unknown", because: `whether PID 1 "${program}" reaps is not known` };
}
