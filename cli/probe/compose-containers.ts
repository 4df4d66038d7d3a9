// The services of a Compose file as containers.

import { posix } from "node:path";
import type { Healthcheck, Service } from "../kube/compose.ts";
import type { Dockerfile } from "../kube/dockerfile.ts";
import { formatDuration, parseDurationSeconds } from "../kube/durations.ts";
import type { Place } from "../kube/manifest.ts";
import type { Rewrite, SourceText, TextChange } from "../kube/rewrite.ts";
import { type ScalarText, scalarText } from "../kube/scalar-text.ts";
import { setStrings, setValue } from "../kube/yaml-edits.ts";
import { Command, type CommandContext } from "./command.ts";
import { Container, DOCKER_NAMES, Probe, type Setting, type Timing } from "./container.ts";
import { parseImage } from "./image.ts";
import { type Start, startsWithInit } from "./reaper.ts";
import type { Surroundings } from "./surroundings.ts";

/** The container of `service` in the file at `path`. */
export function containerOfService(
  service: Service,
  path: string,
  surroundings: Surroundings,
): Container {
  const image = parseImage(service.image, surroundings.hintFor(service.image));
  const built = builtFrom(service, path, surroundings);
  const context: CommandContext = { image, readFile: () => undefined };
  const container = new Container({
    platform: "compose",
    name: service.name,
    path: `service/${service.name}`,
    image,
    start: startOf(service, built, context),
    env: service.environment,
    isShortLived: false,
    service,
  });
  const { healthcheck } = service;
  if (healthcheck !== undefined && !healthcheck.isDisabled) {
    container.probes.push(probeOf(container, healthcheck, context));
  }
  return container;
}

/** The Dockerfile that builds it, if it is part of the input. */
function builtFrom(
  { build }: Service,
  path: string,
  surroundings: Surroundings,
): Dockerfile | undefined {
  if (build === undefined) return undefined;
  const folder = posix.join(posix.dirname(path), build.context);
  return surroundings.dockerfileAt(posix.join(folder, build.dockerfile ?? "Dockerfile"));
}

function startOf(service: Service, built: Dockerfile | undefined, context: CommandContext): Start {
  const { image } = context;
  const { entrypoint, command, isInit, pid } = service;
  const outside = isInit ? "init: true is set" : pid === "host" ? "pid: host is set" : undefined;
  const imageArgv = built && imageEntrypoint(built);
  if (outside === undefined && entrypoint === undefined && imageArgv && startsWithInit(imageArgv)) {
    return { image, outside: `the image's ENTRYPOINT is "${imageArgv[0]}"` };
  }
  const cmd = new Command(command ?? [], sourcesOf(service.place.at("command")), context);
  if (entrypoint === undefined || entrypoint.length === 0) return { image, outside, cmd };
  const argv = [...entrypoint, ...(command ?? [])];
  const sources = [...sourcesOf(service.place.at("entrypoint")), ...cmd.sources];
  return { image, outside, entrypoint: new Command(argv, sources, context) };
}

/** Of a list's elements; a string's words have none of their own. */
function sourcesOf(place: Place): (SourceText | undefined)[] {
  return place.strings === undefined ? [] : place.items.map(interpolated);
}

