// What a probe's command asks a Redis, and which answers let it pass: found by running the command in thought, once for
// every reply of redis-liveness.md section 2.

import type { Command as CommandNode } from "unbash";
import type { Command } from "./command.ts";
import { clientOf, isRedisClient } from "./redis-client.ts";
import {
  answerOf,
  BAD_STATES,
  ERROR_CODES,
  type ErrorCode,
  HEALTHY,
  type RedisState,
  type Subject,
  subjectOf,
} from "./redis-state.ts";
import type { Invocation, Wrapper } from "./script.ts";
import { type Answer, type Call, Refusal, runScript, type World } from "./shell-run.ts";
import { hostValue } from "./shell-text.ts";

/** A value of an option or variable: text with the marks of shell-text.ts. */
export type Text = string;

export interface RedisQuestion {
  /** "redis-cli", "nc" … */
  readonly program: string;
  /** Its options but for the password, in order. */
  readonly options: readonly { readonly name: string; readonly value?: Text }[];
  /** Every password that it may use on some way through the script, the last one best. */
  readonly passwords: readonly Password[];
  /** The words after the options; none if it reads them from stdin. */
  readonly words: readonly string[];
  /** What it asks besides PING, or in its place. */
  readonly subjects: ReadonlySet<Subject>;
  /** The error replies that let it pass. */
  readonly accepted: ReadonlySet<ErrorCode>;
  /** The states of `BAD_STATES` that make it fail. */
  readonly refused: ReadonlySet<string>;
  /** The shortest `timeout N` before it. */
  readonly timeoutSeconds?: number;
  /** What stands before the client and must stay: `gosu redis`, `env A=B`. */
  readonly prefix: readonly Text[];
  readonly node?: CommandNode;
}

export interface Password {
  /** `-a`, or a variable set for the client. */
  readonly from: "option" | "variable";
  readonly value: Text;
  readonly variable?: string;
}

/** What `command` asks. Throws a Refusal where that cannot be told. */
export function questionOf(command: Command): RedisQuestion {
  return new Interrogation(command).result();
}

/** It was followed to its end, and its verdict is none of a Redis. */
export class VerdictRefusal extends Refusal {}

