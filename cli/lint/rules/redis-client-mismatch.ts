import type { Command } from "../../probe/command.ts";
import type { Probe } from "../../probe/container.ts";
import { type RedisClient, redisClientsIn } from "../../probe/redis-client.ts";
import {
  clientWithOptions,
  optionsBeforeCommand,
  withComposePassword,
} from "../../probe/redis-client-fixes.ts";
import { findQuestion } from "../../probe/redis-question.ts";
import { demandedPassword, isRedisServer, serverOptionsOf } from "../../probe/redis-server.ts";
import type { Fix } from "../finding.ts";
import { fixFrom, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN504",
    name: "redis-client-mismatch",
    severity: "error",
    isOnByDefault: true,
    summary: "a redis-cli probe that cannot reach or ask the server of its own container",
    why: "A missing password answers NOAUTH, which exits 0 and counts as healthy; a wrong port never becomes ready.",
    remedy:
      "Give the client the server's password (REDISCLI_AUTH) and port, options before the command word.",
    link: "https://github.com/spotahome/redis-operator/issues/575",
    fixKinds: ["safe", "unsafe"],
  },
  platforms: ["kubernetes", "compose"],
  check: {
    probe(probe, { report }) {
      const { command, container } = probe;
      if (command === undefined) return;
      const clients = redisClientsIn(command);
      for (const client of clients) {
        const fault = wordFault(probe, command, client);
        if (fault !== undefined) report({ at: placeOf(command, client), ...fault });
      }
      const [client] = clients;
      if (client === undefined || !isRedisServer(container)) return;
      for (const fault of serverFaults(probe, command, client)) {
        report({ at: placeOf(command, client), ...fault });
      }
    },
  },
};

interface Fault {
  readonly message: string;
  readonly fixes: readonly (Fix | undefined)[];
}

function placeOf(command: Command, { invocation: { start, end } }: RedisClient) {
  return command.rangeOf({ start, end });
}

/** Options with which the client reads no command from its words. */
const OTHER_MODES =
  /^(?:-[xXr]|--(?:pipe|scan|stat|latency.*|bigkeys|memkeys|hotkeys|keystats|eval|cluster|rdb|functions-rdb|replica|slave|intrinsic-latency|lru-test|ldb.*|help|version)|-v)$/;

function wordFault(probe: Probe, command: Command, client: RedisClient): Fault | undefined {
  const { invocation, flags, command: words } = client;
  const { program } = invocation;
  const [word, ...rest] = words;
  if (word === undefined) {
    const isSpecial = [...flags.keys()].some((name) => OTHER_MODES.test(name));
    if (isSpecial || readsStdin(client)) return undefined;
    const message = `"${program}" has no command: it asks nothing and exits 0`;
    return { message, fixes: [] };
  }
  const option = rest.find(({ text }) => /^-{1,2}[a-z]/.test(text));
  if (word.text.toLowerCase() !== "ping" || option === undefined) return undefined;
  return {
    message: `"${option.text}" after "${word.text}" is an argument of ${word.text.toUpperCase()}, not an option of "${program}"`,
    fixes: [fixFrom("safe", optionsBeforeCommand(probe, command, client))],
  };
}

function readsStdin({ invocation: { pipelineIndex, node } }: RedisClient): boolean {
  return (
    pipelineIndex > 0 || (node?.redirects.some(({ operator }) => operator.startsWith("<")) ?? false)
  );
}

/** What the server's command line proves wrong about the first client. */
function serverFaults(probe: Probe, command: Command, client: RedisClient): Fault[] {
  const { container } = probe;
  const { flags, invocation } = client;
  if (flags.has("-u") || !isOwnHost(flags.get("-h")?.text)) return [];
  const faults: Fault[] = [];
  const options = serverOptionsOf(container);
  const isKnown = options !== undefined && !options.hasFile;
  const port = isKnown ? options.values.get("port") : undefined;
  const tlsPort = isKnown ? options.values.get("tls-port") : undefined;
  const isSocket = flags.has("-s");
  if (port === "0" && tlsPort !== undefined && !flags.has("--tls") && !isSocket) {
    const added = ["--tls", ...(flags.has("-p") || tlsPort === "6379" ? [] : ["-p", tlsPort])];
    faults.push({
      message: `the server speaks TLS alone (--port 0 --tls-port ${tlsPort}), and "${invocation.program}" has no --tls`,
      fixes: [fixFrom("unsafe", clientWithOptions(probe, command, client, added))],
    });
  } else if (/^[1-9]\d*$/.test(port ?? "") && port !== "6379" && !flags.has("-p") && !isSocket) {
    faults.push({
      message: `the server listens on port ${port}, and "${invocation.program}" asks 6379`,
      fixes: [fixFrom("unsafe", clientWithOptions(probe, command, client, ["-p", port!]))],
    });
  }
  const password = demandedPassword(container);
  if (password !== undefined && !hasPassword(probe, command)) {
    faults.push({
      message: `the server demands a password, and "${invocation.program}" has none`,
      fixes: [fixFrom("unsafe", withComposePassword(container, password.text))],
    });
  }
  return faults;
}

function isOwnHost(host: string | undefined): boolean {
  return host === undefined || /^(?:localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0)$/.test(host);
}

/** True also where a file of variables may hold one, or the script cannot be followed. */
function hasPassword({ container }: Probe, command: Command): boolean {
  const { env, spec, service } = container;
  if (env.has("REDISCLI_AUTH") || env.has("VALKEYCLI_AUTH")) return true;
  if (spec?.hasEnvFrom || (service?.envFiles.length ?? 0) > 0) return true;
  const question = findQuestion(command);
  return question === undefined || question.passwords.length > 0 || hasEnvPassword(question.prefix);
}

function hasEnvPassword(prefix: readonly string[]): boolean {
  return prefix.some((word) => /^(?:REDIS|VALKEY)CLI_AUTH=/.test(word));
}
