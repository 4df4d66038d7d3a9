// The services of a Compose file (compose-spec 05-services.md). Values of a wrong type read as missing.

import { isRecord, type ManifestDocument, type Place } from "./manifest.ts";
import { splitWords } from "./words.ts";

export interface ComposeFile {
  readonly document: ManifestDocument;
  readonly services: readonly Service[];
}

export interface Service {
  readonly file: ComposeFile;
  readonly place: Place;
  readonly name: string;
  /** "" if it is built or extended without naming one. */
  readonly image: string;
  readonly hasBuild: boolean;
  /** Paths of its build, as written: context (default ".") and dockerfile. */
  readonly build?: {
    readonly context: string;
    readonly dockerfile?: string;
    readonly target?: string;
  };
  /** A string is split into words; [] resets the image's. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** Values as written, `$` and all; undefined: passed through from the host. */
  readonly environment: ReadonlyMap<string, string | undefined>;
  readonly envFiles: readonly string[];
  readonly isInit: boolean;
  readonly pid?: string;
  readonly healthcheck?: Healthcheck;
  readonly dependsOn: readonly Dependency[];
  /** Its definition continues elsewhere: `extends`. */
  readonly isPartial: boolean;
}

export interface Healthcheck {
  readonly place: Place;
  /** The `test` place. */
  readonly test: Place;
  /** `disable: true`, or a test of NONE. */
  readonly isDisabled: boolean;
}

export interface Dependency {
  readonly place: Place;
  readonly service: string;
  readonly condition: string;
}

/** The Compose file in `document`, undefined if it is something else. */
export function composeFileOf(document: ManifestDocument): ComposeFile | undefined {
  const { value, root } = document;
  if (!isRecord(value) || !isRecord(value.services) || "apiVersion" in value) return undefined;
  const services: Service[] = [];
  const file = { document, services };
  for (const place of root.at("services").items) {
    if (isRecord(place.value)) services.push(serviceOf(file, place));
  }
  return file;
}

function serviceOf(file: ComposeFile, place: Place): Service {
  const build = buildOf(place.at("build"));
  return {
    file,
    place,
    name: String(place.path.at(-1)),
    image: place.at("image").string ?? "",
    hasBuild: build !== undefined,
    build,
    entrypoint: wordsOf(place.at("entrypoint")),
    command: wordsOf(place.at("command")),
    environment: environmentOf(place.at("environment")),
    envFiles: envFilesOf(place.at("env_file")),
    isInit: place.at("init").value === true,
    pid: place.at("pid").string,
    healthcheck: healthcheckOf(place.at("healthcheck")),
    dependsOn: dependenciesOf(place.at("depends_on")),
    isPartial: place.at("extends").exists,
  };
}

function buildOf(place: Place): Service["build"] {
  if (place.string !== undefined) return { context: place.string };
  if (!isRecord(place.value)) return undefined;
  return {
    context: place.at("context").string ?? ".",
    dockerfile: place.at("dockerfile").string,
    target: place.at("target").string,
  };
}

function wordsOf(place: Place): string[] | undefined {
  return place.string !== undefined ? splitWords(place.string) : place.strings;
}

function environmentOf(place: Place): Map<string, string | undefined> {
  const variables = new Map<string, string | undefined>();
  for (const item of place.strings ?? []) {
    const [, name = "", value] = /^([^=]*)(?:=([\s\S]*))?$/.exec(item) ?? [];
    variables.set(name, value);
  }
  if (!isRecord(place.value)) return variables;
  for (const [name, value] of Object.entries(place.value)) {
    variables.set(name, value === null ? undefined : String(value));
  }
  return variables;
}

function envFilesOf(place: Place): string[] {
  if (place.string !== undefined) return [place.string];
  return place.items.flatMap((item) => item.string ?? item.at("path").string ?? []);
}

function healthcheckOf(place: Place): Healthcheck | undefined {
  if (!isRecord(place.value)) return undefined;
  const test = place.at("test");
  const isNone = test.string === "NONE" || test.strings?.[0] === "NONE";
  return { place, test, isDisabled: isNone || place.at("disable").value === true };
}

function dependenciesOf(place: Place): Dependency[] {
  return place.items.map((item) => ({
    place: item,
    service: item.string ?? String(item.path.at(-1)),
    condition: item.at("condition").string ?? "service_started",
  }));
}
