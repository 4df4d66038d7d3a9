// The knell command that replaces a probe's command: patterns P1–P12 and rules R130–R135 of redis-liveness.md. P13 and P14
// are suggestions for a person, so they come out as refusals that say so.

import type { Rewrite } from "../kube/rewrite.ts";
import type { Command } from "./command.ts";
import type { Container, Probe } from "./container.ts";
import { knellOptions } from "./knell-options.ts";
import {
  acceptsAnything,
  questionOf,
  type RedisQuestion,
  VerdictRefusal,
} from "./redis-question.ts";
import { Refusal } from "./shell-run.ts";
import { asArgument, asShellWord, isKnown, isSettled, opaque } from "./shell-text.ts";
import { innerTimeoutMs, timeoutText, type Unforked } from "./without-fork.ts";

export type Replacement =
  | {
      readonly isRefused: false;
      /** The words, where no shell is left. */
      readonly argv?: readonly string[];
      /** The shell text, where one is. */
      readonly script?: string;
      /** undefined where the file's form cannot hold it. */
      readonly rewrite: Rewrite | undefined;
      /** What changes for whoever reads the probe's verdict: parts of sentences. */
      readonly notes: readonly string[];
    }
  | {
      readonly isRefused: true;
      /** Why there is none: a part of a sentence. */
      readonly reason: string;
    };

export interface AskOptions {
  /** "live" or "ready" whatever the present command takes for an answer; else the answers that pass stay those (R130). */
  readonly mode?: "live" | "ready";
}

/** Several rules ask about the same probe, and each answer means running its script for every reply. */
const asked = new WeakMap<Probe, Map<AskOptions["mode"], Replacement>>();

/** The `knell redis` command that asks what `probe` asks with redis-cli or nc. Never throws. */
export function askWithKnell(probe: Probe, { mode }: AskOptions = {}): Replacement {
  const known = asked.get(probe) ?? new Map();
  asked.set(probe, known);
  const replacement = known.get(mode) ?? replaceOrRefuse(probe, { mode });
  known.set(mode, replacement);
  return replacement;
}

function replaceOrRefuse(probe: Probe, options: AskOptions): Replacement {
  try {
    return replace(probe, options);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { isRefused: true, reason: error.message };
  }
}

/** The same as a fix to offer; undefined where there is none. */
export function knellOffer(probe: Probe, options: AskOptions = {}): Unforked | undefined {
  const replacement = askWithKnell(probe, options);
  if (replacement.isRefused) return undefined;
  const { argv, script, rewrite, notes } = replacement;
  const command = argv === undefined ? `"${script}"` : JSON.stringify(argv);
  const after = notes.length > 0 ? ` (${notes.join("; ")})` : "";
  return { description: `run ${command}${after}`, rewrite };
}

function replace(probe: Probe, options: AskOptions): Replacement {
  const { command } = probe;
  if (command === undefined) {
    const isTcp = probe.handler === "tcpSocket";
    throw new Refusal(
      isTcp
        ? "a tcpSocket probe has no command to take over: write one, [knell, redis]"
        : "it runs no command",
    );
  }
  const { question, end } = questionWithTail(command);
  const { words, notes } = knellWords(question, probe, options);
  const isPlain = words.every(isSettled) && assignmentsOf(question).length === 0;
  if (isPlain && end === undefined) {
    const argv = words.map(asArgument);
    return { isRefused: false, argv, rewrite: probe.setCommand(argv), notes };
  }
  const line = [...assignmentsOf(question), ...words.map(asShellWord)].join(" ");
  if (end !== undefined) {
    const rewrite = command.scriptSource?.splice([{ start: 0, end, text: line }]);
    return { isRefused: false, script: line + command.script!.text.slice(end), rewrite, notes };
  }
  const script = execLine(question, words);
  return { isRefused: false, script, rewrite: writeScript(probe, command, script), notes };
}

/** `A=B exec knell redis`: the shell is gone when the probe runs. */
function execLine(question: RedisQuestion, words: readonly string[]): string {
  return [...assignmentsOf(question), "exec", ...words.map(asShellWord)].join(" ");
}

/** Instead of the present script, in the present shell; wrappers before the shell go. */
function writeScript(probe: Probe, command: Command, text: string): Rewrite | undefined {
  const { shell, scriptSource, script, argv, outer } = command;
  const index = shell?.scriptIndex;
  if (index === undefined) return probe.setCommand(["sh", "-c", text]);
  const isAlone = outer.wrappers.length === 0 && argv.length === index + 1;
  if (isAlone && scriptSource !== undefined) {
    return scriptSource.splice([{ start: 0, end: script!.text.length, text }]);
  }
  const first = outer.words.length - outer.args.length - 1;
  return probe.setCommand([...argv.slice(first, index), text]);
}

/** The question of the whole command; else that of what stands before `||`, and where it ends (P3: the tail stays). */
function questionWithTail(command: Command): { question: RedisQuestion; end?: number } {
  try {
    return { question: questionOf(command) };
  } catch (error) {
    const head = headOf(command);
    if (!(error instanceof Refusal) || error instanceof VerdictRefusal) throw error;
    if (head === undefined) throw error;
    return { question: questionOf(head.command), end: head.end };
  }
}

function headOf(command: Command): { command: Command; end: number } | undefined {
  const { script, shell, argv, sources } = command;
  const index = shell?.scriptIndex;
  const [statement, ...more] = script?.ast.commands ?? [];
  if (script === undefined || index === undefined || more.length > 0) return undefined;
  if (statement?.command.type !== "AndOr") return undefined;
  const { commands, operators } = statement.command;
  const [first] = commands;
  if (first === undefined || first.pos !== 0 || operators.includes("&&")) return undefined;
  const head = argv.with(index, script.text.slice(0, first.end));
  return { command: command.withArgv(head.slice(0, index + 1), sources), end: first.end };
}

