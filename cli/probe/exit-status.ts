// Whether a probe's exit status can tell anything: shell lists by POSIX XCU 2.8.2 and 2.9. In doubt it can.

import { type CompoundList, forEachChild, type Statement, type SyntaxNode } from "unbash";
import type { Command } from "./command.ts";
import type { Invocation, Script } from "./script.ts";

/** A part of the command line: in the script, or words of the argv. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** What makes the status 0 whatever happens: `|| true`, a program that does nothing else; undefined if it can fail. */
export function whitewashOf(command: Command): Part | undefined {
  const { script, shell, outer } = command;
  if (script === undefined) {
    return shell === undefined && succeedsAlways(outer) ? outer : undefined;
  }
  if (script.hasError || shell === undefined || outer.wrappers.some(isLimit)) return undefined;
  const judge = new Judge(script, shell.isErrexit, shell.isPipefail);
  return judge.whitewash();
}

/** True if the status of `invocation` has a say in the verdict: it stands in the last statement, or one that exits. */
export function isDecisive(invocation: Invocation, { script, shell }: Command): boolean {
  if (script === undefined) return true;
  const holder = script.ast.commands.find(
    ({ pos, end }) => pos <= invocation.start && invocation.end <= end,
  );
  // What comes of a function's status is up to its callers.
  if (holder === undefined || holder.command.type === "Function") return false;
  if (shell?.isErrexit || setOptions(script).isErrexit) return true;
  if (holder === script.ast.commands.at(-1)) return true;
  return script.invocations.some(
    ({ program, start, end }) => program === "exit" && holder.pos <= start && end <= holder.end,
  );
}

function isLimit({ name }: { name: string }): boolean {
  return !/^(?:exec|command|env|busybox|nice|ionice|stdbuf)$/.test(name);
}

const EXIT_0_PYTHON = /^\s*(?:import (?:sys|os)\s*[;\n]\s*)?(?:sys\.|os\._)?exit\(0?\)\s*;?\s*$/;
const EXIT_0_NODE = /^\s*process\.exit\(0?\)\s*;?\s*$/;

function succeedsAlways({ program, args, wrappers, node }: Invocation): boolean {
  if (wrappers.some(isLimit) || !(node?.redirects ?? []).every(isHarmless)) return false;
  if (program === "true" || program === ":" || program === "echo" || program === "sleep")
    return true;
  if (program === "exit") return args.length === 1 && args[0]!.text === "0";
  const [option, code] = args;
  if (args.length !== 2 || !code?.isLiteral) return false;
  if (/^python[\d.]*$/.test(program)) return option?.text === "-c" && EXIT_0_PYTHON.test(code.text);
  return program === "node" && option?.text === "-e" && EXIT_0_NODE.test(code.text);
}

function isHarmless(redirect: NonNullable<Invocation["node"]>["redirects"][number]): boolean {
  if (redirect.type !== "Redirect") return true;
  return /^(?:\d|-|\/dev\/(?:null|stdout|stderr)|\/proc\/1\/fd\/[12])$/.test(
    redirect.target?.value ?? "",
  );
}

function setOptions({ invocations }: Script) {
  const words = invocations
    .filter(({ program }) => program === "set")
    .flatMap(({ args }) => args.map(({ text }) => text));
  return {
    isErrexit: words.some((word) => /^-[a-z]*e/.test(word) || word === "errexit"),
    isPipefail: words.includes("pipefail"),
  };
}

/** They may end the script, or run what is not seen here. */
const OPAQUE = new Set([".", "source", "eval", "trap", "kill", "return", "set"]);

class Judge {
  readonly #script: Script;
  readonly #isErrexit: boolean;
  readonly #isPipefail: boolean;
  readonly #byStart: ReadonlyMap<number, Invocation>;

  constructor(script: Script, isErrexit: boolean, isPipefail: boolean) {
    const options = setOptions(script);
    this.#script = script;
    this.#isErrexit = isErrexit || options.isErrexit;
    this.#isPipefail = isPipefail || options.isPipefail;
    this.#byStart = new Map(
      script.invocations
        .filter(({ isCaptured }) => !isCaptured)
        .map((invocation) => [invocation.start, invocation]),
    );
  }

  whitewash(): Part | undefined {
    const { ast, invocations } = this.#script;
    if (invocations.some((invocation) => this.#mayEndIt(invocation)) || assertsVariable(ast)) {
      return undefined;
    }
    const [last] = ast.commands.slice(-1);
    if (last === undefined || this.#listMayFail(ast)) return undefined;
    return tailOf(last);
  }

  #mayEndIt(invocation: Invocation): boolean {
    const { program, isExec } = invocation;
    if (program === "set" && !invocation.args.some(({ text }) => /^[^-+]/.test(text))) return false;
    if (program === "exit" || isExec) return !succeedsAlways(invocation);
    return OPAQUE.has(program);
  }

  #listMayFail({ commands }: { readonly commands: readonly Statement[] }): boolean {
    const deciding = this.#isErrexit ? commands : commands.slice(-1);
    return commands.length === 0 || deciding.some((statement) => this.#mayFail(statement));
  }

  #mayFail(node: SyntaxNode): boolean {
    switch (node.type) {
      case "Statement":
        return node.background === true || this.#mayFail(node.command);
      case "Command":
        return this.#commandMayFail(node.pos);
      case "AndOr":
        return node.commands.reduce(
          (mayFail, command, index) =>
            index === 0
              ? this.#mayFail(command)
              : node.operators[index - 1] === "||"
                ? mayFail && this.#mayFail(command)
                : mayFail || this.#mayFail(command),
          false,
        );
      case "Pipeline":
        return this.#pipelineMayFail(node);
      case "Subshell":
      case "BraceGroup":
        return this.#listMayFail(node.body);
      case "If":
        return [node.then, ...node.elif.map(({ then }) => then), ...optional(node.else)].some(
          (list) => this.#listMayFail(list),
        );
      default:
        return true;
    }
  }

  #commandMayFail(start: number): boolean {
    const invocation = this.#byStart.get(start);
    if (invocation?.program === "set") return false;
    return invocation === undefined || !succeedsAlways(invocation);
  }

  #pipelineMayFail({ prefixes, commands }: Extract<SyntaxNode, { type: "Pipeline" }>): boolean {
    if (prefixes.length > 0) return true;
    const last = commands.at(-1);
    if (this.#isPipefail || this.#isErrexit || last?.type !== "Command") return true;
    const invocation = this.#byStart.get(last.pos);
    if (commands.length === 1 || invocation === undefined) return this.#mayFail(last);
    const isPassing =
      invocation.program === "cat" ? invocation.args.length === 0 : invocation.program === "tee";
    return !isPassing && !succeedsAlways(invocation);
  }
}

function optional(list: CompoundList | undefined): CompoundList[] {
  return list === undefined ? [] : [list];
}

/** `${NAME:?}` ends the shell. */
function assertsVariable(node: SyntaxNode): boolean {
  if (node.type === "ParameterExpansion" && node.operation?.type === "Default") {
    if (node.operation.operator.endsWith("?")) return true;
  }
  let found = false;
  forEachChild(node, (child) => {
    found ||= assertsVariable(child);
  });
  return found;
}

/** The last command of a list, with the operator before it told by the caller's text. */
function tailOf({ command }: Statement): Part {
  const isList = command.type === "AndOr" || command.type === "Pipeline";
  const last = isList ? command.commands.at(-1)! : command;
  return { start: last.pos, end: last.end };
}