function imageEntrypoint({ stages }: Dockerfile): readonly string[] | undefined {
  const last = stages
    .at(-1)
    ?.instructions.findLast(({ keyword }) => keyword === "ENTRYPOINT" || keyword === "CMD");
  return last && /^\s*\[/.test(last.argument.text) ? parseWords(last.argument.text) : undefined;
}

function parseWords(text: string): string[] | undefined {
  try {
    return JSON.parse(text) as string[];
  } catch {
    return undefined;
  }
}

function probeOf(
  container: Container,
  { place, test }: Healthcheck,
  context: CommandContext,
): Probe {
  const command = commandOf(test, context);
  // A word that stays is written as it was: `${X}` is Compose's, not the container's.
  const written = new Map(
    (command?.sources ?? []).flatMap((source) =>
      source instanceof InterpolatedText ? [[source.text, source.written] as const] : [],
    ),
  );
  return new Probe({
    container,
    role: "healthcheck",
    handler: "exec",
    command,
    timing: timingOf(place),
    place,
    range: place.keyRange,
    setTiming: (name, value) =>
      setValue(
        place.at(DOCKER_NAMES[name]),
        name === "failureThreshold" ? value : formatDuration(value),
      ),
    setCommand: (argv) => setCommand(test, argv, written),
  });
}

/** What the host puts into the present test is put into the new one, too. */
function setCommand(
  test: Place,
  argv: readonly string[],
  written: ReadonlyMap<string, string>,
): Rewrite | undefined {
  const texts = [test, ...test.items].flatMap((place) => interpolated(place) ?? []);
  const words = argv.map((word) => written.get(word) ?? double(word, texts));
  return words.includes(undefined) ? undefined : setTest(test, ["CMD", ...(words as string[])]);
}

/** A string test becomes a list: the whole scalar gives way. */
function setTest(test: Place, words: readonly string[]): Rewrite | undefined {
  if (test.strings !== undefined) return setStrings(test, words);
  const text = scalarText(test);
  if (text === undefined) return undefined;
  const [start, end] = text.range;
  const lineBreak = /\r?\n$/.exec(test.document.manifest.text.slice(start, end))?.[0] ?? "";
  const list = `[${words.map((word) => JSON.stringify(word)).join(", ")}]${lineBreak}`;
  return {
    edits: [{ start, end, text: list }],
    intents: [{ document: test.document.index, path: test.path, value: [...words] }],
  };
}

/** compose-spec 05-services.md, "healthcheck": undefined where the form is wrong. */
function commandOf(test: Place, context: CommandContext): Command | undefined {
  const shell = (place: Place) => {
    const text = interpolated(place);
    return text && new Command(["/bin/sh", "-c", text.text], [undefined, undefined, text], context);
  };
  if (test.string !== undefined) return shell(test);
  const [kind, ...words] = test.strings ?? [];
  if (kind === "CMD-SHELL" && words.length > 0) return shell(test.at(1));
  if (kind !== "CMD" || words.length === 0) return undefined;
  const sources = words.map((_, index) => interpolated(test.at(index + 1)));
  const argv = words.map((word, index) => sources[index]?.text ?? word);
  return new Command(argv, sources, context);
}

function interpolated(place: Place): InterpolatedText | undefined {
  const text = scalarText(place);
  return text && new InterpolatedText(text);
}

/**
 * `text` as Compose reads it: `$$` for each `$`, but for what the host puts into one of `texts`. undefined where the same
 * characters stand there both for the host's value and for the container's.
 */
function double(text: string, texts: readonly InterpolatedText[]): string | undefined {
  const spellings = new Set(texts.flatMap(({ hostSpellings }) => hostSpellings));
  let result = "";
  for (let at = 0; at < text.length; at++) {
    const rest = text.slice(at);
    const spelling = [...spellings]
      .filter((candidate) => rest.startsWith(candidate))
      .sort((a, b) => b.length - a.length)[0];
    if (spelling === undefined) result += rest.startsWith("$") ? "$$" : rest[0];
    else {
      if (texts.some((known) => known.hasOutsideHost(spelling))) return undefined;
      result += spelling;
      at += spelling.length - 1;
    }
  }
  return result;
}

// compose-go, template.go: $$ · $NAME · ${NAME} · ${NAME:-default}, one level of braces inside.
const INTERPOLATION = /\$\$|\$(?:[A-Za-z_]\w*|\{(?:[^{}$]|\$(?!\$)|\{[^{}$]*\})*\})/g;

/** A string in which `$$` stands for `$`; what Compose takes from the host stays as written. */
class InterpolatedText implements SourceText {
  readonly text: string;
  readonly #raw: ScalarText;
  /** The index in the raw text of each character and of the end. */
  readonly #indexes: readonly number[];

  readonly hostRanges: readonly (readonly [number, number])[];

  constructor(raw: ScalarText) {
    const indexes: number[] = [];
    let text = "";
    for (let at = 0; at < raw.text.length; at++) {
      indexes.push(at);
      text += raw.text[at];
      if (raw.text.startsWith("$$", at)) at++;
    }
    this.text = text;
    this.#raw = raw;
    this.#indexes = [...indexes, raw.text.length];
    this.hostRanges = [...raw.text.matchAll(INTERPOLATION)]
      .filter(([spelling]) => spelling !== "$$")
      .map(({ 0: spelling, index }): [number, number] => {
        const start = indexes.indexOf(index);
        return [start, start + spelling.length];
      });
  }

  get hostSpellings(): string[] {
    return this.hostRanges.map(([start, end]) => this.text.slice(start, end));
  }

  /** True if `spelling` stands where the host puts nothing in. */
  hasOutsideHost(spelling: string): boolean {
    for (
      let at = this.text.indexOf(spelling);
      at !== -1;
      at = this.text.indexOf(spelling, at + 1)
    ) {
      if (!this.hostRanges.some(([start, end]) => at >= start && at < end)) return true;
    }
    return false;
  }

  /** The text before interpolation. */
  get written(): string {
    return this.#raw.text;
  }

  get range(): readonly [number, number] {
    return this.#raw.range;
  }

  rangeOf(start: number, end: number): readonly [number, number] {
    return this.#raw.rangeOf(this.#indexes[start]!, this.#indexes[end]!);
  }

  splice(changes: readonly TextChange[]): Rewrite | undefined {
    const doubled = changes.flatMap(({ start, end, text }) => {
      const written = double(text, [this]);
      if (written === undefined) return [];
      return [{ start: this.#indexes[start]!, end: this.#indexes[end]!, text: written }];
    });
    return doubled.length < changes.length ? undefined : this.#raw.splice(doubled);
  }
}

/** Defaults: Dockerfile reference, HEALTHCHECK. */
function timingOf(place: Place): Timing {
  const absent = { value: 0, isExplicit: false, isUnreadable: false };
  return {
    initialDelaySeconds: absent,
    periodSeconds: durationOf(place.at("interval"), 30),
    timeoutSeconds: durationOf(place.at("timeout"), 30),
    successThreshold: { ...absent, value: 1 },
    failureThreshold: settingOf(place.at("retries"), place.at("retries").integer, 3),
    startPeriodSeconds: durationOf(place.at("start_period"), 0),
  };
}

function durationOf(place: Place, fallback: number): Setting {
  return settingOf(place, parseDurationSeconds(place.string ?? ""), fallback);
}

function settingOf(place: Place, value: number | undefined, fallback: number): Setting {
  const isUnreadable = value === undefined && place.exists && place.value !== null;
  return { value: value || fallback, isExplicit: (value ?? 0) !== 0, isUnreadable };
}
