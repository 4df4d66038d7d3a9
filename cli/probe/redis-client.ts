// redis-cli, valkey-cli and keydb-cli on a command line (redis-cli.c, parseOptions).

import type { Command } from "./command.ts";
import { type Image, isRedisFamily } from "./image.ts";
import type { Invocation, Word } from "./script.ts";

export interface RedisClient {
  readonly invocation: Invocation;
  /** By their names as written, "-h" or "--pass"; the value's word, or the flag's own where it takes none. */
  readonly flags: ReadonlyMap<string, Word>;
  /** The command and its arguments, and what follows: redis-cli reads no option behind them. */
  readonly command: readonly Word[];
}

const PROGRAM = /^(?:redis|valkey|keydb)-cli$/;
const VALUED = new Set(
  (
    "-h -p -t -s -a -u -r -i -n -X -d -D --user --pass --sni --cacert --cacertdir --cert --key --tls-ciphers " +
    "--tls-ciphersuites --show-pushes --lru-test --rdb --functions-rdb --pipe-timeout --memkeys-samples --pattern " +
    "--quoted-pattern --count --intrinsic-latency --eval --cluster"
  ).split(" "),
);

/** Every client that `command` runs. */
export function redisClientsIn(command: Command): RedisClient[] {
  return command.invocations.filter(isRedisClient).map(clientOf);
}

/** True for redis-cli and its kin. */
export function isRedisClient({ program }: Invocation): boolean {
  return PROGRAM.test(program);
}

/** `invocation`, whose program is one, with its options told apart from its command. */
export function clientOf(invocation: Invocation): RedisClient {
  const { args } = invocation;
  const flags = new Map<string, Word>();
  let at = 0;
  for (; at < args.length && /^-./.test(args[at]!.text); at++) {
    const flag = args[at]!;
    const value = VALUED.has(flag.text) ? args[++at] : flag;
    if (value !== undefined) flags.set(flag.text, value);
  }
  return { invocation, flags, command: args.slice(at) };
}

/** True if the client has `-e`: redis-cli since 6.2, valkey-cli always, keydb-cli never. */
export function knowsExitFlag({ invocation }: RedisClient, image: Image): boolean {
  if (invocation.program === "keydb-cli") return false;
  if (image.family === "valkey") return true;
  if (!isRedisFamily(image)) return false;
  const [, major, minor] = /^v?(\d+)(?:\.(\d+))?/.exec(image.tag) ?? [];
  if (major === undefined) return true;
  return Number(major) > 6 || (Number(major) === 6 && Number(minor ?? "2") >= 2);
}

/** True if nothing looks at what the client prints: its exit status is the verdict. */
export function isJudgedByStatus({ invocation }: Pick<RedisClient, "invocation">): boolean {
  const { isCaptured, pipelineIndex, pipelineLength, node } = invocation;
  const isSaved = (node?.redirects ?? []).some(
    (redirect) =>
      redirect.type === "Redirect" &&
      redirect.operator.includes(">") &&
      !/^(?:\/dev\/null|[\d-])/.test(redirect.target?.value ?? ""),
  );
  return !isCaptured && !isSaved && pipelineIndex === pipelineLength - 1;
}
