import type { Place } from "../../kube/manifest.ts";
import { splitWords } from "../../kube/words.ts";
import { setStrings } from "../../kube/yaml-edits.ts";
import type { Container } from "../../probe/container.ts";
import { needsShell } from "../../probe/shell-words.ts";
import type { Fix } from "../finding.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN601",
    name: "healthcheck-test-form",
    severity: "error",
    isOnByDefault: true,
    summary: "a healthcheck test whose list Docker reads in another way than it looks",
    why: "Docker runs something else than what is written, or nothing, and the container is never or always healthy.",
    remedy: 'Write ["CMD", program, argument, …], or ["CMD-SHELL", "one string"].',
    link: "https://github.com/docker/compose/issues/4424",
    fixKinds: ["safe"],
  },
  platforms: ["compose"],
  check: {
    container(container, { report }) {
      const fault = faultOf(container);
      if (fault === undefined) return;
      const { message, at, test, words } = fault;
      const fixes = words && [describeFix(test, words)];
      report({ message, at, fixes, path: `${container.path}/healthcheck` });
    },
  },
};

interface Fault {
  readonly message: string;
  readonly at: Place;
  readonly test: Place;
  /** The list that was meant; undefined where that cannot be told. */
  readonly words?: readonly string[];
}

const OPERATOR = /^(?:\|\|?|&&|;|\d?>>?|<|2>&1)$/;

/** A shell reads it as it stands. */
const PLAIN = /^[\w@%+=:,./-]+$/;

function faultOf({ service }: Container): Fault | undefined {
  const test = service?.healthcheck?.test;
  const strings = test?.strings;
  if (test === undefined || strings === undefined || strings.length === 0) return undefined;
  const [kind = "", ...words] = strings;
  if (kind === "NONE") return undefined;
  if (kind === "CMD-SHELL") return lostWords(test, words);
  if (kind === "CMD") return oneWord(test, words) ?? operatorWord(test, words);
  return {
    message: `the list begins with "${kind}", where NONE, CMD or CMD-SHELL must stand`,
    at: test.at(0),
    test,
    words: meant(strings),
  };
}

/** What a list without a kind was meant to be. */
function meant(strings: readonly string[]): readonly string[] | undefined {
  const [first = "", ...rest] = strings;
  if (/^cmd(?:-shell)?$/i.test(first)) return [first.toUpperCase(), ...rest];
  if (rest.length > 0)
    return rest.some((word) => OPERATOR.test(word)) ? undefined : ["CMD", ...strings];
  const kind = /^(CMD|CMD-SHELL)\s+(\S[\s\S]*)$/.exec(first);
  if (kind === null) return ["CMD-SHELL", first];
  return kind[1] === "CMD" ? inOneString(kind[2]!) : ["CMD-SHELL", kind[2]!];
}

function lostWords(test: Place, [script = "", ...lost]: readonly string[]): Fault | undefined {
  if (lost.length === 0) return undefined;
  // `sh -c SCRIPT NAME ARGUMENT…`: somebody who uses them knows what happens.
  if (/\$\$?\{?[0-9@*]/.test(script)) return undefined;
  const all = [script, ...lost];
  const isPlain = lost.every((word) => OPERATOR.test(word) || PLAIN.test(word));
  const hasSyntax = !PLAIN.test(script) || lost.some((word) => OPERATOR.test(word));
  const words = hasSyntax ? ["CMD-SHELL", all.join(" ")] : ["CMD", ...all];
  return {
    message: `CMD-SHELL runs "${shorten(script)}" alone: "${shorten(lost[0]!)}" is not an argument of it`,
    at: test.at(2),
    test,
    words: isPlain ? words : undefined,
  };
}

function oneWord(test: Place, words: readonly string[]): Fault | undefined {
  const [text = ""] = words;
  if (words.length !== 1 || !/\S\s+\S/.test(text)) return undefined;
  return {
    message: `CMD looks for a program named "${shorten(text)}"`,
    at: test.at(1),
    test,
    words: inOneString(text),
  };
}

function inOneString(text: string): readonly string[] {
  const words = needsShell(text) ? undefined : splitWords(text);
  return words === undefined ? ["CMD-SHELL", text] : ["CMD", ...words];
}

function operatorWord(test: Place, words: readonly string[]): Fault | undefined {
  const [program = ""] = words;
  const index = words.findIndex((word, at) => at > 0 && OPERATOR.test(word));
  if (
    index === -1 ||
    /^(?:\/bin\/)?(?:ba|da|a)?sh$|^(?:test|\[|expr|find|awk|grep|sed)$/.test(program)
  ) {
    return undefined;
  }
  const isPlain = words.every((word) => OPERATOR.test(word) || PLAIN.test(word));
  return {
    message: `"${words[index]}" reaches "${program}" as an argument: CMD runs no shell`,
    at: test.at(index + 1),
    test,
    words: isPlain ? ["CMD-SHELL", words.join(" ")] : undefined,
  };
}

function describeFix(test: Place, words: readonly string[]): Fix | undefined {
  return fixWith("safe", `write ${JSON.stringify(words)}`, setStrings(test, words));
}

function shorten(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length > 50 ? `${line.slice(0, 49)}…` : line;
}
