// What a command line does to the process tree: the shapes of the rules' specification, section 2.

import type { SourceText } from "../kube/rewrite.ts";
import type { Image, ShellFlavour } from "./image.ts";
import {
  type Invocation,
  invocationOfArgv,
  parseScript,
  type Script,
  type Word,
} from "./script.ts";

/**
 * single: one process, or nothing is left when it is killed. children: processes that outlive a killed parent. orphans:
 * something is left after every run, also a good one.
 */
export type Shape = "single" | "children" | "orphans";

export interface ShapeVerdict {
  readonly shape: Shape;
  /** What makes it so, as a part of a sentence: `"sh" forks "redis-cli"`. */
  readonly because: string;
}

export interface Shell {
  /** "sh", "bash" … */
  readonly name: string;
  readonly flavour: ShellFlavour;
  /** The argv element that holds the script; undefined for a script file. */
  readonly scriptIndex?: number;
  /** `-e` among the options: the first failing command ends it. */
  readonly isErrexit: boolean;
  /** `-o pipefail` among the options. */
  readonly isPipefail: boolean;
}

/** Reads a file as the container sees it, undefined if the input does not hold it. */
export type FileReader = (path: string) => string | undefined;

export interface CommandContext {
  readonly image: Image;
  readonly readFile: FileReader;
}

/** A command line, taken apart once and on first use. */
export class Command {
  readonly argv: readonly string[];
  /** Where each element of argv is written; undefined for what Docker or Compose adds (`/bin/sh -c`). */
  readonly sources: readonly (SourceText | undefined)[];
  readonly #context: CommandContext;
  #outer: Invocation | undefined;
  #parsed: { readonly shell?: Shell; readonly script?: Script } | undefined;
  #verdict: ShapeVerdict | undefined;

  constructor(
    argv: readonly string[],
    sources: readonly (SourceText | undefined)[],
    context: CommandContext,
  ) {
    this.argv = argv;
    this.sources = sources;
    this.#context = context;
  }

  /** The argv itself, as one invocation. */
  get outer(): Invocation {
    this.#outer ??= invocationOfArgv(this.argv);
    return this.#outer;
  }

  /** The shell that reads a script, whatever wrappers stand before it. */
  get shell(): Shell | undefined {
    return this.#parse().shell;
  }

  /** The script that a shell reads: the argument of -c, or a script file whose text is part of the input. */
  get script(): Script | undefined {
    return this.#parse().script;
  }

  /** Where the script of `-c` is written. */
  get scriptSource(): SourceText | undefined {
    const index = this.shell?.scriptIndex;
    return index === undefined ? undefined : this.sources[index];
  }

  /** Another command in the same container. */
  withArgv(argv: readonly string[], sources: readonly (SourceText | undefined)[]): Command {
    return new Command(argv, sources, this.#context);
  }

  /** A file as the container sees it; undefined if the input does not hold it. */
  readFile(path: string): string | undefined {
    return this.#context.readFile(path);
  }

  /** The programs it runs: those of the script, else the argv's. */
  get invocations(): readonly Invocation[] {
    return this.script?.invocations ?? [this.outer];
  }

  get shape(): Shape {
    return this.verdict.shape;
  }

  get verdict(): ShapeVerdict {
    this.#verdict ??= judge(this, this.#context.image);
    return this.#verdict;
  }

  /** Offsets in the file of an invocation, of a word, or of all that is written. */
  rangeOf(part?: { readonly start: number; readonly end: number }): readonly [number, number] {
    if (part !== undefined && this.script !== undefined) {
      const source = this.scriptSource;
      if (source !== undefined) return source.rangeOf(part.start, part.end);
    }
    const isArgv = part !== undefined && this.script === undefined;
    const written = (isArgv ? this.sources.slice(part.start, part.end) : this.sources).filter(
      (source) => source !== undefined,
    );
    const [first, last] = [written[0], written.at(-1)];
    return first && last ? [first.range[0], last.range[1]] : [0, 0];
  }

  #parse(): { readonly shell?: Shell; readonly script?: Script } {
    this.#parsed ??= parse(this.outer, this.#context);
    return this.#parsed;
  }
}

