import type { Container } from "../../probe/container.ts";
import { withComposeInit } from "../../probe/reaper-fixes.ts";
import { withoutFork } from "../../probe/without-fork.ts";
import { fixFrom, type Rule } from "../rule.ts";

/** Their PID 1 is a manager, not the postmaster. */
const MANAGED = /^(?:cloudnative-pg|crunchydata|percona|zalando|stackgres)\/|spilo|patroni|-ha$/;

export const rule: Rule = {
  meta: {
    id: "KN103",
    name: "postmaster-adopts-probe",
    severity: "error",
    isOnByDefault: true,
    summary: "a probe of PostgreSQL that can leave processes to the postmaster",
    why: "The postmaster takes an adopted process that ends with a status other than 0 or 1 for a crashed backend and drops every connection.",
    remedy: 'Let the probe be one process: the exec form, or "exec" before the command.',
    link: "https://github.com/docker-library/postgres/issues/1349",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  supersedes: ["KN101", "KN102"],
  check: {
    probe(probe, { report }) {
      const { command, container } = probe;
      if (command === undefined || command.shape === "single" || !isPostmaster(container)) return;
      report({
        message: `${command.verdict.because}: what a timeout leaves behind is the postmaster's`,
        at: command.rangeOf(),
        fixes: [fixFrom("safe", withoutFork(probe) ?? withComposeInit(container))],
      });
    },
  },
};

function isPostmaster({ image, reaper, start, isShortLived }: Container): boolean {
  if (image.family !== "postgres" || reaper.answer === "yes" || isShortLived) return false;
  if (MANAGED.test(image.repository)) return false;
  const { entrypoint } = start;
  return (
    entrypoint === undefined ||
    /^(?:postgres|docker-entrypoint\.sh)$/.test(entrypoint.outer.program)
  );
}
