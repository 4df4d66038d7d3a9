// redis-cli's options as `knell redis` takes them: R80–R89 of redis-liveness.md.

import type { Container } from "./container.ts";
import type { RedisQuestion } from "./redis-question.ts";
import { Refusal } from "./shell-run.ts";
import { asArgument, isKnown, isSettled } from "./shell-text.ts";

const VALUED = new Set(
  "-h -p -s -u -n --user --sni --cacert --cacertdir --cert --key -d -D -X --show-pushes".split(" "),
);
const BARE = new Set(
  "-2 -3 -4 -6 -c -e --insecure --no-auth-warning --raw --no-raw --csv --json --quoted-json --quoted-input --verbose --no-motd".split(
    " ",
  ),
);
const TLS = /^(?:rediss|valkeys):/i;

/** The options of `question` in order, values as they stand. Throws a Refusal for one that knell does not take. */
export function knellOptions({ options }: RedisQuestion, container: Container): string[] {
  return options.flatMap(({ name, value }) => {
    if (name === "-t") return [];
    if (name === "--tls") throw new Refusal("knell redis speaks no TLS");
    if (value === undefined) {
      if (!BARE.has(name)) throw new Refusal(`knell redis does not take "${name}"`);
      return [name];
    }
    if (!VALUED.has(name)) throw new Refusal(`knell redis does not take "${name}"`);
    checkValue(name, value, container);
    return [name, value];
  });
}

function checkValue(name: string, value: string, { platform, env }: Container): void {
  const text = asArgument(value);
  if (text === "") throw new Refusal(`"${name}" has an empty value`);
  if (name === "-u" && TLS.test(text)) throw new Refusal("knell redis speaks no TLS");
  const reference = platform === "kubernetes" && /^\$\(([A-Za-z_]\w*)\)$/.exec(text)?.[1];
  if (reference && (env.has(reference) || isSettled(value))) {
    if (env.get(reference) !== undefined) return;
    throw new Refusal(`"${text}" is not expanded in a probe`);
  }
  if (!isKnown(value)) return;
  if (/^\$/.test(text)) throw new Refusal(`no shell expands "${text}"`);
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (name === "-p" && !(number >= 1 && number <= 65535)) {
    throw new Refusal(`"${text}" is no port`);
  }
  if (name === "-n" && Number.isNaN(number)) throw new Refusal(`"${text}" is no database`);
}
