import type { Place } from "../../kube/manifest.ts";
import { replaceMap } from "../../kube/yaml-edits.ts";
import { isFixed, operandsOf, optionValue } from "../../probe/client-options.ts";
import type { Command } from "../../probe/command.ts";
import { type HttpClient, httpClientsIn, httpTarget, isLoopback } from "../../probe/http-client.ts";
import { connectionOf, loneInvocation } from "../../probe/lone-command.ts";
import type { Invocation } from "../../probe/script.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN204",
    name: "native-probe-available",
    severity: "info",
    isOnByDefault: true,
    summary:
      "an exec probe that only asks its own port, which the kubelet can do without a process",
    why: "Each run starts processes through the runtime: a hundred idle pods with exec probes cost a third of a node.",
    remedy: "Use httpGet, tcpSocket or grpc, if the server listens on more than loopback.",
    link: "https://github.com/kubernetes/kubernetes/issues/82440",
    fixKinds: ["unsafe"],
  },
  platforms: ["kubernetes"],
  check: {
    probe({ command, place }, { report }) {
      const native = command && nativeFor(command);
      if (native === undefined || place === undefined) return;
      const { handler, fields, program, isWhole } = native;
      const text = Object.entries(fields).map(([key, value]) => `${key}: ${value}`);
      report({
        message: `"${program}" asks what ${handler} {${text.join(", ")}} asks without a process`,
        at: command?.rangeOf(),
        fixes: [
          isWhole ? fixWith("unsafe", `use ${handler}`, replaceExec(place, native)) : undefined,
        ],
      });
    },
  },
};

interface Native {
  readonly handler: "httpGet" | "tcpSocket" | "grpc";
  readonly fields: Readonly<Record<string, string | number>>;
  readonly program: string;
  /** The fields say all that the command says. */
  readonly isWhole: boolean;
}

function replaceExec(place: Place, { handler, fields }: Native) {
  return replaceMap(place.at("exec"), handler, fields);
}

function nativeFor(command: Command): Native | undefined {
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
