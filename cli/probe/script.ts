// Shell text as the programs it runs. The grammar is unbash's; what a program is to a probe is decided here.

import {
  type Assignment,
  type Command as CommandNode,
  forEachChild,
  type ParsedScript,
  parse,
  type Statement,
  type SyntaxNode,
  type Word as WordNode,
} from "unbash";

/** One word of a command line. */
export interface Word {
  /** Quotes removed; expansions as written. */
  readonly text: string;
  /** Nothing in it is expanded when it runs. */
  readonly isLiteral: boolean;
  /** In the script; without a shell, the index of the argv element and the one after. */
  readonly start: number;
  readonly end: number;
}

/** A program that is run, and how. */
export interface Invocation {
  /** Wrappers such as `timeout 5` and `env A=B` first. */
  readonly words: readonly Word[];
  /** Its name without a directory, behind all wrappers; "" if it is expanded when it runs. */
  readonly program: string;
  /** What follows the program. */
  readonly args: readonly Word[];
  readonly wrappers: readonly Wrapper[];
  /** Assignments in front of it and those of `env`. */
  readonly assignments: ReadonlyMap<string, Word>;
  /** `exec` stands before it: the shell becomes it. */
  readonly isExec: boolean;
  /** A builtin or function of the shell: no process of its own. */
  readonly isBuiltin: boolean;
  readonly isBackground: boolean;
  /** Its output is captured: in `$(…)` or backquotes. */
  readonly isCaptured: boolean;
  /** Its place in a pipeline of `pipelineLength` commands, from 0; 0 of 1 outside one. */
  readonly pipelineIndex: number;
  readonly pipelineLength: number;
  readonly start: number;
  readonly end: number;
  /** In a shell: the command and the statement it is in. */
  readonly node?: CommandNode;
}

export interface Wrapper {
  readonly name: string;
  /** Its own options and operands. */
  readonly args: readonly Word[];
}

/** The words of a wrapper, from its name up to what it runs, as positions in the script or argv. */
export function wrapperRange(
  { words, wrappers }: Invocation,
  wrapper: Wrapper,
): { readonly start: number; readonly end: number } {
  let first = 0;
  for (const before of wrappers) {
    if (before === wrapper) break;
    first += before.args.length + 1;
  }
  return { start: words[first]!.start, end: words[first + wrapper.args.length + 1]!.start };
}

/** A parsed shell text. */
export interface Script {
  readonly text: string;
  readonly ast: ParsedScript;
  /** In the order they stand; those in substitutions, functions and `sh -c` inside included. */
  readonly invocations: readonly Invocation[];
  readonly hasError: boolean;
}

// POSIX XCU 1.6 and 2.14, and what dash, bash and BusyBox's ash add.
const BUILTINS = new Set(
  (
    ": . [ alias bg break cd command continue declare echo eval exec exit export false fc fg getopts hash jobs kill " +
    "let local mapfile printf pwd read readonly return set shift shopt source test times trap true type typeset " +
    "ulimit umask unalias unset wait"
  ).split(" "),
);

/** Parses a shell text; never throws. */
export function parseScript(text: string): Script {
  const ast = parse(text);
  const walker = new Walker(text);
  walker.visit(ast, OUTSIDE);
  const invocations = walker.invocations.map((invocation) =>
    walker.functions.has(invocation.program) ? { ...invocation, isBuiltin: true } : invocation,
  );
  return { text, ast, invocations, hasError: walker.hasError };
}

interface Situation {
  readonly isBackground: boolean;
  readonly isCaptured: boolean;
  readonly pipelineIndex: number;
  readonly pipelineLength: number;
}

const OUTSIDE: Situation = {
  isBackground: false,
  isCaptured: false,
  pipelineIndex: 0,
  pipelineLength: 1,
};

class Walker {
  readonly invocations: Invocation[] = [];
  readonly functions = new Set<string>();
  hasError = false;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  visit(node: SyntaxNode, situation: Situation): void {
    if (node.type === "Script" && node.errors !== undefined && node.errors.length > 0) {
      this.hasError = true;
    }
    if (node.type === "Function") this.functions.add(node.name.value);
    if (node.type === "Command") this.#addCommand(node, situation);
    if (node.type === "Pipeline") {
      const pipelineLength = node.commands.length;
      for (const [pipelineIndex, command] of node.commands.entries()) {
        this.visit(command, { ...situation, pipelineIndex, pipelineLength });
      }
      return;
    }
    const inner = innerSituation(node, situation);
    forEachChild(node, (child) => this.visit(child, inner));
  }

