import { optionValue } from "../../probe/client-options.ts";
import type { Command } from "../../probe/command.ts";
import type { Probe } from "../../probe/container.ts";
import { httpClientsIn, httpTarget } from "../../probe/http-client.ts";
import type { Invocation } from "../../probe/script.ts";
import type { Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN402",
    name: "readiness-check-as-liveness",
    severity: "warning",
    isOnByDefault: true,
    summary: "a liveness probe that asks whether the program is ready",
    why: "It fails while a server recovers, raises an alarm or is busy, and a restart then begins the work anew.",
    remedy:
      "Ask only whether the process answers at all, and leave readiness to the readiness probe.",
    link: "https://github.com/cagriekin/charts/issues/141",
    fixKinds: [],
  },
  platforms: ["kubernetes"],
  check: {
    probe(probe, { report }) {
      const { role, command, handler, place, container } = probe;
      if (role !== "livenessProbe" || container.isShortLived) return;
      if (command !== undefined) {
        for (const { at, because } of questionsIn(command, probe)) {
          report({ message: because, at: command.rangeOf(at) });
        }
      }
      const path = handler === "httpGet" ? place?.at("httpGet", "path") : undefined;
      if (
        path?.string !== undefined &&
        isReadyPath(path.string) &&
        !isSharedPath(path.string, probe)
      ) {
        report({ message: `"${path.string}" tells whether the program is ready`, at: path });
      }
    },
  },
};

interface Question {
  readonly at: Pick<Invocation, "start" | "end">;
  readonly because: string;
}

function questionsIn(command: Command, probe: Probe): Question[] {
  const hasStartup = probe.container.probe("startupProbe") !== undefined;
  const found: Question[] = [];
  for (const invocation of command.invocations) {
    const { program } = invocation;
    if (!hasStartup && program === "pg_isready") {
      found.push({ at: invocation, because: `"pg_isready" fails while the server recovers` });
    } else if (!hasStartup && isQuery(invocation)) {
      found.push({
        at: invocation,
        because: `a query of "${program}" fails while the server recovers or is busy`,
      });
    }
    const check = rabbitCheck(invocation);
    if (check)
      found.push({
        at: check,
        because: `"${check.text}" fails on states that a restart makes worse`,
      });
  }
  for (const { invocation, urls } of httpClientsIn(command)) {
    const path = urls.map((url) => httpTarget(url)?.path ?? "").find(isReadyPath);
    if (path)
      found.push({ at: invocation, because: `"${path}" tells whether the program is ready` });
  }
  return found;
}

/** SQL and MongoDB clients with a statement to run. */
function isQuery({ program, args }: Invocation): boolean {
  const has = (...names: string[]) =>
    optionValue(args, names) !== undefined ||
    args.some(({ text }) => /^-[a-zA-Z]+$/.test(text) && names.includes(`-${text.at(-1)}`));
  if (program === "psql") return has("-c", "--command", "-f", "--file");
  if (program === "mysql" || program === "mariadb") return has("-e", "--execute");
  if (program === "mongosh" || program === "mongo") return has("--eval");
  if (program === "sqlcmd") return has("-Q", "-q");
  if (program === "cqlsh") return has("-e", "--execute");
  return program === "clickhouse-client" && has("-q", "--query");
}

function rabbitCheck({ program, args }: Invocation) {
  if (program !== "rabbitmq-diagnostics" && program !== "rabbitmqctl") return undefined;
  return args.find(({ text }) =>
    /^(?:check_running|check_(?:local_)?alarms|node_health_check|cluster_status)$/.test(text),
  );
}

/** The paths by which programs tell that they are ready, and RabbitMQ's former node health check. */
function isReadyPath(path: string): boolean {
  return /(?:^|\/)(?:ready|readyz|readiness|api\/healthchecks\/node)(?:[/?]|$)/i.test(path);
}

/** The same path drains the pod first: the documented pattern of one endpoint with two thresholds. */
function isSharedPath(path: string, { container, budgetSeconds }: Probe): boolean {
  const readiness = container.probe("readinessProbe");
  return (
    readiness?.place?.at("httpGet", "path").string === path &&
    readiness.budgetSeconds < budgetSeconds
  );
}
