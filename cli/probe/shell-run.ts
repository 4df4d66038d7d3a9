// Runs a probe's script in thought: what would its exit status be, if the programs it calls answered so? POSIX XCU 2, and
// what of bash probes use. What it cannot follow it refuses with a Refusal that names it.

import { posix } from "node:path";
import {
  type AssignmentPrefix,
  type Case,
  type Command as CommandNode,
  forEachChild,
  type Redirection,
  type Statement,
  type SyntaxNode,
  type TestExpression,
  type Word as WordNode,
  type WordPart,
} from "unbash";
import { type Invocation, invocationOfArgv, parseScript, type Script } from "./script.ts";
import { evaluateTest, evaluateTestWords } from "./shell-test.ts";
import { hostValue, isKnown, opaque } from "./shell-text.ts";
import { filterText } from "./text-filters.ts";

/** A command that cannot be followed, or not be taken over, and why: a part of a sentence. */
export class Refusal extends Error {
  constructor(reason: string) {
    super(reason.replaceAll(/\s+/g, " "));
  }
}

/** A program about to run: its words expanded, wrappers told apart. */
export interface Call {
  readonly invocation: Invocation;
  /** The value of a variable that the script has set, or that stands before the program. */
  readonly variable: (name: string) => string | undefined;
  readonly stdin: string | undefined;
  /** Where it stands in the outermost script. */
  readonly node: CommandNode | undefined;
}

/** What a program prints and leaves with. */
export interface Answer {
  readonly output: string;
  readonly errors?: string;
  readonly status: number;
}

export interface World {
  /** undefined for a program it does not know. */
  answer(call: Call): Answer | undefined;
  /** A script file of the container. */
  readFile(path: string): string | undefined;
  /** Compose puts these parts of the outermost script in from the host. */
  readonly hostRanges: readonly (readonly [start: number, end: number])[];
}

/** Most ways through a script that are looked at: each unknown condition doubles them. */
const MAX_WAYS = 64;

/** The exit status on every way through `script`: each condition that is not known here is taken both ways. */
export function runScript(
  script: Script,
  world: World,
  options: { readonly isErrexit: boolean; readonly isPipefail: boolean },
): number[] {
  if (script.hasError) throw new Refusal("the script cannot be parsed");
  const statuses: number[] = [];
  const open: boolean[][] = [[]];
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    const run = new ShellRun(world, way);
    run.isErrexit = options.isErrexit;
    run.isPipefail = options.isPipefail;
    statuses.push(runGuarded(run, script));
    for (let at = way.length; at < run.taken.length; at++) {
      open.push([...run.taken.slice(0, at), !run.taken[at]!]);
    }
    if (statuses.length + open.length > MAX_WAYS) {
      throw new Refusal("it depends on too much that is not known here");
    }
  }
  return statuses;
}

function runGuarded(run: ShellRun, script: Script): number {
  try {
    return run.runWhole(script);
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal("it is nested too deeply");
    if (error instanceof SyntaxError) throw new Refusal("it has a pattern that is not followed");
    throw error;
  }
}

const CLIENT = /^(?:(?:redis|valkey|keydb)-cli|nc|ncat)$/;
const READS_KNOWN = /^(?:echo|printf|expr)$/;

class Exit {
  readonly status: number;
  constructor(status: number) {
    this.status = status;
  }
}

interface Fragment {
  readonly text: string;
  readonly isQuoted: boolean;
}

class ShellRun {
  isErrexit = false;
  isPipefail = false;
  /** The answers given to unknown conditions, in order. */
  readonly taken: boolean[] = [];
  readonly #world: World;
  readonly #way: readonly boolean[];
  readonly #decided = new Map<string, boolean>();
  #variables = new Map<string, string>();
  #positional: readonly string[] = [];
  #depth = 0;
  #status = 0;
  #output = "";
  #stdin: string | undefined;
  /** The test of an `if`, or left of `&&`: errexit does not end it. */
  #isTested = false;