function assignmentsOf({ passwords }: RedisQuestion): string[] {
  return passwords.flatMap(({ from, variable, value }) =>
    from === "variable" && passwordFlag(value) === undefined
      ? [`${variable}=${asShellWord(value)}`]
      : [],
  );
}

function knellWords(
  question: RedisQuestion,
  probe: Probe,
  { mode: wanted }: AskOptions,
): { words: string[]; notes: string[] } {
  const notes: string[] = [];
  const mode: string[] = [];
  const isKilling = probe.role === "livenessProbe" || probe.role === "startupProbe";
  const anything = acceptsAnything(question);
  const extras = wanted === "live" ? [] : extrasOf(question);
  if (wanted === "live" || (anything && isKilling && wanted === undefined)) mode.push("--live");
  else if (anything) notes.push("error replies passed before, only PONG does now");
  else if (question.accepted.size > 0 && extras.length === 0 && wanted === undefined) {
    mode.push("--accept", acceptedInOrder(question, probe).join(","));
  }
  if (question.subjects.has("write")) {
    notes.push("writing is not tested any more: --persist-ok and --min-replicas ask for that");
  }
  const limit = timeoutFor(question, probe);
  const words = [
    ...question.prefix,
    "knell",
    "redis",
    ...mode,
    ...knellOptions(question, probe.container),
    ...passwordsFor(question, probe.container),
    ...extras,
    ...(limit === undefined ? [] : ["--timeout", limit]),
  ];
  return { words, notes };
}

/** P4: in the order in which the script names them. */
function acceptedInOrder({ accepted }: RedisQuestion, { command }: Probe): string[] {
  if (accepted.has("ERR")) throw new Refusal("it accepts error replies by what they are not");
  const text = command?.script?.text ?? "";
  return [...accepted].sort((a, b) => text.indexOf(a) - text.indexOf(b));
}

/** Section 7: what it looks at besides PING. */
function extrasOf({ subjects, refused, words }: RedisQuestion): string[] {
  const extras: string[] = [];
  const isRefused = (name: string) => refused.has(name);
  if (subjects.has("persistence")) {
    if (isRefused("loading")) extras.push("--loaded");
    if (isRefused("unsaved")) extras.push("--persist-ok");
  }
  if (subjects.has("replication") || subjects.has("role")) {
    if (isRefused("replica")) throw new Refusal("it passes for one role only");
    if (isRefused("link-down")) extras.push("--link-up");
  }
  if (subjects.has("cluster") && isRefused("cluster-down")) extras.push("--cluster-ok");
  if (subjects.has("sentinel") && isRefused("master-unknown")) extras.push("--sentinel", words[2]!);
  const asksMore = [...subjects].some(
    (subject) => subject !== "ping" && subject !== "write" && subject !== "port",
  );
  if (asksMore && extras.length === 0)
    throw new Refusal("what it looks for in the answer is not known");
  return extras;
}

/** R133: what a variable or a file holds is named, never written out. */
function passwordsFor({ passwords }: RedisQuestion, container: Container): string[] {
  const flags = passwords.map(({ from, value }) => {
    const flag = passwordFlag(value, container);
    if (flag !== undefined) return flag;
    if (from === "variable") return [];
    if (isKnown(value) && value.startsWith("$")) throw new Refusal(`no shell expands "${value}"`);
    return ["-a", value];
  });
  // A file goes before a variable: of the sources that are not empty, knell takes the last.
  return flags
    .sort(([a], [b]) => Number(a === "--password-file") - Number(b === "--password-file"))
    .flat();
}

function passwordFlag(value: string, container?: Container): string[] | undefined {
  const spelling = asArgument(value);
  const variable = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))$/.exec(spelling);
  const name = variable?.[1] ?? variable?.[2];
  if (name !== undefined && !isSettled(value)) return ["--password-env", name];
  const file = /^(?:\$\((?:cat|<)\s+|`cat\s+)"?([^\s"'`()]+)"?\s*[)`]$/.exec(spelling)?.[1];
  if (file !== undefined && !isSettled(value))
    return ["--password-file", fileText(file, container)];
  const reference =
    /^\$\(([A-Za-z_]\w*)\)$/.exec(spelling)?.[1] ?? (isSettled(value) ? name : undefined);
  if (reference !== undefined && container?.env.has(reference))
    return ["--password-env", reference];
  return undefined;
}

/** A path that stands in a variable: its value where the container's description has it. */
function fileText(path: string, container: Container | undefined): string {
  const [, braced, bare] = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))$/.exec(path) ?? [];
  const name = braced ?? bare;
  if (name === undefined) return path;
  return container?.env.get(name) ?? opaque(`$${name}`);
}

/** R131: under the outer limit, or a smaller limit inside. undefined: knell's default of 900 ms. */
function timeoutFor({ timeoutSeconds, options }: RedisQuestion, probe: Probe): string | undefined {
  const { value, isUnreadable } = probe.timing.timeoutSeconds;
  const own = Number(options.find(({ name }) => name === "-t")?.value);
  const limits = [
    ...(isUnreadable ? [] : [innerTimeoutMs(value)]),
    ...[timeoutSeconds, own].flatMap((seconds) => (seconds ? [Math.floor(seconds * 1000)] : [])),
  ].filter((ms) => ms > 0);
  const ms = Math.min(...limits);
  return limits.length === 0 || ms === DEFAULT_TIMEOUT_MS ? undefined : timeoutText(ms);
}

const DEFAULT_TIMEOUT_MS = 900;
