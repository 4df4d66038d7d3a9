// curl and wget on a command line (curl(1), wget(1), BusyBox networking/wget.c).

import type { Command } from "./command.ts";
import type { Invocation, Word } from "./script.ts";

export interface HttpClient {
  readonly invocation: Invocation;
  readonly options: readonly HttpOption[];
  /** The URLs, as written. */
  readonly urls: readonly Word[];
}

/** One option; those of a cluster such as `-sf` apart. */
export interface HttpOption {
  /** With its dashes: "-f", "--max-time". */
  readonly name: string;
  readonly value?: string;
  readonly word: Word;
}

export interface HttpTarget {
  readonly scheme: "http" | "https";
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** With the query; at least "/". */
  readonly path: string;
}

interface Syntax {
  /** Letters of short options that take a value. */
  readonly short: string;
  readonly long: ReadonlySet<string>;
}

function syntax(short: string, long: string): Syntax {
  return { short, long: new Set(long.split(" ").map((name) => `--${name}`)) };
}

const SYNTAX: Readonly<Record<string, Syntax>> = {
  curl: syntax(
    "AbcCdDeEFHKmoPQrtTuUwxXyYz",
    "max-time connect-timeout retry retry-delay retry-max-time output header user user-agent request data data-raw " +
      "data-binary data-ascii data-urlencode json form form-string cacert capath cert cert-type key key-type pass " +
      "unix-socket abstract-unix-socket write-out cookie cookie-jar proxy proxy-user referer resolve connect-to " +
      "interface url config limit-rate max-redirs max-filesize upload-file range ciphers pinnedpubkey proto noproxy " +
      "oauth2-bearer netrc-file keepalive-time speed-limit speed-time stderr trace trace-ascii aws-sigv4 dump-header",
  ),
  wget: syntax(
    "aABeDiIlOoPQRtTUwX",
    "timeout tries output-document output-file append-output header user password http-user http-password post-data " +
      "post-file method body-data body-file user-agent connect-timeout read-timeout dns-timeout wait waitretry " +
      "ca-certificate ca-directory certificate private-key bind-address directory-prefix secure-protocol execute",
  ),
};

/** Every curl and wget that `command` runs. */
export function httpClientsIn(command: Command): HttpClient[] {
  return command.invocations.flatMap((invocation) => {
    const form = Object.hasOwn(SYNTAX, invocation.program) ? SYNTAX[invocation.program] : undefined;
    return form === undefined ? [] : [clientOf(invocation, form)];
  });
}

function clientOf(invocation: Invocation, { short, long }: Syntax): HttpClient {
  const { args } = invocation;
  const options: HttpOption[] = [];
  const urls: Word[] = [];
  let at = 0;
  const addCluster = (word: Word) => {
    for (let index = 1; index < word.text.length; index++) {
      const name = `-${word.text[index]}`;
      if (!short.includes(word.text[index]!)) options.push({ name, word });
      else {
        const value = word.text.slice(index + 1) || args[++at]?.text;
        options.push({ name, value, word });
        return;
      }
    }
  };
  for (; at < args.length; at++) {
    const word = args[at]!;
    const [, name, value] = /^(--[\w.-]+)(?:=([\s\S]*))?$/.exec(word.text) ?? [];
    if (name === "--url" && args[at + 1] !== undefined) urls.push(args[++at]!);
    else if (name !== undefined && value === undefined && long.has(name)) {
      options.push({ name, value: args[++at]?.text, word });
    } else if (name !== undefined) options.push({ name, value, word });
    else if (/^-[^-]/.test(word.text)) addCluster(word);
    else urls.push(word);
  }
  return { invocation, options, urls };
}

/** What a URL names; undefined if it is put together when the probe runs, or is no http. */
export function httpTarget(url: Pick<Word, "text">): HttpTarget | undefined {
  // `?` is a pattern to the shell, but no file has such a name.
  if (/[$`]/.test(url.text)) return undefined;
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(url.text) ? url.text : `http://${url.text}`;
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname, search, username, password } = new URL(text);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  if (username !== "" || password !== "") return undefined;
  const scheme = protocol === "http:" ? "http" : "https";
  const host = hostname.replace(/^\[|\]$/g, "");
  return {
    scheme,
    host,
    port: Number(port || (scheme === "http" ? 80 : 443)),
    path: pathname + search,
  };
}

const LOOPBACK =
  /^(?:localhost|localhost\.localdomain|ip6-localhost|127(?:\.\d+){3}|::1|0\.0\.0\.0|::)$/i;

/** True for the names and addresses by which a program reaches its own network namespace. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}
