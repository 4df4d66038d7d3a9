import { referencesIn } from "../../kube/expansion.ts";
import { type Command, isShell } from "../../probe/command.ts";
import type { Container, Hook, Probe } from "../../probe/container.ts";
import { askWithPasswordFrom } from "../../probe/knell-redis.ts";
import { redisClientsIn } from "../../probe/redis-client.ts";
import type { Fix } from "../finding.ts";
import { type Context, fixWith, type Rule } from "../rule.ts";

/** They read `$` themselves, or run a text that does. */
const READS_DOLLARS =
  /^(?:g?awk|mawk|sed|perl|[ef]?grep|knell|node|php|python[\d.]*|ruby|lua|jq|envsubst|mongo|mongosh|su|runuser|ssh|script|watch|expect|powershell|powershell\.exe|pwsh|cmd|cmd\.exe)$/;
/** Programs have lower-case names. */
const VARIABLE = /^[A-Z_][A-Z\d_]*$/;

const IN_BRACES = /(?<!\$)\$\{([A-Z_][A-Z\d_]*)\}/;
/** Behind a word's character only in `-p$NAME`: passwords hold dollars too. */
const BARE = /(?:(?<=^-\w)|(?<![$\w]))\$([A-Z_][A-Z\d_]+)(?!\w)/;

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

/** A variable in one element of the argv. */
interface Use {
  readonly name: string;
  readonly text: string;
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly because: string;
}

function check(command: Command, subject: Probe | Hook, { report }: Context): void {
  const isHook = !("role" in subject);
  const { container } = subject;
  const uses = command.argv.flatMap((text, index) => [
    ...kubeletUses(text, index, command, container, isHook),
    ...(command.shell === undefined ? shellUses(text, index, command) : []),
  ]);
  for (const use of uses) {
    report({
      message: `"${use.text}" ${use.because}`,
      at: command.sources[use.index]?.rangeOf(use.start, use.end),
      fixes: isHook ? [] : [runInShell(subject, command, use), readFromEnv(subject, command, use)],
    });
  }
}

/** `$(NAME)`, which the kubelet reads in every element of a probe's argv and in none of a hook's. */
function kubeletUses(
  text: string,
  index: number,
  command: Command,
  container: Container,
  isHook: boolean,
): Use[] {
  return referencesIn(text).flatMap(({ name, start, end }): Use[] => {
    if (!VARIABLE.test(name) || readsDollars(command, index, start)) return [];
    const variable = container.spec?.env.findLast((item) => item.name === name);
    if (variable?.value !== undefined && !isHook) return [];
    // Without an image it is a patch, whose variables may stand elsewhere.
    if (variable === undefined && !isHook && !container.spec?.image) return [];
    const because = reasonFor(name, variable?.valueFrom, index, command, container, isHook);
    return because === undefined ? [] : [{ name, text: `$(${name})`, index, start, end, because }];
  });
}

function reasonFor(
  name: string,
  valueFrom: string | undefined,
  index: number,
  { shell, script }: Command,
  container: Container,
  isHook: boolean,
): string | undefined {
  if (valueFrom !== undefined && !isHook) {
    return `becomes empty: the kubelet does not read ${valueFrom} for a probe`;
  }
  const origin = isHook
    ? "the kubelet expands nothing in a hook"
    : container.spec?.hasEnvFrom
      ? `the kubelet knows no value of "${name}": envFrom does not count`
      : `the container's env has no "${name}"`;
  if (shell?.scriptIndex !== index) return `stays as it is: ${origin}`;
  // Without an invocation of that name it stands in a comment or in single quotes.
  const call = script?.invocations.find(({ program }) => program === name);
  if (call === undefined || call.isBuiltin) return undefined;
  return `runs a program "${name}" in the shell: ${origin}`;
}

/** `$NAME` and `${NAME}` where no shell stands before them. */
function shellUses(text: string, index: number, command: Command): Use[] {
  const isForeign = command.argv.some((word) => isShell(word.slice(word.lastIndexOf("/") + 1)));
  if (index === 0 || isForeign || readsDollars(command, index, 0)) return [];
  const found = IN_BRACES.exec(text) ?? BARE.exec(text);
  const name = found?.[1];
  if (found === null || name === undefined) return [];
  const [written] = found;
  const [start, end] = [found.index, found.index + written.length];
  const because = `reaches "${command.outer.program}" as it is: no shell reads it`;
  return [{ name, text: written, index, start, end, because }];
}

function readsDollars({ outer, shell, script }: Command, index: number, at: number): boolean {
  if (READS_DOLLARS.test(outer.program)) return true;
  if (shell?.scriptIndex !== index) return false;
  return (script?.invocations ?? []).some(
    ({ program, start, end }) => start <= at && at < end && READS_DOLLARS.test(program),
  );
}

/** In a shell's script the shell's own form takes its place; without a shell, one is put in front. */
function runInShell({ setCommand }: Probe, command: Command, use: Use): Fix | undefined {
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
function readFromEnv(probe: Probe, command: Command, use: Use): Fix | undefined {
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