/** As questionOf; undefined where it refuses. */
export function findQuestion(command: Command): RedisQuestion | undefined {
  try {
    return questionOf(command);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** True if it passes on every error reply: its verdict is the client's exit status, or that of an open port. */
export function acceptsAnything({ accepted }: RedisQuestion): boolean {
  return accepted.size === ERROR_CODES.length;
}

interface Asked {
  readonly call: Call;
  readonly subject: Subject;
}

class Interrogation implements World {
  readonly hostRanges: World["hostRanges"];
  readonly #command: Command;
  readonly #asked: Asked[] = [];
  #state: RedisState = HEALTHY;

  constructor(command: Command) {
    this.#command = command;
    this.hostRanges = command.scriptSource?.hostRanges ?? [];
  }

  readFile(path: string): string | undefined {
    return this.#command.readFile(path);
  }

  answer(call: Call): Answer | undefined {
    const { invocation, stdin } = call;
    const subject = subjectOf(invocation, stdin);
    if (subject === undefined) return undefined;
    this.#asked.push({ call, subject });
    return answerOf(invocation, subject, this.#state);
  }

  result(): RedisQuestion {
    if (!this.#passes(HEALTHY)) throw new VerdictRefusal("it fails on a healthy server");
    if (this.#asked.length === 0) throw new VerdictRefusal("it asks no Redis");
    if (this.#passes({ ...HEALTHY, reply: "refused" })) {
      throw new VerdictRefusal("it passes when nothing answers");
    }
    const accepted = ERROR_CODES.filter((code) => this.#passes({ ...HEALTHY, reply: code }));
    const subjects = new Set(this.#asked.map(({ subject }) => subject));
    const refused = BAD_STATES.filter(
      ({ subject, state }) => subjects.has(subject) && !this.#passes({ ...HEALTHY, ...state }),
    ).map(({ name }) => name);
    return { ...this.#client(), subjects, accepted: new Set(accepted), refused: new Set(refused) };
  }

  #passes(state: RedisState): boolean {
    this.#state = state;
    const statuses = new Set(this.#run().map((status) => status === 0));
    if (statuses.size > 1)
      throw new VerdictRefusal("its verdict hangs on something that is not known here");
    return statuses.has(true);
  }

  #run(): number[] {
    const { script, shell, outer } = this.#command;
    if (shell !== undefined && script === undefined) {
      throw new Refusal("its script is not part of the input");
    }
    if (script !== undefined && shell !== undefined) return runScript(script, this, shell);
    const answer = this.answer({ invocation: this.#withHostMarks(outer), ...WITHOUT_SHELL });
    if (answer === undefined) throw new Refusal(`it runs "${outer.program}"`);
    return [answer.status];
  }

  #withHostMarks(invocation: Invocation): Invocation {
    const { sources } = this.#command;
    const args = invocation.args.map((word) => {
      const ranges = sources[word.start]?.hostRanges ?? [];
      let text = "";
      let at = 0;
      for (const [start, end] of ranges) {
        text += word.text.slice(at, start) + hostValue(word.text.slice(start, end));
        at = end;
      }
      return { ...word, text: text + word.text.slice(at) };
    });
    return { ...invocation, args };
  }

  /** How it asks: the same on every way, but for the password. */
  #client(): Omit<RedisQuestion, "subjects" | "accepted" | "refused"> {
    const [first] = this.#asked;
    const { invocation, node } = first!.call;
    const all = this.#asked.map(({ call }) => call);
    const options = optionsOf(invocation);
    const prefix = prefixOf(invocation);
    for (const other of all) {
      const isSame =
        same(optionsOf(other.invocation), options) && same(prefixOf(other.invocation), prefix);
      if (!isSame) throw new Refusal("it asks in more ways than one");
    }
    const timeouts = [...all.map((call) => call.invocation.wrappers), this.#command.outer.wrappers]
      .flatMap((wrappers) => wrappers.map(timeoutOf))
      .filter((seconds) => seconds !== undefined);
    return {
      program: invocation.program,
      options,
      passwords: passwordsOf(all),
      words: wordsOf(invocation),
      prefix: [...outerPrefix(this.#command), ...prefix],
      node,
      ...(timeouts.length > 0 && { timeoutSeconds: Math.min(...timeouts) }),
    };
  }
}

const WITHOUT_SHELL = { variable: () => undefined, stdin: undefined, node: undefined };

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function wordsOf(invocation: Invocation): string[] {
  return isRedisClient(invocation) ? clientOf(invocation).command.map(({ text }) => text) : [];
}

function optionsOf(invocation: Invocation): RedisQuestion["options"] {
  if (!isRedisClient(invocation)) return netcatOptions(invocation);
  const { flags } = clientOf(invocation);
  return [...flags]
    .filter(([name]) => name !== "-a" && name !== "--pass")
    .map(([name, { text }]) => (text === name ? { name } : { name, value: text }));
}

/** nc [-w SECONDS] HOST PORT */
function netcatOptions({ args }: Invocation): RedisQuestion["options"] {
  const texts = args.map(({ text }) => text);
  const operands: string[] = [];
  const waits: { name: string; value: string }[] = [];
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at]!;
    if (/^-[wqi]$/.test(text)) waits.push({ name: "-t", value: texts[++at] ?? "" });
    else if (/^-[wq]\d+$/.test(text)) waits.push({ name: "-t", value: text.slice(2) });
    else if (!text.startsWith("-")) operands.push(text);
    else if (!/^-[zvnNc4]+$/.test(text)) throw new Refusal(`nc's option "${text}" is not followed`);
  }
  const [host, port] = operands;
  if (host === undefined || port === undefined) throw new Refusal("nc has no host and port");
  const where = [
    { name: "-h", value: host },
    { name: "-p", value: port },
  ];
  return [...where, ...waits.filter(({ value }) => Number(value) > 0).slice(0, 1)];
}

function passwordsOf(calls: readonly Call[]): Password[] {
  const found = new Map<string, Password>();
  for (const { invocation, variable } of calls) {
    if (!isRedisClient(invocation)) continue;
    const { flags } = clientOf(invocation);
    const option = flags.get("--pass") ?? flags.get("-a");
    if (option !== undefined && option.text !== "") {
      found.set(option.text, { from: "option", value: option.text });
    }
    for (const name of ["REDISCLI_AUTH", "VALKEYCLI_AUTH"]) {
      const value = variable(name);
      if (value) found.set(value, { from: "variable", value, variable: name });
    }
  }
  return [...found.values()];
}

/** They become their command, or only watch it: nothing of theirs is needed with knell. */
const DROPPED = new Set([
  "command",
  "dumb-init",
  "exec",
  "knell",
  "tini",
  "tini-static",
  "docker-init",
  "catatonit",
]);
const KEPT = new Set(["chroot", "env", "gosu", "ionice", "nice", "setpriv", "su-exec", "sudo"]);

function prefixOf({ wrappers }: Invocation): Text[] {
  return wrappers.flatMap(({ name, args }) => {
    if (name === "timeout") return [];
    if (name.endsWith("-init") || name.startsWith("tini") || name === "catatonit") {
      const odd = args.find(({ text }) => /^-[gpe]/.test(text));
      if (odd !== undefined) throw new Refusal(`"${name} ${odd.text}" does more than reap`);
    }
    if (DROPPED.has(name)) return [];
    if (!KEPT.has(name)) throw new Refusal(`it runs under "${name}"`);
    return [name, ...args.map(({ text }) => text)];
  });
}

/** What stands before the shell. */
function outerPrefix({ outer, script }: Command): Text[] {
  return script === undefined ? [] : prefixOf(outer);
}

/** `timeout [-s S] [-k K] N` */
function timeoutOf({ name, args }: Wrapper): number | undefined {
  if (name !== "timeout") return undefined;
  const text = args.at(-1)?.text ?? "";
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  if (amount === undefined) throw new Refusal(`the limit of "timeout" is "${text}"`);
  return Number(amount) * { s: 1, m: 60, h: 3600, d: 86400 }[unit as "s"];
}
