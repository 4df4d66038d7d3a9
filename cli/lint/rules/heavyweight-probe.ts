import { join } from "../../kube/rewrite.ts";
import type { Probe, TimingName } from "../../probe/container.ts";
import { isHeavyweight } from "../../probe/heavyweight.ts";
import type { Fix } from "../finding.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN207",
    name: "heavyweight-probe",
    severity: "warning",
    isOnByDefault: true,
    summary: "a probe that boots a runtime too often, or has too little time for it",
    why: "Each run starts a JVM, Erlang or an interpreter: it takes the CPU it then waits for, and fails first when the node is busy.",
    remedy: "Run it every 30 s at most with at least 10 s to answer, or ask the server's own port.",
    link: "https://github.com/rabbitmq/rabbitmq-peer-discovery-k8s/issues/28",
    fixKinds: ["unsafe"],
  },
  platforms: ["kubernetes", "compose"],
  options: { periodSeconds: 30, timeoutSeconds: 10 },
  check: {
    probe(probe, { options, report }) {
      const { command, timing, nameOf } = probe;
      const heavy = command?.invocations.find(isHeavyweight);
      if (command === undefined || heavy === undefined) return;
      const least = (name: Bound) => Number(options[name]);
      const short = BOUNDS.filter((name) => {
        const { value, isUnreadable } = timing[name];
        return !isUnreadable && value < least(name);
      });
      if (short.length === 0) return;
      const parts = short.map((name) => `${nameOf(name)} is ${timing[name].value} s`);
      report({
        message: `"${heavy.program}" boots a runtime on every run, and ${parts.join(" and ")}`,
        at: command.rangeOf(heavy),
        fixes: [raise(probe, short, least)],
      });
    },
  },
};

const BOUNDS = ["periodSeconds", "timeoutSeconds"] as const satisfies readonly TimingName[];
type Bound = (typeof BOUNDS)[number];

function raise(
  { nameOf, setTiming }: Probe,
  names: readonly Bound[],
  least: (name: Bound) => number,
): Fix | undefined {
  const text = names.map((name) => `${nameOf(name)} to ${least(name)} s`).join(" and ");
  return fixWith(
    "unsafe",
    `raise ${text}`,
    join(...names.map((name) => setTiming(name, least(name)))),
  );
}
