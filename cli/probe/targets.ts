// Which hosts the clients on a command line ask.

import type { Place } from "../kube/manifest.ts";
import { isFixed, operandsOf, optionValue } from "./client-options.ts";
import type { Command } from "./command.ts";
import type { Container } from "./container.ts";
import { httpClientsIn, httpTarget, isLoopback } from "./http-client.ts";
import { redisClientsIn } from "./redis-client.ts";
import type { Invocation, Word } from "./script.ts";

/** A host that is asked, and the word that names it. */
export interface Target {
  readonly host: string;
  readonly program: string;
  readonly word: Word;
}

/** Every host that is known as the file stands: variables with a value in the container's own `env` are resolved. */
export function targetsIn(command: Command, container: Container): Target[] {
  const named = [
    ...httpClientsIn(command).flatMap(({ invocation, urls }) =>
      urls.map((word) => ({ program: invocation.program, word, isUrl: true })),
    ),
    ...redisClientsIn(command).flatMap(({ invocation: { program }, flags }) => {
      const [host, url] = [flags.get("-h"), flags.get("-u")];
      return [
        ...(host ? [{ program, word: host, isUrl: false }] : []),
        ...(url ? [{ program, word: url, isUrl: true }] : []),
      ];
    }),
    ...command.invocations.flatMap((invocation) => {
      const word = hostWord(invocation);
      return word ? [{ program: invocation.program, word, isUrl: word.text.includes("://") }] : [];
    }),
  ];
  return named.flatMap(({ program, word, isUrl }) => {
    const resolved = resolve(word, container);
    const host = resolved && (isUrl ? hostOfUrl(resolved) : hostOfAddress(resolved.text));
    return host ? [{ host, program, word }] : [];
  });
}

const SQL_CLIENT = /^(?:pg_isready|psql|mysql|mysqladmin|mysqlshow|mariadb|mariadb-admin)$/;
const NC_VALUED = new Set(["-w", "-i", "-p", "-s", "-G", "-x", "-X"]);

function hostWord({ program, args }: Invocation): Word | undefined {
  if (SQL_CLIENT.test(program)) return optionValue(args, ["-h", "--host"]);
  if (program === "knell" && args[0]?.text === "redis") {
    return optionValue(args, ["-h"]) ?? optionValue(args, ["-u"]);
  }
  if (program === "mongosh" || program === "mongo") {
    return optionValue(args, ["--host"]) ?? args.find(({ text }) => /^mongodb:\/\//.test(text));
  }
  if (/^(?:nc|ncat|netcat)$/.test(program)) {
    const operands = operandsOf(args, NC_VALUED);
    return operands.length === 2 ? operands[0] : undefined;
  }
  return /^grpc[_-]health[_-]probe/.test(program)
    ? optionValue(args, ["-addr", "--addr"])
    : undefined;
}

/** `$NAME`, `${NAME}` or `$(NAME)` alone becomes its value; undefined where a part is not known. */
function resolve(word: Word, { env }: Container): Word | undefined {
  if (isFixed(word)) return word;
  const [, braced, inParentheses, bare] = /^\$(?:\{(\w+)\}|\((\w+)\)|(\w+))$/.exec(word.text) ?? [];
  const text = env.get(braced ?? inParentheses ?? bare ?? "");
  return text === undefined || text.includes("$") ? undefined : { ...word, text, isLiteral: true };
}

function hostOfUrl(word: Word): string | undefined {
  const target = httpTarget(word);
  if (target !== undefined) return target.host;
  return URL.canParse(word.text) ? new URL(word.text).hostname.replace(/^\[|\]$/g, "") : undefined;
}

/** "db", "db:5432", "[::1]:50051", ":50051"; undefined for a socket's path or several hosts. */
function hostOfAddress(text: string): string | undefined {
  if (/[/,@=]/.test(text)) return undefined;
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(text) ?? [];
  return bracketed ?? plain ?? text;
}

/** True for the names by which `container` knows itself: loopback, its name, its service's, its address. */
export function isOwnHost(host: string, container: Container): boolean {
  const names = [container.name, ...serviceNames(container), ...podNames(container)];
  return (
    isLoopback(host) ||
    names.some((name) => name !== "" && host.toLowerCase() === name.toLowerCase())
  );
}

function serviceNames({ service }: Container): string[] {
  if (service === undefined) return [];
  const { place } = service;
  const networks = place.at("networks").items;
  return [
    ...strings(place.at("container_name"), place.at("hostname")),
    ...networks.flatMap((network) => [
      ...(network.at("aliases").strings ?? []),
      ...strings(network.at("ipv4_address"), network.at("ipv6_address")),
    ]),
  ];
}

function podNames({ workload }: Container): string[] {
  if (workload === undefined) return [];
  const { object, pod } = workload;
  return [...strings(pod.place.at("hostname")), ...(object.kind === "Pod" ? [object.name] : [])];
}

function strings(...places: readonly Place[]): string[] {
  return places.flatMap((place) => place.string ?? []);
}