const SHELLS = new Set(["sh", "bash", "dash", "ash", "zsh", "ksh"]);
/** Programs that are shell scripts which start another program. */
const LAUNCHERS =
  /^(?:nodetool|cqlsh|rabbitmqctl|rabbitmq-diagnostics|kafka-.*|zkServer\.sh|docker-healthcheck)$/;
const SHELL_SCRIPT = /\.(?:sh|bash|ash|dash)$/;

/** True for a program that reads a shell script: sh, bash, ash … */
export function isShell(program: string): boolean {
  return SHELLS.has(program);
}

/** `timeout 5 sh -c …`: behind the wrappers is a shell, or a script file. */
function parse(outer: Invocation, { image, readFile }: CommandContext) {
  const { program, args, words } = outer;
  const path = words[words.length - args.length - 1]?.text ?? "";
  if (!SHELLS.has(program)) {
    const text = path.startsWith("/") ? readFile(path) : undefined;
    const interpreter = /^#!\s*(?:\/usr\/bin\/env\s+)?(?:\S*\/)?(\w+)/.exec(text ?? "")?.[1] ?? "";
    if (text === undefined || !SHELLS.has(interpreter)) return {};
    return { shell: shellOf(interpreter, image, []), script: parseScript(text) };
  }
  const { options, operands, isCommand } = shellOptions(args);
  const shell = shellOf(program, image, options);
  const first = operands[0];
  if (first === undefined) return { shell };
  if (isCommand) {
    return { shell: { ...shell, scriptIndex: first.start }, script: parseScript(first.text) };
  }
  const text = readFile(first.text);
  return text === undefined ? { shell } : { shell, script: parseScript(text) };
}

function shellOf(name: string, image: Image, options: readonly string[]): Shell {
  const flavour =
    name === "bash" ? "bash" : name === "ash" ? "busybox" : name === "sh" ? image.shell : "dash";
  return {
    name,
    flavour,
    isErrexit: options.some((option) => /^-[a-z]*e/.test(option) || option === "errexit"),
    isPipefail: options.includes("pipefail"),
  };
}

/** POSIX sh: options come in clusters, `-o` takes a name, `-c` makes the first operand the script. */
function shellOptions(args: readonly Word[]) {
  const options: string[] = [];
  let at = 0;
  let isCommand = false;
  while (at < args.length) {
    const { text } = args[at]!;
    if (!/^[-+]./.test(text)) break;
    at++;
    if (text === "--") break;
    options.push(text);
    if (/^-[a-z]*c/.test(text)) isCommand = true;
    if (/^[-+][a-zA-Z]*[oO]$/.test(text) && at < args.length) options.push(args[at++]!.text);
  }
  return { options, operands: args.slice(at), isCommand };
}

function judge(command: Command, image: Image): ShapeVerdict {
  const { outer, shell, script } = command;
  if (isKnell(outer)) return { shape: "single", because: "knell ends its whole tree" };
  const wrapped = judgeWrappers(outer, image);
  if (wrapped !== undefined) return wrapped;
  if (shell === undefined) return judgeProgram(outer, image);
  if (script === undefined) return { shape: "children", because: `"${shell.name}" runs a script` };
  if (script.hasError) return { shape: "children", because: "the script cannot be parsed" };
  return judgeScript(shell, script, image);
}

function isKnell({ program, wrappers }: Invocation): boolean {
  return program === "knell" || wrappers.some(({ name }) => name === "knell");
}

const EXECUTING_WRAPPERS = new Set([
  "busybox",
  "chroot",
  "command",
  "env",
  "exec",
  "gosu",
  "ionice",
  "nice",
  "setpriv",
  "stdbuf",
  "su-exec",
]);

