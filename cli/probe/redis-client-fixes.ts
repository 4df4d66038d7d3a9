// Rewrites of a redis-cli call that stays a redis-cli call.

import { setStrings, setValue } from "../kube/yaml-edits.ts";
import type { Command } from "./command.ts";
import type { Container, Probe } from "./container.ts";
import type { RedisClient } from "./redis-client.ts";
import { quoteWord } from "./shell-text.ts";
import type { Unforked } from "./without-fork.ts";

/** `options` right after the client's name. */
export function clientWithOptions(
  probe: Probe,
  command: Command,
  { invocation }: RedisClient,
  options: readonly string[],
): Unforked {
  const { words, args } = invocation;
  const description = `add ${options.join(" ")}`;
  const before = words.length - args.length;
  if (command.script === undefined) {
    const argv = command.argv.toSpliced(before, 0, ...options);
    return { description, rewrite: probe.setCommand(argv) };
  }
  const at = words[before - 1]!.end;
  const text = options.map((option) => ` ${quoteWord(option)}`).join("");
  return { description, rewrite: command.scriptSource?.splice([{ start: at, end: at, text }]) };
}

/** The words of the client's command replaced by `text`, with `options` before them. */
export function clientWithCommand(
  probe: Probe,
  command: Command,
  { command: words }: RedisClient,
  replacement: readonly string[],
): Unforked | undefined {
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const description = `run ${JSON.stringify(replacement.at(-1))} in its place`;
  if (command.script === undefined) {
    const argv = command.argv.toSpliced(first.start, words.length, ...replacement);
    return { description, rewrite: probe.setCommand(argv) };
  }
  const change = { start: first.start, end: last.end, text: replacement.join(" ") };
  return { description, rewrite: command.scriptSource?.splice([change]) };
}

/** `ping -h x` becomes `-h x ping`. */
export function optionsBeforeCommand(
  probe: Probe,
  command: Command,
  { command: words }: RedisClient,
): Unforked | undefined {
  const [word, ...options] = words;
  if (word === undefined || options.length === 0) return undefined;
  const description = `move ${options[0]!.text} before ${word.text}`;
  const { script } = command;
  if (script === undefined) {
    const moved = [...options, word].map(({ text }) => text);
    const argv = command.argv.toSpliced(word.start, words.length, ...moved);
    return { description, rewrite: probe.setCommand(argv) };
  }
  const end = options.at(-1)!.end;
  const text = `${script.text.slice(options[0]!.start, end)} ${script.text.slice(word.start, word.end)}`;
  return { description, rewrite: command.scriptSource?.splice([{ start: word.start, end, text }]) };
}

/** Compose: the password, as it is written for the server, in the client's own variable. */
export function withComposePassword(
  { service }: Container,
  password: string | undefined,
): Unforked | undefined {
  // `$$X` is a variable of the container's shell: in `environment` nothing would expand it.
  if (service === undefined || password === undefined || password.includes("$$")) return undefined;
  const place = service.place.at("environment");
  const description = "set REDISCLI_AUTH to the server's password";
  const list = place.strings;
  if (list !== undefined) {
    return { description, rewrite: setStrings(place, [...list, `REDISCLI_AUTH=${password}`]) };
  }
  const rewrite = place.exists
    ? setValue(place.at("REDISCLI_AUTH"), password)
    : setValue(place, { REDISCLI_AUTH: password });
  return { description, rewrite };
}
