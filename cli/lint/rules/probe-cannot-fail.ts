import { addArgument } from "../../probe/arguments.ts";
import type { Command } from "../../probe/command.ts";
import type { Container, Probe } from "../../probe/container.ts";
import { isDecisive, whitewashOf } from "../../probe/exit-status.ts";
import { type HttpClient, httpClientsIn } from "../../probe/http-client.ts";
import { isJudgedByStatus } from "../../probe/redis-client.ts";
import { type Context, fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN203",
    name: "probe-cannot-fail",
    severity: "error",
    isOnByDefault: true,
    summary: "a probe that exits 0 whatever happens",
    why: "The exit status is the whole verdict: such a probe calls everything healthy.",
    remedy: "Let the status of the check itself be the last one: no || true, and curl with -f.",
    link: "https://github.com/kubernetes/kubernetes/issues/125339",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  check: {
    probe(probe, context) {
      const { command, container } = probe;
      if (command === undefined) return;
      if (!reportWhitewash(command, context) && !reportMountedFiles(command, container, context)) {
        for (const client of httpClientsIn(command)) reportCurl(client, probe, command, context);
      }
    },
  },
};

function reportWhitewash(command: Command, { report }: Context): boolean {
  const part = whitewashOf(command);
  if (part === undefined) return false;
  const last = command.invocations.find(
    ({ start, isCaptured }) => start === part.start && !isCaptured,
  );
  const text =
    last?.words.map((word) => word.text).join(" ") ??
    command.script?.text.slice(part.start, part.end) ??
    "";
  const line = text.trim().replace(/\s+/g, " ");
  const shown = line.length > 40 ? `${line.slice(0, 39)}…` : line;
  const isAll = command.invocations.length === 1 || command.script === undefined;
  const message = isAll
    ? `"${shown}" always exits 0`
    : `ends in "${shown}", which hides every failure before it`;
  report({ message, at: command.rangeOf(part) });
  return true;
}

const READERS = new Set(["cat", "head", "ls", "stat", "test", "["]);

/** Files of a ConfigMap, Secret or the downward API are there as long as the container is. */
function reportMountedFiles(command: Command, container: Container, { report }: Context): boolean {
  const { invocations } = command;
  const paths = invocations
    .flatMap(({ args }) => args)
    .filter(({ text }) => !/^(?:-\w+|\]|\d+)$/.test(text));
  const isReading = invocations.every(
    ({ program, wrappers }) => READERS.has(program) && wrappers.length === 0,
  );
  const [first] = paths;
  if (first === undefined || !isReading || !hasPlainScript(command)) return false;
  if (!paths.every(({ text, isLiteral }) => isLiteral && isMounted(text, container))) return false;
  report({
    message: `only reads "${first.text}", which a volume of the pod always holds`,
    at: command.rangeOf(),
  });
  return true;
}

/** No operator that could turn the status round. */
function hasPlainScript({ script }: Command): boolean {
  return (
    script === undefined ||
    (script.invocations.length === 1 && script.ast.commands[0]?.command.type === "Command")
  );
}

const FIXED_SOURCES = ["configMap", "secret", "downwardAPI"] as const;

function isMounted(path: string, { spec, workload }: Container): boolean {
  const mount = spec?.volumeMounts
    .filter(
      ({ mountPath }) => path === mountPath || path.startsWith(`${mountPath.replace(/\/$/, "")}/`),
    )
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const volume = workload?.pod.volumes.find(
    (item) => mount && item.at("name").value === mount.name,
  );
  const source =
    volume && FIXED_SOURCES.map((name) => volume.at(name)).find(({ exists }) => exists);
  return source !== undefined && source.at("optional").value !== true;
}

const FAILING = /^(?:-f|--fail|--fail-with-body|-K|--config|-w|--write-out)$/;

/** curl exits 0 on 404 and 500. */
function reportCurl(client: HttpClient, probe: Probe, command: Command, { report }: Context): void {
  const { invocation, options, urls } = client;
  if (invocation.program !== "curl" || !urls.some(isHttp)) return;
  // `"$@"` and `$OPTIONS` may hold anything.
  if (urls.some(({ text }) => text.startsWith("$"))) return;
  if (options.some(({ name }) => FAILING.test(name)) || isSaved(client)) return;
  if (!isJudgedByStatus(client) || !isDecisive(invocation, command)) return;
  report({
    message: `"curl" without -f exits 0 when the server answers 404 or 500`,
    at: command.rangeOf(invocation),
    severity: "warning",
    fixes: [fixWith("safe", "add -f", addArgument("-f", invocation, command, probe))],
  });
}

function isHttp({ text, isLiteral }: HttpClient["urls"][number]): boolean {
  return (
    /^https?:\/\//i.test(text) || (isLiteral && !text.includes("://") && !text.startsWith("$"))
  );
}

/** Written to a file that something may read. */
function isSaved({ options }: HttpClient): boolean {
  return options.some(
    ({ name, value }) =>
      /^(?:-O|-J|--remote-name)$/.test(name) ||
      (/^(?:-o|--output)$/.test(name) &&
        !/^(?:\/dev\/(?:null|stdout|stderr)|-)$/.test(value ?? "")),
  );
}
