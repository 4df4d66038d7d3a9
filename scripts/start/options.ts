// The command line of `npm start`.

import { parseArgs } from "node:util";
import { shellWords } from "./shell-words.ts";

export interface Options {
  /** Ends by itself after this long; undefined: runs until interrupted. */
  readonly forMs: number | undefined;
  readonly periodMs: number;
  readonly graceMs: number;
  /** undefined: 6379, or a free one if that is taken. */
  readonly redisPort: number | undefined;
  /** The probe's command line, in words; "{port}" stands for Redis' port. */
  readonly probe: readonly string[];
  /** True to let PID 1 answer over HTTP instead of running the probe as an exec. */
  readonly isOverHttp: boolean;
}

/** A command line that cannot be followed. The message names the option, the value and what would be right. */
export class UsageError extends Error {}

export const HELP = `npm start -- [OPTIONS]

Runs redis-server under "knell init" in its own PID namespace and probes it as a container
runtime does: a process inside whose parent is outside, killed alone after 1 s, and done
when its output ends. Three failures in a row restart Redis: TERM, grace period, KILL.

  --for DURATION      end after this long; exit 0 if every probe passed, else 1
  --probe "COMMAND"   probe with this command instead of "knell redis --live -p {port}";
                      {port} is Redis' port, split into words like a shell, no expansion
  --probe-over http   let PID 1 answer: a GET of /livez in place of an exec. "knell redis …"
                      is then asked by PID 1 itself, any other command is its child
  --redis-port N      let Redis listen here (default 6379, or a free port if that is taken)
  --period DURATION   time between two probes (default 1s)
  --grace DURATION    time between TERM and KILL (default 30s)
  --help              this text

Each line: time, verdict, milliseconds, zombies in the namespace. The verdicts:
  pass      exit 0
  fail      any other exit
  timeout   killed after 1 s: a failure
  hang      killed after 1 s, but a process it left behind holds its output open. The runtime
            waits for that, so there is no result, and nobody counts a failure

Examples: npm start -- --for 20s --probe-over http
          npm start -- --for 20s --probe "tini -s -- redis-cli -p {port} ping"`;

/** The options in `args`; undefined if help is asked for. Throws a UsageError. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const forMs = values.for === undefined ? undefined : parseDuration("--for", values.for);
  return {
    forMs,
    periodMs: parseDuration("--period", values.period),
    graceMs: parseDuration("--grace", values.grace),
    redisPort: values["redis-port"] === undefined ? undefined : parsePort(values["redis-port"]),
    probe: parseProbe(values.probe),
    isOverHttp: parseProbeOver(values["probe-over"]) === "http",
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        for: { type: "string" },
        probe: { type: "string", default: "knell redis --live -p {port}" },
        "probe-over": { type: "string", default: "exec" },
        "redis-port": { type: "string" },
        period: { type: "string", default: "1s" },
        grace: { type: "string", default: "30s" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    const [reason = ""] = (error as Error).message.split(/\.\s|\n/);
    throw new UsageError(reason.charAt(0).toLowerCase() + reason.slice(1).replaceAll("'", '"'));
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 2 ** 31 - 1;

/** Milliseconds from "900ms", "1s", "1.5" (seconds), "2m", "1h"; 1 to 2³¹−1, the longest timer Node has. */
function parseDuration(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const milliseconds = match ? Number(match[1]) * (UNIT_MS[match[2] ?? "s"] ?? 0) : 0;
  if (milliseconds >= 1 && milliseconds <= LONGEST_MS) return milliseconds;
  throw new UsageError(`${option} "${text}": not a duration; write for instance 20s, 500ms or 2m`);
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--redis-port "${text}": not a port; write 1 to 65535`);
}

function parseProbeOver(text: string): "exec" | "http" {
  if (text === "exec" || text === "http") return text;
  throw new UsageError(`--probe-over "${text}": not a way to probe; write exec or http`);
}

function parseProbe(text: string): string[] {
  const words = shellWords(text);
  if (words === undefined) throw new UsageError(`--probe "${text}": a quote is not closed`);
  if (!words[0])
    throw new UsageError(`--probe "${text}": no command; write for instance "redis-cli ping"`);
  return words;
}
