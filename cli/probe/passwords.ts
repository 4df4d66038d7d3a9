// Passwords on the command lines of clients.

import { optionValue } from "./client-options.ts";
import type { Command } from "./command.ts";
import { httpClientsIn } from "./http-client.ts";
import { type RedisClient, redisClientsIn } from "./redis-client.ts";
import type { Invocation, Word } from "./script.ts";

export interface Password {
  readonly invocation: Invocation;
  /** "-a", "--password", "-u"; "URI" for one inside a URI. */
  readonly option: string;
  /** The word that holds it. */
  readonly word: Word;
  /** Of a Redis client's `-a` and `--pass`: the client and the words of the option. */
  readonly redis?: {
    readonly client: RedisClient;
    readonly flag: { readonly start: number; readonly end: number };
  };
}

/** Every password, literal or expanded, that a client of `command` gets as an argument; not those in files. */
export function passwordsIn(command: Command): Password[] {
  return [
    ...redisClientsIn(command).flatMap(ofRedis),
    ...httpClientsIn(command).flatMap(({ invocation, options }) =>
      (invocation.program === "curl" ? options : [])
        .filter(({ name, value }) => /^(?:-u|--user)$/.test(name) && /^[^:]*:./.test(value ?? ""))
        .map(({ name, word }) => ({ invocation, option: name, word })),
    ),
    ...command.invocations.flatMap((invocation) => ofOther(invocation) ?? []),
  ];
}

const URI_WITH_PASSWORD = /^[a-z][a-z\d+.-]*:\/\/[^@/?#\s]*:[^@/?#\s]+@/i;

function ofRedis(client: RedisClient): Password[] {
  const { invocation, flags } = client;
  const found: Password[] = [];
  for (const option of ["-a", "--pass"]) {
    const word = flags.get(option);
    const flag = invocation.args.find(
      (arg, at) => arg.text === option && invocation.args[at + 1] === word,
    );
    if (word === undefined || word.text === "" || flag === undefined) continue;
    found.push({
      invocation,
      option,
      word,
      redis: { client, flag: { start: flag.start, end: word.end } },
    });
  }
  const uri = flags.get("-u");
  if (uri && URI_WITH_PASSWORD.test(uri.text)) found.push({ invocation, option: "-u", word: uri });
  return found;
}

const MYSQL = /^(?:mysql|mariadb)(?:-?(?:admin|check|show|dump))?$/;

/** True for clients that overwrite the password in their own arguments when they start. */
export function isHidingPassword({ program }: Invocation): boolean {
  return MYSQL.test(program);
}

function ofOther(invocation: Invocation): Password | undefined {
  const { program, args } = invocation;
  const found = (option: string, word: Word | undefined) =>
    word === undefined || word.text === "" ? undefined : { invocation, option, word };
  if (MYSQL.test(program)) {
    const word = args.find(({ text }) => /^(?:-p.|--password=.)/s.test(text));
    return found(word?.text.startsWith("--") ? "--password" : "-p", word);
  }
  if (program === "mongosh" || program === "mongo") {
    const uri = args.find(({ text }) => URI_WITH_PASSWORD.test(text));
    const word = optionValue(args, ["-p", "--password"]);
    return found("URI", uri) ?? found(word?.name ?? "", word);
  }
  if (program === "sqlcmd") return found("-P", optionValue(args, ["-P"]));
  const isClickHouse =
    program === "clickhouse-client" || (program === "clickhouse" && args[0]?.text === "client");
  return isClickHouse ? found("--password", optionValue(args, ["--password"])) : undefined;
}
