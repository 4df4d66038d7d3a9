// Values of a shell run that is only thought: text, with marks around what is not known before the container runs. Pure.

/** Around the spelling of an expansion that the shell in the container makes: `$X`, `$(hostname)`. */
const OPEN = "\uE000";
const CLOSE = "\uE001";
/** Around what Compose puts in from the host before any shell runs. */
const HOST_OPEN = "\uE002";
const HOST_CLOSE = "\uE003";

const PARTS = /\uE000[^\uE001]*\uE001|\uE002[^\uE003]*\uE003/g;

/** A value that only the container knows, spelt as it is expanded there. */
export function opaque(spelling: string): string {
  return OPEN + spelling + CLOSE;
}

/** A value that only the host knows. */
export function hostValue(spelling: string): string {
  return HOST_OPEN + spelling + HOST_CLOSE;
}

/** Every character of it is known here. */
export function isKnown(value: string): boolean {
  return !/[\uE000\uE002]/.test(value);
}

/** No shell is needed in the container to make it. */
export function isSettled(value: string): boolean {
  return !value.includes(OPEN);
}

/** The spelling of a value that is one expansion of the container and nothing else. */
export function soleExpansion(value: string): string | undefined {
  return /^\uE000([^\uE001]*)\uE001$/.exec(value)?.[1];
}

/** The settled value as an element of argv. */
export function asArgument(value: string): string {
  return value.replaceAll(/[\uE000-\uE003]/g, "");
}

/** The value as one word of a shell command. */
export function asShellWord(value: string): string {
  if (isKnown(value)) return quoteWord(value);
  let text = "";
  let at = 0;
  for (const { 0: part, index } of value.matchAll(PARTS)) {
    text += escapeInQuotes(value.slice(at, index)) + part.slice(1, -1);
    at = index + part.length;
  }
  return `"${text}${escapeInQuotes(value.slice(at))}"`;
}

/** A literal as one word of a shell command. */
export function quoteWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function escapeInQuotes(text: string): string {
  return text.replaceAll(/[\\"$`]/g, "\\$&");
}
