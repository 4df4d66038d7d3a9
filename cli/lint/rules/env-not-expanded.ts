import type { Command } from "../../probe/command.ts";
import type { Hook, Probe } from "../../probe/container.ts";
import { askWithPasswordFrom } from "../../probe/knell-redis.ts";
import { redisClientsIn } from "../../probe/redis-client.ts";
import { type Unexpanded, unexpandedIn } from "../../probe/unexpanded.ts";
import type { Fix } from "../finding.ts";
import { type Context, fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN202",
    name: "env-not-expanded",
    severity: "error",
    isOnByDefault: true,
    summary: "a variable in a probe or hook that nothing expands, or that becomes empty",
    why: "The kubelet replaces $(NAME) from literal values alone: one from a Secret becomes empty, anything else stays as text, and no shell reads $NAME.",
    remedy: "Let a shell expand $NAME, or let the client read the variable itself.",
    link: "https://github.com/kubernetes/kubernetes/issues/40846",
    fixKinds: ["unsafe", "knell"],
  },
  platforms: ["kubernetes"],
  // A password that does not arrive is not on the command line either.
  supersedes: ["KN205"],
  check: {
    probe(probe, context) {
      if (probe.command) check(probe.command, probe, context);
    },
    hook(hook, context) {
      if (hook.command) check(hook.command, hook, context);
    },
  },
};

function check(command: Command, subject: Probe | Hook, { report }: Context): void {
  const isHook = !("role" in subject);
  for (const use of unexpandedIn(command, subject.container, isHook)) {
    report({
      message: `"${use.text}" ${use.because}`,
      at: command.sources[use.index]?.rangeOf(use.start, use.end),
      fixes: isHook ? [] : [runInShell(subject, command, use), readFromEnv(subject, command, use)],
    });
  }
}

/** In a shell's script the shell's own form takes its place; without a shell, one is put in front. */
function runInShell({ setCommand }: Probe, command: Command, use: Unexpanded): Fix | undefined {
  if (command.shell === undefined) {
    const words = command.argv.map(inShellWords);
    if (words.includes(undefined)) return undefined;
    const argv = ["sh", "-c", `exec ${words.join(" ")}`];
    return fixWith("unsafe", `run ${JSON.stringify(argv)}`, setCommand(argv));
  }
  const isRead = command.script?.invocations.some(({ program }) => program === use.name);
  if (command.shell.scriptIndex !== use.index || !isRead) return undefined;
  const isWord = /(?:^|\s)$/.test(command.argv[use.index]!.slice(0, use.start));
  const text = isWord ? `"$${use.name}"` : `\${${use.name}}`;
  const change = { start: use.start, end: use.end, text };
  return fixWith(
    "unsafe",
    `let the shell read $${use.name}`,
    command.scriptSource?.splice([change]),
  );
}

/** A word of an argv as a shell word that reads its variables; undefined if it holds other dollars. */
function inShellWords(word: string): string | undefined {
  const text = word.replace(/\$\(([A-Z_][A-Z\d_]*)\)|\$\{([A-Z_][A-Z\d_]*)\}/g, "$$$1$2");
  if (/\$(?![A-Z_])/.test(text)) return undefined;
  if (text.includes("$")) return `"${text.replace(/["\\`]/g, "\\$&")}"`;
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** R133: a password that is one variable, which the container has. */
function readFromEnv(probe: Probe, command: Command, use: Unexpanded): Fix | undefined {
  const { env, hasEnvFrom } = probe.container.spec ?? {};
  if (!hasEnvFrom && !env?.some(({ name }) => name === use.name)) return undefined;
  for (const client of redisClientsIn(command)) {
    const value = client.flags.get("-a") ?? client.flags.get("--pass");
    const flag = value && client.invocation.args.findLast((word) => word.end <= value.start);
    if (value?.text !== use.text || flag === undefined) continue;
    const range = { start: flag.start, end: value.end };
    const rewrite = askWithPasswordFrom(use.name, range, probe, command, client);
    return fixWith("knell", `read the password with --password-env ${use.name}`, rewrite);
  }
  return undefined;
}
