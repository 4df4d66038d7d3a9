// The Redis server of a container, as far as its description tells: options, password, ports.

import type { Command } from "./command.ts";
import type { Container, Probe } from "./container.ts";
import { isRedisFamily } from "./image.ts";
import type { RedisQuestion } from "./redis-question.ts";
import { asArgument, isKnown } from "./shell-text.ts";

const SENTINEL_PORT = "26379";
const SERVER = /^(?:redis|valkey|keydb)-server$/;
const SENTINEL = /^(?:redis|valkey|keydb)-sentinel$/;

/** True if the container runs Redis or a server of its kind that holds data: no Sentinel, no exporter. */
export function isRedisServer(container: Container): boolean {
  const { image } = container;
  if (!isRedisFamily(image) || SENTINEL.test(image.basename)) return false;
  return !startCommands(container).some((command) =>
    [
      ...command.invocations.flatMap(({ words }) => words.map(({ text }) => text)),
      ...command.argv,
    ].some((text) => text === "--sentinel" || /(?:^|[/-])sentinel(?:\.conf)?$/.test(text)),
  );
}

/** What the client's port belongs to; a variable is looked up in the container's description. */
export function redisPortOf(
  { options }: RedisQuestion,
  { env }: Container,
): "redis" | "sentinel" | "unknown" {
  const port = options.findLast(({ name }) => name === "-p")?.value;
  if (port === undefined) return "redis";
  const spelling = asArgument(port);
  const name = /^\$[({]?([A-Za-z_]\w*)[)}]?$/.exec(spelling)?.[1];
  const value = isKnown(port) && name === undefined ? spelling : env.get(name ?? "");
  if (value === SENTINEL_PORT || /SENTINEL/i.test(name ?? "")) return "sentinel";
  return value === undefined && name === undefined ? "unknown" : "redis";
}

/** The number of a tcpSocket probe's port where Redis itself listens; undefined for Sentinel's and where it cannot be told. */
export function tcpPortOf({ place, container }: Probe): number | undefined {
  const port = place?.at("tcpSocket", "port");
  if (port === undefined || place?.at("tcpSocket", "host").exists) return undefined;
  const named = container.spec?.ports.find(({ name }) => name === port.string)?.containerPort;
  const number = port.integer ?? named;
  return number === undefined || String(number) === SENTINEL_PORT ? undefined : number;
}

/** The options of redis-server on the container's own command line. */
export interface ServerOptions {
  /** By name without dashes, lower case; the last one wins. Values as written. */
  readonly values: ReadonlyMap<string, string>;
  /** A configuration file is named, too. */
  readonly hasFile: boolean;
}

/** undefined where the command line does not start a Redis server. */
export function serverOptionsOf(container: Container): ServerOptions | undefined {
  for (const command of startCommands(container)) {
    const words = serverWords(command, container);
    if (words !== undefined) return parseServerWords(words);
  }
  return undefined;
}

function startCommands({ start }: Container): Command[] {
  return [start.entrypoint, start.cmd].filter((command) => command !== undefined);
}

/** The words after redis-server; the images' ENTRYPOINT puts it before words that begin with a dash. */
function serverWords(command: Command, container: Container): readonly string[] | undefined {
  const server = command.invocations.find(({ program }) => SERVER.test(program));
  if (server !== undefined) return server.args.map(({ text }) => text);
  const [script, program = ""] = command.argv;
  if (script?.endsWith(".sh") && SERVER.test(program)) return command.argv.slice(2);
  return script?.startsWith("-") && isRedisFamily(container.image) ? command.argv : undefined;
}

function parseServerWords(words: readonly string[]): ServerOptions {
  const values = new Map<string, string>();
  let hasFile = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith("--")) {
      hasFile ||= values.size === 0 || word.endsWith(".conf");
      continue;
    }
    const value = words[at + 1];
    const hasValue = value !== undefined && !value.startsWith("--");
    values.set(word.slice(2).toLowerCase(), hasValue ? value : "");
    if (hasValue) at++;
  }
  return { values, hasFile };
}

/** The password that the server demands, as written where it is written in this file; undefined: none, or it cannot be told. */
export function demandedPassword(container: Container): { readonly text?: string } | undefined {
  const { image, env } = container;
  if (isSet(env.get("ALLOW_EMPTY_PASSWORD"))) return undefined;
  const options = serverOptionsOf(container);
  const required = options?.values.get("requirepass");
  if (options !== undefined && !options.hasFile && required !== undefined && isSet(required)) {
    return { text: required };
  }
  if (!/^bitnami(?:legacy|secure)?\//.test(image.repository) || !isRedisFamily(image))
    return undefined;
  const name = ["REDIS_PASSWORD", "VALKEY_PASSWORD", "KEYDB_PASSWORD"].find((variable) =>
    env.has(variable),
  );
  if (name === undefined) return undefined;
  const text = env.get(name);
  return text === undefined || isSet(text) ? { text } : undefined;
}

/** Not empty, and no variable that may be: `${X:-}`. */
function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "" && !/^\$\{\w+:?-\}$/.test(value);
}
