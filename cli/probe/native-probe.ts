// What the kubelet could ask without a process.

import { isFixed, operandsOf, optionValue } from "./client-options.ts";
import type { Command } from "./command.ts";
import { type HttpClient, httpClientsIn, httpTarget, isLoopback } from "./http-client.ts";
import { connectionOf, loneInvocation } from "./lone-command.ts";
import type { Invocation } from "./script.ts";

/** A handler that needs no process. */
export interface Native {
  readonly handler: "httpGet" | "tcpSocket" | "grpc";
  readonly fields: Readonly<Record<string, string | number>>;
  readonly program: string;
  /** The fields say all that the command says. */
  readonly isWhole: boolean;
}

/** What a handler of Kubernetes asks instead of `command`; undefined where it is not the same. */
export function nativeFor(command: Command): Native | undefined {
  const invocation = loneInvocation(command);
  if (invocation === undefined) {
    const connection = connectionOf(command);
    if (connection === undefined || !isLoopback(connection.host)) return undefined;
    return tcp("/dev/tcp", connection.port);
  }
  if (/^(?:nc|ncat|netcat)$/.test(invocation.program)) return forNetcat(invocation);
  if (/^grpc[_-]health[_-]probe/.test(invocation.program)) return forGrpc(invocation);
  const client = httpClientsIn(command).find((item) => item.invocation === invocation);
  return client && forHttp(client);
}

function tcp(program: string, port: number): Native {
  return { handler: "tcpSocket", fields: { port }, program, isWhole: true };
}

/** Options that change nothing about what is asked. */
const QUIET: Readonly<Record<string, RegExp>> = {
  curl: /^(?:-[fsSvmoLw46q]|--(?:fail|fail-with-body|silent|show-error|verbose|max-time|connect-timeout|output|location|write-out|ipv4|ipv6|no-progress-meter|retry|retry-delay|retry-connrefused))$/,
  wget: /^(?:-[qOTtSnv]|--(?:quiet|spider|output-document|timeout|tries|no-verbose|server-response|connect-timeout|read-timeout))$/,
};

function forHttp({ invocation: { program }, options, urls }: HttpClient): Native | undefined {
  const target = urls.length === 1 ? httpTarget(urls[0]!) : undefined;
  if (target === undefined || !isLoopback(target.host)) return undefined;
  let isWhole = true;
  for (const { name, value = "" } of options) {
    const isGet = /^(?:-X|--request|--method)$/.test(name) && value === "GET";
    const isHeader =
      /^(?:-[HAU]|--header|--user-agent)$/.test(name) &&
      (/^-[AU]|agent/.test(name) || /^(?:accept|user-agent):/i.test(value));
    if (isHeader) isWhole = false;
    else if (!isGet && !QUIET[program]!.test(name)) return undefined;
    if (
      /^(?:-[oO]|--output|--output-document)$/.test(name) &&
      !/^(?:\/dev\/(?:null|stdout)|-)$/.test(value)
    )
      return undefined;
  }
  const { scheme, path, port } = target;
  const fields = { path, port, ...(scheme === "https" && { scheme: "HTTPS" }) };
  return { handler: "httpGet", fields, program, isWhole };
}

const NC_VALUED = new Set(["-w", "-i"]);

/** `nc -z [-v] [-w N] localhost 6379` */
function forNetcat({ program, args }: Invocation): Native | undefined {
  const [host, port, ...others] = operandsOf(args, NC_VALUED);
  const options = args.filter(({ text }) => text.startsWith("-"));
  const isPlain = options.every(({ text }) => /^-(?:[zvn46]+|[wi]\d*|[zvn]+w\d*)$/.test(text));
  if (!isPlain || !options.some(({ text }) => /^-\w*z/.test(text)) || others.length > 0)
    return undefined;
  if (!host || !port || !isFixed(host) || !isFixed(port) || !isLoopback(host.text))
    return undefined;
  return /^\d+$/.test(port.text) ? tcp(program, Number(port.text)) : undefined;
}

function forGrpc({ program, args }: Invocation): Native | undefined {
  const option = (name: string) => optionValue(args, [`-${name}`, `--${name}`]);
  const known = /^--?(?:addr|service|connect-timeout|rpc-timeout|v|verbose)(?:=.*)?$/;
  if (args.some(({ text }) => text.startsWith("-") && !known.test(text))) return undefined;
  const [address, service] = [option("addr"), option("service")];
  const [, host = "", port] = /^(.*):(\d+)$/.exec(address?.text ?? "") ?? [];
  if (!address || !isFixed(address) || (service && !isFixed(service)) || port === undefined)
    return undefined;
  if (host !== "" && !isLoopback(host.replace(/^\[|\]$/g, ""))) return undefined;
  const fields = {
    port: Number(port),
    ...(service && service.text !== "" && { service: service.text }),
  };
  return { handler: "grpc", fields, program, isWhole: true };
}
