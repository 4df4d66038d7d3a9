// Time limits inside a command: what `timeout 5`, `curl -m 5` or pg_isready's own default allow it at most.

import { parseDurationSeconds } from "../kube/durations.ts";
import { optionValue } from "./client-options.ts";
import type { Command } from "./command.ts";
import type { Invocation, Word } from "./script.ts";

export interface InnerLimit {
  readonly seconds: number;
  /** Written in the command, rather than the tool's default. */
  readonly isExplicit: boolean;
  /** As a part of a sentence: `"curl -m 5"`, `"pg_isready" without -t`. */
  readonly because: string;
  /** The invocation, or the word with the number. */
  readonly at: { readonly start: number; readonly end: number };
}

/** The longest that a program in `command` may take by its own limits; undefined where nothing limits it. */
export function innerLimitOf(command: Command): InnerLimit | undefined {
  const { outer, script } = command;
  const around = outer.wrappers.map((wrapper) => timeoutLimit(wrapper, outer)).find(Boolean);
  if (script === undefined) return shortest(around, ownLimit(outer));
  const inside = command.invocations
    .map((invocation) => {
      const wrapped = invocation.wrappers.map((wrapper) => timeoutLimit(wrapper, invocation));
      return shortest(wrapped.find(Boolean), ownLimit(invocation));
    })
    .reduce(longest, undefined);
  // A limit around the shell has no place in the script; it is shown by the whole command.
  if (around !== undefined && (inside === undefined || around.seconds < inside.seconds)) {
    return { ...around, at: { start: 0, end: script.text.length } };
  }
  return inside;
}

function shortest(a?: InnerLimit, b?: InnerLimit): InnerLimit | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.seconds <= b.seconds ? a : b;
}

function longest(a?: InnerLimit, b?: InnerLimit): InnerLimit | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.seconds >= b.seconds ? a : b;
}

/** coreutils and BusyBox: `timeout [options] N`, BusyBox before 1.30 `timeout -t N`. */
function timeoutLimit(
  { name, args }: Invocation["wrappers"][number],
  { start, end }: Invocation,
): InnerLimit | undefined {
  if (name !== "timeout") return undefined;
  const word = args.findLast(({ text }) => /^\d/.test(text));
  return explicit(word, `"timeout ${word?.text}"`, word ?? { start, end });
}

function explicit(
  word: Word | undefined,
  because: string,
  at: InnerLimit["at"],
  factor = 1,
): InnerLimit | undefined {
  const seconds = word?.isLiteral ? secondsIn(word.text) : undefined;
  if (seconds === undefined || seconds === 0) return undefined;
  return { seconds: seconds * factor, isExplicit: true, because, at };
}

/** Seconds in what `sleep` and `timeout` take: "5", "0.5", "5s", "2m". undefined if it is none. */
export function secondsIn(text: string): number | undefined {
  return /^\d*\.?\d+$/.test(text) ? Number(text) : parseDurationSeconds(text);
}

interface Tool {
  readonly program: RegExp;
  /** Names of the option that limits it; the value is the next word, or what follows "=" or a short name. */
  readonly options: readonly string[];
  /** Without the option. */
  readonly defaultSeconds?: number;
  /** How many times the limit may pass. */
  readonly attempts?: (args: readonly Word[]) => number;
}

const TOOLS: readonly Tool[] = [
  {
    program: /^curl$/,
    options: ["-m", "--max-time"],
    attempts: (args) => 1 + numberOf(args, ["--retry"], 0),
  },
  {
    program: /^wget$/,
    options: ["-T", "--timeout"],
    attempts: (args) => numberOf(args, ["-t", "--tries"], 1),
  },
  { program: /^pg_isready$/, options: ["-t", "--timeout"], defaultSeconds: 3 },
  { program: /^(?:nc|ncat|netcat)$/, options: ["-w"] },
  { program: /^(?:redis|valkey|keydb)-cli$/, options: ["-t"] },
  { program: /^(?:rabbitmqctl|rabbitmq-diagnostics)$/, options: ["-t", "--timeout"] },
  { program: /^celery$/, options: ["-t", "--timeout"], defaultSeconds: 1 },
  { program: /^mysqladmin$/, options: ["--connect-timeout", "--connect_timeout"] },
];

function ownLimit(invocation: Invocation): InnerLimit | undefined {
  const { program, args, assignments } = invocation;
  const limit = grpcLimit(invocation) ?? toolLimit(invocation);
  if (limit !== undefined) return limit;
  if (program === "sleep") return explicit(args[0], `"sleep ${args[0]?.text}"`, invocation);
  const connect = assignments.get("PGCONNECT_TIMEOUT");
  return explicit(connect, `"PGCONNECT_TIMEOUT=${connect?.text}"`, invocation);
}

function toolLimit(invocation: Invocation): InnerLimit | undefined {
  const { program, args } = invocation;
  const tool = TOOLS.find((candidate) => candidate.program.test(program));
  if (tool === undefined) return undefined;
  const found = optionValue(args, tool.options);
  if (found !== undefined) {
    const attempts = tool.attempts?.(args) ?? 1;
    const times = attempts > 1 ? ` in ${attempts} attempts` : "";
    return explicit(
      found,
      `"${program} ${found.name} ${found.text}"${times}`,
      invocation,
      attempts,
    );
  }
  // celery's own limit is only that of `inspect` and `status`, which wait for replies.
  const isWaiting =
    program !== "celery" || args.some(({ text }) => /^(?:inspect|status)$/.test(text));
  if (tool.defaultSeconds === undefined || !isWaiting) return undefined;
  return {
    seconds: tool.defaultSeconds,
    isExplicit: false,
    because: `"${program}" without ${tool.options[0]}`,
    at: invocation,
  };
}

/** grpc-health-probe: one limit to connect and one for the call, 1 s each. */
function grpcLimit(invocation: Invocation): InnerLimit | undefined {
  const { program, args } = invocation;
  if (!/^grpc[_-]health[_-]probe/.test(program)) return undefined;
  const [connect, call] = ["connect-timeout", "rpc-timeout"].map((name) =>
    optionValue(args, [`-${name}`, `--${name}`]),
  );
  const [first, second] = [connect, call].map((word) => (word ? secondsIn(word.text) : 1));
  if (first === undefined || second === undefined) return undefined;
  return {
    seconds: first + second,
    isExplicit: connect !== undefined || call !== undefined,
    because: `"${program}" with ${first} s to connect and ${second} s for the call`,
    at: invocation,
  };
}

function numberOf(args: readonly Word[], names: readonly string[], fallback: number): number {
  const value = Number(optionValue(args, names)?.text ?? fallback);
  return Number.isInteger(value) && value >= 0 ? value : fallback;
}
