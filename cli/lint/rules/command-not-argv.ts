import type { Command } from "../../probe/command.ts";
import { fixWith, type Report, type Rule } from "../rule.ts";

const OPERATOR = /^(?:\|\|?|&&?|;|\d?>>?|<|\d?>&\d|\d?>>?\s*\/dev\/null|&>\s*\/dev\/null)$/;
/** They read such words themselves. */
const READS_OPERATORS =
  /^(?:grep|egrep|awk|gawk|sed|find|test|\[|expr|jq|perl|python[\d.]*|node|ruby|knell)$/;
const PLAIN_WORDS = /^[\w@%+=:,./ \t-]+$/;

export const rule: Rule = {
  meta: {
    id: "KN201",
    name: "command-not-argv",
    severity: "error",
    isOnByDefault: true,
    summary: "a command line where a list of words is expected",
    why: "The kubelet discards exec errors: liveness never acts and readiness never turns true.",
    remedy: "Write each word as its own element, or run a shell: [sh, -c, …].",
    link: "https://github.com/kubernetes/kubernetes/issues/106682",
    fixKinds: ["safe", "unsafe"],
  },
  platforms: ["kubernetes"],
  check: {
    probe({ command, setCommand }, { report }) {
      const fault =
        command && (asOneWord(command) ?? operatorAsWord(command) ?? lostWords(command));
      if (fault === undefined) return;
      const { message, at, kind, argv } = fault;
      const description = `run ${JSON.stringify(argv)}`;
      report({ message, at, fixes: [fixWith(kind, description, setCommand(argv))] });
    },
  },
};

interface Fault {
  readonly message: string;
  readonly at: Report["at"];
  readonly kind: "safe" | "unsafe";
  readonly argv: readonly string[];
}

/** ["redis-cli ping"] */
function asOneWord({ argv, sources, outer }: Command): Fault | undefined {
  const [text = ""] = argv;
  if (argv.length !== 1 || !/\S\s+\S/.test(text) || outer.program === "") return undefined;
  const isPlain = PLAIN_WORDS.test(text);
  return {
    message: `"${shorten(text)}" is one word, and no program has that name`,
    at: sources[0],
    kind: isPlain ? "safe" : "unsafe",
    argv: isPlain ? text.trim().split(/\s+/) : ["sh", "-c", text],
  };
}

/** [redis-cli, ping, "|", grep, PONG] */
function operatorAsWord({ argv, sources, outer, shell }: Command): Fault | undefined {
  if (shell !== undefined || READS_OPERATORS.test(outer.program)) return undefined;
  const index = argv.findIndex((word, at) => at > 0 && OPERATOR.test(word));
  if (index === -1) return undefined;
  const words = argv.map((word) => (OPERATOR.test(word) ? word : quote(word)));
  return {
    message: `"${argv[index]}" reaches "${outer.program}" as an argument: no shell reads it`,
    at: sources[index],
    kind: "unsafe",
    argv: ["sh", "-c", words.join(" ")],
  };
}

/** [sh, -c, redis-cli, ping] */
function lostWords({ argv, sources, shell }: Command): Fault | undefined {
  const index = shell?.scriptIndex;
  const script = index === undefined ? undefined : argv[index];
  if (index === undefined || script === undefined || argv.length === index + 1) return undefined;
  if (!/^[\w./-]+$/.test(script)) return undefined;
  return {
    message: `"${shell?.name} -c" runs "${script}" alone: "${argv[index + 1]}" is not an argument of it`,
    at: sources[index + 1],
    kind: "safe",
    argv: argv.slice(index),
  };
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function shorten(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