  #addCommand(node: CommandNode, situation: Situation): void {
    if (node.name === undefined) return;
    const words = [node.name, ...node.args].map((word) => this.#wordOf(word));
    const assignments = new Map<string, Word>();
    for (const item of node.prefix) {
      if (item.type === "Assignment" && item.value.type === "Word") {
        assignments.set(item.name, this.#wordOf(item.value));
      }
    }
    this.invocations.push({
      ...describe(words, assignments, true),
      ...situation,
      start: node.pos,
      end: node.end,
      node,
    });
  }

  #wordOf(word: WordNode | Assignment): Word {
    if (word.type === "Assignment") {
      const { text, pos, end } = word;
      return { text, isLiteral: !/[$`]/.test(text), start: pos, end };
    }
    // A script inside escaped backquotes has its own text, and positions in it (unbash, "Script.source").
    const isHere = this.#text.startsWith(word.text, word.pos);
    const [start, end] = isHere ? [word.pos, word.end] : [0, 0];
    return { text: word.value, isLiteral: !isExpanded(word), start, end };
  }
}

function innerSituation(node: SyntaxNode, situation: Situation): Situation {
  if (node.type === "CommandExpansion" || node.type === "ProcessSubstitution") {
    return { ...OUTSIDE, isCaptured: true };
  }
  if (node.type === "Coproc" || (node.type === "Statement" && (node as Statement).background)) {
    return { ...situation, isBackground: true };
  }
  return situation;
}

const EXPANSIONS = new Set([
  "SimpleExpansion",
  "ParameterExpansion",
  "CommandExpansion",
  "ArithmeticExpansion",
  "ProcessSubstitution",
  "Glob",
  "ExtendedGlob",
  "BraceExpansion",
]);

function isExpanded(node: SyntaxNode): boolean {
  if (EXPANSIONS.has(node.type)) return true;
  let found = false;
  forEachChild(node, (child) => {
    found ||= isExpanded(child);
  });
  return found;
}

/** The invocation of an argv that no shell reads. */
export function invocationOfArgv(argv: readonly string[]): Invocation {
  const words = argv.map((text, index) => ({
    text,
    isLiteral: true,
    start: index,
    end: index + 1,
  }));
  return {
    ...describe(words, new Map(), false),
    ...OUTSIDE,
    start: 0,
    end: argv.length,
  };
}

type Description = Pick<
  Invocation,
  "words" | "program" | "args" | "wrappers" | "assignments" | "isExec" | "isBuiltin"
>;

function describe(
  words: readonly Word[],
  assignments: Map<string, Word>,
  isInShell: boolean,
): Description {
  const wrappers: Wrapper[] = [];
  let rest = words;
  for (;;) {
    const name = nameOf(rest[0]);
    const length = wrapperLength(name, rest.slice(1));
    if (length === undefined || rest.length <= length + 1) break;
    const args = rest.slice(1, length + 1);
    wrappers.push({ name, args });
    if (name === "env") addAssignments(args, assignments);
    rest = rest.slice(length + 1);
  }
  const program = nameOf(rest[0]);
  const isForking = wrappers.some(({ name }) => name !== "exec" && name !== "command");
  return {
    words,
    program,
    args: rest.slice(1),
    wrappers,
    assignments,
    isExec: isInShell && wrappers[0]?.name === "exec",
    isBuiltin: isInShell && !isForking && wrappers[0]?.name !== "exec" && BUILTINS.has(program),
  };
}

function nameOf(word: Word | undefined): string {
  if (word === undefined || !word.isLiteral) return "";
  return word.text.slice(word.text.lastIndexOf("/") + 1);
}

function addAssignments(args: readonly Word[], assignments: Map<string, Word>): void {
  for (const arg of args) {
    const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg.text) ?? [];
    if (name !== undefined) assignments.set(name, { ...arg, text: value! });
  }
}

/** Which options of a wrapper take a value in the next word, and how many operands stand before the command. */
interface WrapperSyntax {
  readonly valued: RegExp;
  readonly operands: number;
}

const syntax = (valued: RegExp, operands = 0): WrapperSyntax => ({ valued, operands });
const NONE = /^$/;

const WRAPPERS: ReadonlyMap<string, WrapperSyntax> = new Map([
  ["busybox", syntax(NONE)],
  ["catatonit", syntax(NONE)],
  ["chroot", syntax(NONE, 1)],
  ["command", syntax(NONE)],
  ["dumb-init", syntax(/^(?:-r|--rewrite)$/)],
  ["env", syntax(/^(?:-[uCS]|--unset|--chdir)$/)],
  ["exec", syntax(/^-a$/)],
  ["gosu", syntax(NONE, 1)],
  ["ionice", syntax(/^-[cnp]$/)],
  ["nice", syntax(/^(?:-n|--adjustment)$/)],
  ["nohup", syntax(NONE)],
  ["setpriv", syntax(NONE)],
  ["setsid", syntax(NONE)],
  ["stdbuf", syntax(/^-[ioe]$/)],
  ["su-exec", syntax(NONE, 1)],
  ["sudo", syntax(/^-[ugpCDhrtTU]$/)],
  ["timeout", syntax(/^(?:-[sk]|--signal|--kill-after)$/, 1)],
  ["tini", syntax(/^-[peg]$/)],
  ["tini-static", syntax(/^-[pe]$/)],
  ["docker-init", syntax(/^-[pe]$/)],
]);

/** How many words belong to the wrapper `name` before the command it runs; undefined if it is none. */
function wrapperLength(name: string, words: readonly Word[]): number | undefined {
  if (name === "knell") return knellExecLength(words);
  const form = WRAPPERS.get(name);
  if (form === undefined) return undefined;
  let at = 0;
  let operands = form.operands;
  while (at < words.length) {
    const { text } = words[at]!;
    if (text === "--") {
      at++;
      if (operands === 0) return at;
    } else if (name === "env" && /^[A-Za-z_]\w*=/.test(text)) at++;
    else if (text.startsWith("-") && text !== "-") at += form.valued.test(text) ? 2 : 1;
    else if (operands > 0) {
      operands--;
      at++;
    } else return at;
  }
  return undefined;
}

/** `knell exec [options] -- COMMAND` */
function knellExecLength(words: readonly Word[]): number | undefined {
  if (words[0]?.text !== "exec") return undefined;
  const dashes = words.findIndex(({ text }) => text === "--");
  return dashes === -1 ? undefined : dashes + 1;
}