/** What stands in front: wrappers that become their command change nothing. */
function judgeWrappers({ wrappers, program }: Invocation, image: Image): ShapeVerdict | undefined {
  for (const { name } of wrappers) {
    if (EXECUTING_WRAPPERS.has(name)) continue;
    if (name === "knell") return undefined;
    if (name === "nohup" || name === "setsid") {
      return { shape: "orphans", because: `"${name}" lets "${program}" outlive the probe` };
    }
    const isBusyBox =
      image.shell === "busybox" || wrappers.some((other) => other.name === "busybox");
    if (name === "timeout" && isBusyBox) {
      return { shape: "orphans", because: `BusyBox "timeout" leaves its watchdog on every run` };
    }
    return { shape: "children", because: `"${name}" forks "${program}"` };
  }
  return undefined;
}

function judgeProgram(invocation: Invocation, image: Image): ShapeVerdict {
  const { program, args } = invocation;
  if (isTlsWget(invocation, image)) {
    return { shape: "orphans", because: 'BusyBox "wget" forks ssl_client for https' };
  }
  if (LAUNCHERS.test(program) || SHELL_SCRIPT.test(program)) {
    return { shape: "children", because: `"${program}" is a script` };
  }
  if (isShell(program) || (program === "su" && args.some(({ text }) => text === "-c"))) {
    return { shape: "children", because: `"${program}" runs a script` };
  }
  return { shape: "single", because: `"${program}" is one process` };
}

function isTlsWget({ program, args }: Invocation, image: Image): boolean {
  return (
    program === "wget" &&
    image.shell === "busybox" &&
    args.some(({ text }) => text.startsWith("https://"))
  );
}

function judgeScript(shell: Shell, script: Script, image: Image): ShapeVerdict {
  const external = script.invocations.filter((invocation) => !invocation.isBuiltin);
  for (const invocation of external) {
    const { isBackground, program } = invocation;
    if (isBackground) return { shape: "orphans", because: `"&" leaves "${program}" behind` };
    if (isKnell(invocation)) continue;
    const verdict = judgeWrappers(invocation, image) ?? judgeProgram(invocation, image);
    if (verdict.shape === "orphans") return verdict;
  }
  for (const invocation of external) {
    if (isOneProcess(invocation, shell, script, image)) continue;
    const inner = judgeWrappers(invocation, image) ?? judgeProgram(invocation, image);
    const forked = `"${shell.name}" forks "${invocation.program || "a command"}"`;
    const isInnerAtFault = inner.shape !== "single" && becomes(invocation, shell, script);
    return { shape: "children", because: isInnerAtFault ? inner.because : forked };
  }
  const subshell = script.invocations.some(
    ({ pipelineLength, isCaptured }) => pipelineLength > 1 || isCaptured,
  );
  if (subshell) return { shape: "children", because: `"${shell.name}" forks a subshell` };
  return { shape: "single", because: `"${shell.name}" forks nothing` };
}

/** True if the shell becomes the program, and that forks nothing. */
function isOneProcess(invocation: Invocation, shell: Shell, script: Script, image: Image): boolean {
  const verdict = judgeWrappers(invocation, image) ?? judgeProgram(invocation, image);
  return verdict.shape === "single" && becomes(invocation, shell, script);
}

/** True if no process but the shell's own runs the invocation. */
function becomes(invocation: Invocation, shell: Shell, script: Script): boolean {
  if (invocation.pipelineLength > 1 || invocation.isCaptured) return false;
  if (invocation.isExec) return true;
  if (shell.scriptIndex === undefined || !isOneSimpleCommand(script)) return false;
  const hasRedirect = (invocation.node?.redirects.length ?? 0) > 0;
  if (shell.flavour === "bash") return !hasRedirect;
  return shell.flavour === "busybox" && !script.text.endsWith("\n");
}

/** The whole script is one command: no list, pipeline, compound command or background. */
export function isOneSimpleCommand({ ast, invocations }: Script): boolean {
  const [statement, ...more] = ast.commands;
  return more.length === 0 && statement?.command.type === "Command" && invocations.length === 1;
}
