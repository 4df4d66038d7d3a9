import type { TextChange } from "../../kube/rewrite.ts";
import type { Command } from "../../probe/command.ts";
import type { Probe } from "../../probe/container.ts";
import { isRedisFamily } from "../../probe/image.ts";
import { askWithPasswordFrom } from "../../probe/knell-redis.ts";
import { isHidingPassword, type Password, passwordsIn } from "../../probe/passwords.ts";
import type { Fix } from "../finding.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN205",
    name: "secret-in-probe-argv",
    severity: "warning",
    isOnByDefault: true,
    summary: "a password on the command line of a probe's client",
    why: "Arguments are visible in /proc and in every container of a shared namespace, and a timed-out exec prints them in an event.",
    remedy: "Hand it over in the environment (REDISCLI_AUTH, MYSQL_PWD) or in an option file.",
    link: "https://github.com/kubernetes/kubernetes/pull/106201",
    fixKinds: ["safe", "knell"],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  check: {
    probe(probe, { report }) {
      const { command } = probe;
      if (command === undefined) return;
      for (const password of passwordsIn(command)) {
        const { invocation, option, word } = password;
        report({
          message: `"${invocation.program}" gets a password on its command line, with "${option}"`,
          at: command.rangeOf(word),
          severity: isHidingPassword(invocation) ? "info" : "warning",
          fixes: [
            moveToEnvironment(password, probe, command),
            readFromEnv(password, probe, command),
          ],
        });
      }
    },
  },
};

/** The one variable that the word stands for, when the container runs. */
function variableOf({ word }: Password, probe: Probe, command: Command): string | undefined {
  if (command.script === undefined) return /^\$\((\w+)\)$/.exec(word.text)?.[1];
  const [, bare, braced] = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})$/.exec(word.text) ?? [];
  const [start, end] = command.rangeOf(word);
  const written = probe.place?.document.manifest.text.slice(start, end) ?? "";
  // A single dollar is Compose's own: it puts the host's value in.
  const isHosts = probe.container.platform === "compose" && !written.includes("$$");
  return isHosts ? undefined : (bare ?? braced);
}

/** They hand their environment on. */
const TRANSPARENT = /^(?:exec|timeout|tini|tini-static|dumb-init|nice|gosu|su-exec)$/;

/** Redis clients read REDISCLI_AUTH since 5.0 (R100). */
function moveToEnvironment(password: Password, probe: Probe, command: Command): Fix | undefined {
  const { redis, invocation, word } = password;
  const name = variableOf(password, probe, command);
  if (redis === undefined || name === undefined || command.script === undefined) return undefined;
  const { image } = probe.container;
  if (isRedisFamily(image) && /^v?[1-4](?:\.|$)/.test(image.tag)) return undefined;
  const isPlain = invocation.wrappers.every((wrapper) => TRANSPARENT.test(wrapper.name));
  if (!isPlain || invocation.assignments.has("REDISCLI_AUTH")) return undefined;
  const next = invocation.args.find(({ start }) => start >= word.end);
  if (next === undefined) return undefined;
  const changes: TextChange[] = [
    { start: invocation.start, end: invocation.start, text: `REDISCLI_AUTH="$${name}" ` },
    { start: redis.flag.start, end: next.start, text: "" },
  ];
  const description = `hand $${name} over as REDISCLI_AUTH`;
  return fixWith("safe", description, command.scriptSource?.splice(changes));
}

function readFromEnv(password: Password, probe: Probe, command: Command): Fix | undefined {
  const name = variableOf(password, probe, command);
  if (password.redis === undefined || name === undefined) return undefined;
  const { client, flag } = password.redis;
  const rewrite = askWithPasswordFrom(name, flag, probe, command, client);
  return fixWith("knell", `read the password with --password-env ${name}`, rewrite);
}