  constructor(world: World, way: readonly boolean[]) {
    this.#world = world;
    this.#way = way;
  }

  runWhole(script: Script): number {
    try {
      this.#runList(script.ast.commands);
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      this.#status = error.status;
    }
    return this.#status;
  }

  /** Whether something unknown holds; the same question gets the same answer. */
  decide(question: string): boolean {
    const known = this.#decided.get(question);
    if (known !== undefined) return known;
    const answer = this.#way[this.taken.length] ?? true;
    this.taken.push(answer);
    this.#decided.set(question, answer);
    return answer;
  }

  #runList(statements: readonly Statement[]): void {
    for (const { command, background } of statements) {
      if (background) throw new Refusal('"&" starts something in the background');
      this.#run(command);
    }
  }

  #run(node: SyntaxNode): void {
    switch (node.type) {
      case "Command":
        this.#runCommand(node);
        return;
      case "Pipeline": {
        const isNegated = node.prefixes.some(({ type }) => type === "Negation");
        if (!isNegated) this.#runPipeline(node.commands);
        else {
          this.#tested(() => this.#runPipeline(node.commands));
          this.#status = this.#status === 0 ? 1 : 0;
        }
        return;
      }
      case "AndOr":
        this.#runAndOr(node.commands, node.operators);
        return;
      case "If":
        this.#runIf(node);
        return;
      case "Case":
        this.#runCase(node);
        return;
      case "BraceGroup":
        this.#runList(node.body.commands);
        return;
      case "Subshell":
        this.#inSubshell(() => this.#runList(node.body.commands));
        this.#afterSimple();
        return;
      case "TestCommand":
        this.#status = this.#test(node.expression) ? 0 : 1;
        this.#afterSimple();
        return;
      case "While":
        throw new Refusal(`it waits in a loop, "${node.kind}": "knell redis --wait" does that`);
      case "Function":
        throw new Refusal(`it defines a function, "${node.name.value}"`);
      default:
        throw new Refusal(`it has a construct that is not followed (${node.type})`);
    }
  }

  #runAndOr(commands: readonly SyntaxNode[], operators: readonly string[]): void {
    for (const [index, command] of commands.entries()) {
      const operator = operators[index - 1];
      if (operator === "&&" && this.#status !== 0) continue;
      if (operator === "||" && this.#status === 0) continue;
      const isLast = index === commands.length - 1;
      if (isLast) this.#run(command);
      else this.#tested(() => this.#run(command));
    }
  }

  #runIf(node: SyntaxNode & { type: "If" }): void {
    const branches = [node, ...node.elif];
    for (const { clause, then } of branches) {
      this.#tested(() => this.#runList(clause.commands));
      if (this.#status !== 0) continue;
      this.#runList(then.commands);
      return;
    }
    this.#status = 0;
    if (node.else) this.#runList(node.else.commands);
  }

  #runCase({ word, items }: Case): void {
    const value = this.#textOf(word);
    for (const { pattern, body, terminator } of items) {
      const isMatch = pattern.some((item) => this.matches(value, this.patternOf(item), item.text));
      if (!isMatch) continue;
      if (terminator !== undefined && terminator !== ";;") {
        throw new Refusal(`"${terminator}" in "case" is not followed`);
      }
      this.#status = 0;
      this.#runList(body.commands);
      return;
    }
    this.#status = 0;
  }

  #tested(run: () => void): void {
    const before = this.#isTested;
    this.#isTested = true;
    try {
      run();
    } finally {
      // An `exit` in a subshell is caught outside of the test.
      this.#isTested = before;
    }
  }

  #inSubshell(run: () => void): void {
    const [variables, errexit] = [this.#variables, this.isErrexit];
    this.#variables = new Map(variables);
    try {
      run();
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      this.#status = error.status;
    }
    this.#variables = variables;
    this.isErrexit = errexit;
  }

  #runPipeline(commands: readonly SyntaxNode[]): void {
    if (commands.length === 1) {
      this.#run(commands[0]!);
      return;
    }
    const outside = this.#stdin;
    let worst = 0;
    for (const [index, command] of commands.entries()) {
      const isLast = index === commands.length - 1;
      const output = this.#output;
      if (!isLast) this.#output = "";
      this.#inSubshell(() => this.#run(command));
      if (this.#status !== 0) worst = this.#status;
      if (isLast) break;
      this.#stdin = this.#output;
      this.#output = output;
    }
    this.#stdin = outside;
    if (this.isPipefail) this.#status = worst;
    this.#afterSimple();
  }

  #afterSimple(): void {
    if (this.isErrexit && this.#status !== 0 && !this.#isTested) throw new Exit(this.#status);
  }

  #runCommand(node: CommandNode): void {
    const assigned = node.prefix.filter((item) => item.type === "Assignment");
    if (node.name === undefined) {
      this.#status = 0;
      for (const item of assigned) this.#assign(item);
      this.#afterSimple();
      return;
    }
    const words = [node.name, ...node.args].flatMap((word) =>
      word.type === "Assignment"
        ? [`${word.name}=${this.#assignedValue(word)}`]
        : this.#split(word),
    );
    const before = new Map(this.#variables);
    for (const item of assigned) this.#assign(item);
    const answer = this.#callWithInput(words, node);
    if (assigned.length > 0) this.#variables = before;
    this.#status = answer.status;
    this.#output += this.#redirect(answer, node.redirects);
    this.#afterSimple();
  }

  #callWithInput(words: readonly string[], node: CommandNode): Answer {
    const stdin = this.#stdin;
    for (const redirect of node.redirects) {
      if (redirect.type === "HereString") this.#stdin = `${this.#wordText(redirect.target)}\n`;
      else if (redirect.type === "HereDoc") throw new Refusal("it has a here-document");
      else if (redirect.operator === "<") this.#stdin = "";
    }
    const answer = this.#call(words, node);
    this.#stdin = stdin;
    return answer;
  }

  #call(words: readonly string[], node: CommandNode): Answer {
    const [name, ...args] = words;
    if (name === undefined) return { output: "", status: 0 };
    const builtin = this.#builtin(name, args);
    if (builtin !== undefined) return builtin;
    const isLiteral =
      node.name !== undefined && isKnown(node.name.value) && !hasExpansion(node.name);
    if (!isLiteral) throw new Refusal(`the program's name is a variable, "${node.name?.text}"`);
    const invocation = invocationOfArgv(words);
    const { program } = invocation;
    const outer = this.#depth === 0 ? node : undefined;
    const variables = new Map(this.#variables);
    const variable = (wanted: string) => variables.get(wanted);
    const answer = this.#world.answer({ invocation, variable, stdin: this.#stdin, node: outer });
    if (answer !== undefined) return answer;
    const path = invocation.words.at(-1 - invocation.args.length)?.text ?? "";
    const text = path.startsWith("/") ? this.#world.readFile(path) : undefined;
    if (text !== undefined) return this.#runFile(text, invocation);
    const filtered = filterText(
      program,
      invocation.args.map((word) => word.text),
      this.#stdin ?? "",
      (question) => this.decide(question),
    );
    if (filtered !== undefined) return filtered;
    throw new Refusal(`it also runs "${program || name}"`);
  }

  /** A script file, with its arguments, in a process of its own. */
  #runFile(text: string, { args }: Invocation): Answer {
    const script = parseScript(text);
    if (script.hasError || this.#depth > 4) throw new Refusal("a script file cannot be parsed");
    const [positional, output, errexit, tested] = [
      this.#positional,
      this.#output,
      this.isErrexit,
      this.#isTested,
    ];
    this.#positional = args.map((word) => word.text);
    this.#output = "";
    this.isErrexit = false;
    this.#isTested = false;
    this.#depth++;
    this.#inSubshell(() => this.#runList(script.ast.commands));
    this.#depth--;
    const answer = { output: this.#output, status: this.#status };
    [this.#positional, this.#output, this.isErrexit, this.#isTested] = [
      positional,
      output,
      errexit,
      tested,
    ];
    return answer;
  }

  #redirect({ output, errors = "" }: Answer, redirects: readonly Redirection[]): string {
    let [stdout, stderr] = ["out", "err"];
    for (const redirect of redirects) {
      if (redirect.type !== "Redirect") continue;
      const { operator, descriptor } = redirect;
      if (operator === "<" || operator === "<&") continue;
      const target = this.#wordText(redirect.target);
      const fd = descriptor?.type === "FileDescriptor" ? descriptor.value : 1;
      if (operator === ">&" && /^[12]$/.test(target)) {
        const to = target === "1" ? stdout : stderr;
        if (fd === 2) stderr = to;
        else stdout = to;
      } else if (/^\/dev\/(?:null|stderr|stdout)$/.test(target) || target === "-") {
        const to = target === "/dev/stdout" ? stdout : target === "/dev/stderr" ? stderr : "null";
        if (fd === 2 || operator.startsWith("&")) stderr = to;
        if (fd === 1 || operator.startsWith("&")) stdout = to;
      } else throw new Refusal(`it writes the file "${target}"`);
    }
    return (stderr === "out" ? errors : "") + (stdout === "out" ? output : "");
  }

  /** What a builtin prints and leaves with; undefined if `name` is none that is followed. */
  #builtin(name: string, args: readonly string[]): Answer | undefined {
    const done = (status: number, output = "") => ({ output, status });
    switch (name) {
      case ":":
      case "true":
        return done(0);
      case "false":
        return done(1);
      case "echo":
        return done(0, echo(args));
      case "printf":
        return done(0, printf(args));
      case "exit":
      case "return": {
        const status = args[0] === undefined ? this.#status : Number(args[0]);
        if (!Number.isInteger(status)) throw new Refusal(`its exit status is "${args[0]}"`);
        throw new Exit(status);
      }
      case "export":
      case "local":
      case "declare":
      case "readonly":
      case "typeset":
        for (const arg of args) {
          const [, variable, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg) ?? [];
          if (variable !== undefined) this.#variables.set(variable, value!);
        }
        return done(0);
      case "set":
        return done(0, this.#setOptions(args));
      case "test":
      case "[":
        return done(this.#testWords(name === "[" ? args.slice(0, -1) : args));
      case "command":
      case "exec":
      case "builtin":
        return undefined;
      case "unset":
      case "trap":
      case "shopt":
      case "umask":
        return done(0);
    }
    return undefined;
  }

  #setOptions(args: readonly string[]): string {
    for (const [index, option] of args.entries()) {
      const [, sign, letters] = /^([-+])([a-zA-Z]+)$/.exec(option) ?? [];
      if (letters?.includes("e")) this.isErrexit = sign === "-";
      if (args[index - 1]?.endsWith("o") && option === "pipefail") this.isPipefail = true;
    }
    return "";
  }

  #testWords(words: readonly string[]): number {
    const verdict = evaluateTestWords(words, (question) => this.decide(question));
    return verdict === undefined ? 2 : verdict ? 0 : 1;
  }

  #test(expression: TestExpression): boolean {
    return evaluateTest(expression, {
      text: (word) => this.#textOf(word),
      matches: (value, word) => this.matches(value, this.patternOf(word), word.text),
      decide: (question) => this.decide(question),
    });
  }

  #assign(item: AssignmentPrefix): void {
    this.#variables.set(item.name, this.#assignedValue(item));
  }

  #assignedValue({ value, append, name }: AssignmentPrefix): string {
    if (value.type !== "Word") throw new Refusal("it uses an array");
    if (append) throw new Refusal(`it appends to "${name}"`);
    return this.#textOf(value);
  }

  #wordText(word: WordNode | undefined): string {
    return word === undefined ? "" : this.#textOf(word);
  }

  /** The word as one text, as in an assignment. */
  #textOf(word: WordNode): string {
    return this.#fragments(word)
      .map(({ text }) => text)
      .join("");
  }

  /** The word after field splitting: white space in what was expanded without quotes separates words. */
  #split(word: WordNode): string[] {
    const fragments = this.#fragments(word);
    const words: string[] = [];
    let current: string | undefined;
    for (const { text, isQuoted } of fragments) {
      if (isQuoted) {
        current = (current ?? "") + text;
        continue;
      }
      for (const [index, piece] of text.split(/[ \t\n]+/).entries()) {
        if (index > 0 && current !== undefined) {
          words.push(current);
          current = undefined;
        }
        if (piece !== "") current = (current ?? "") + piece;
      }
    }
    if (current !== undefined) words.push(current);
    return words;
  }

  #fragments({ parts, value }: WordNode): Fragment[] {
    if (parts === undefined) return [{ text: value, isQuoted: true }];
    return parts.map((part) => this.#fragment(part, false));
  }

  #fragment(part: WordPart, isQuoted: boolean): Fragment {
    switch (part.type) {
      case "Literal":
      case "SingleQuoted":
      case "AnsiCQuoted":
        return { text: part.value, isQuoted: true };
      case "Glob":
        return { text: part.text, isQuoted: true };
      case "DoubleQuoted":
      case "LocaleString": {
        const texts = part.parts.map((inner) => this.#fragment(inner, true).text);
        return { text: texts.join(""), isQuoted: true };
      }
    }
    // An unknown value is taken for one word, as whoever wrote the probe did.
    const text = this.#expand(part);
    return { text, isQuoted: isQuoted || !isKnown(text) };
  }

  #expand(part: WordPart): string {
    const isHost =
      this.#depth === 0 &&
      this.#world.hostRanges.some(([start, end]) => part.pos >= start && part.end <= end);
    if (isHost) return hostValue(part.text);
    if (part.type === "SimpleExpansion") return this.#parameter(part.text.slice(1), part.text);
    if (part.type === "ParameterExpansion") {
      const { parameter, operation, prefix, index } = part;
      const isPlain = prefix === undefined && index === undefined;
      if (isPlain && operation === undefined) return this.#parameter(parameter, part.text);
      const known = this.#variables.get(parameter);
      const isDefault = operation?.type === "Default" && /^:?-$/.test(operation.operator);
      if (isPlain && isDefault) {
        if (known === undefined && !/^\d$/.test(parameter)) return opaque(part.text);
        const value = known ?? this.#positional[Number(parameter) - 1] ?? "";
        return value === "" ? this.#textOf(operation.operand) : value;
      }
      if (known === undefined && !/^\W|^\d/.test(parameter)) return opaque(part.text);
      throw new Refusal(`"${part.text}" is not followed`);
    }
    if (part.type === "CommandExpansion") return this.#substitute(part);
    throw new Refusal(`"${part.text}" is not followed`);
  }

  #parameter(name: string, spelling: string): string {
    if (name === "?") return String(this.#status);
    if (/^\d$/.test(name)) {
      const value = this.#positional[Number(name) - 1];
      if (value === undefined)
        throw new Refusal(`the script's argument "${spelling}" is not known`);
      return value;
    }
    if (/^\W$/.test(name)) throw new Refusal(`"${spelling}" is not followed`);
    return this.#variables.get(name) ?? opaque(spelling);
  }

  #substitute(part: WordPart & { type: "CommandExpansion" }): string {
    if (part.script === undefined || part.script.source !== undefined) {
      throw new Refusal(`"${part.text}" is not followed`);
    }
    const { commands } = part.script;
    if (!this.#isOfInterest(part.script)) return this.#unknownSubstitution(part);
    const [output, tested] = [this.#output, this.#isTested];
    this.#output = "";
    this.#isTested = false;
    const errexit = this.isErrexit;
    this.isErrexit = false;
    this.#inSubshell(() => this.#runList(commands));
    this.isErrexit = errexit;
    const text = this.#output.replace(/\n+$/, "");
    [this.#output, this.#isTested] = [output, tested];
    return text;
  }

  /** It holds a program that the world answers for, or something that only reads what is known. */
  #isOfInterest(node: SyntaxNode): boolean {
    if (node.type === "Command" && node.name !== undefined) {
      const [name, ...args] = [node.name, ...node.args].map(({ text }) => posix.basename(text));
      if (READS_KNOWN.test(name!) || [name!, ...args].some((text) => CLIENT.test(text)))
        return true;
    }
    let found = false;
    forEachChild(node, (child) => {
      found ||= this.#isOfInterest(child);
    });
    return found;
  }

  #unknownSubstitution(part: WordPart & { type: "CommandExpansion" }): string {
    this.#status = 0;
    if (this.#usesOwnVariables(part)) {
      throw new Refusal(`"${part.text}" depends on the script`);
    }
    return opaque(part.text);
  }

  #usesOwnVariables(node: SyntaxNode): boolean {
    const name =
      node.type === "SimpleExpansion"
        ? node.text.slice(1)
        : node.type === "ParameterExpansion"
          ? node.parameter
          : undefined;
    if (name !== undefined && (this.#variables.has(name) || /^\W|^\d/.test(name))) return true;
    let found = false;
    forEachChild(node, (child) => {
      found ||= this.#usesOwnVariables(child);
    });
    return found;
  }

  matches(value: string, pattern: RegExp | undefined, spelling: string): boolean {
    if (pattern === undefined || !isKnown(value)) return this.decide(`${value} is ${spelling}`);
    return pattern.test(value);
  }

  /** A pattern of `case` or `[[ == ]]`: globs in what is not quoted; undefined if it is not known. */
  patternOf(word: WordNode): RegExp | undefined {
    const source = (word.parts ?? [{ type: "Literal", value: word.value } as WordPart]).map(
      (part) => {
        if (part.type === "Glob") {
          return part.kind === "star"
            ? "[\\s\\S]*"
            : part.kind === "question"
              ? "[\\s\\S]"
              : part.text;
        }
        const { text } = this.#fragment(part, true);
        return isKnown(text) ? escapePattern(text) : undefined;
      },
    );
    return source.includes(undefined) ? undefined : new RegExp(`^${source.join("")}$`);
  }
}

function hasExpansion(node: WordNode): boolean {
  const kinds = new Set(["SimpleExpansion", "ParameterExpansion", "CommandExpansion"]);
  const visit = (child: SyntaxNode): boolean => {
    let found = kinds.has(child.type);
    forEachChild(child, (inner) => {
      found ||= visit(inner);
    });
    return found;
  };
  return visit(node);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

function echo(args: readonly string[]): string {
  let at = 0;
  let isOpen = false;
  for (; /^-[neE]+$/.test(args[at] ?? ""); at++) isOpen ||= args[at]!.includes("n");
  return args.slice(at).join(" ") + (isOpen ? "" : "\n");
}

/** printf with %s, %b and escapes. */
function printf([format = "", ...values]: readonly string[]): string {
  if (/%(?![sb%])/.test(format)) throw new Refusal(`"printf ${format}" is not followed`);
  let index = 0;
  return format
    .replaceAll(/%([sb%])/g, (_, kind: string) => (kind === "%" ? "%" : (values[index++] ?? "")))
    .replaceAll(/\\([nrt\\])/g, (_, char: string) => ({ n: "\n", r: "\r", t: "\t" })[char] ?? "\\");
}
