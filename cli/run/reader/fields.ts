// Reading fields as the API server would: a wrong type, a wrong value or an unknown name is a fault with its place.

import { isRecord, type Place } from "../../kube/manifest.ts";

/** Something the API would reject. */
export interface InputFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What reading one set of files has found so far. */
export class Findings {
  readonly faults: InputFault[] = [];
  /** What is not played, each once. */
  readonly notes = new Set<string>();
  readonly #files = new Map<object, string>();

  /** Names the file that a manifest came from. */
  name(manifest: object, file: string): void {
    this.#files.set(manifest, file);
  }

  reject(place: Place, message: string): undefined {
    const { manifest } = place.document;
    const [start] = place.exists ? place.range : place.keyRange;
    const { line, column } = manifest.lines.positionAt(start);
    this.faults.push({ file: this.#files.get(manifest) ?? "", line, column, message });
    return undefined;
  }

  /** Says once that a field is not played. */
  skip(field: string, reason = "not played here"): void {
    this.notes.add(`${field}: ${reason}`);
  }
}

/** The fields of one object: those that are played, and those the API knows too. */
export interface FieldNames {
  readonly played: readonly string[];
  readonly known: readonly string[];
}

/** Rejects names the API does not know and notes those that have no effect here. False if it is no object at all. */
export function checkFields(
  place: Place,
  path: string,
  names: FieldNames,
  findings: Findings,
): boolean {
  if (!place.exists || place.value === null) return false;
  if (!isRecord(place.value)) {
    findings.reject(place, `${path}: an object is needed, not ${describe(place.value)}`);
    return false;
  }
  for (const name of Object.keys(place.value)) {
    if (names.played.includes(name)) continue;
    if (names.known.includes(name)) findings.skip(`${path}.${name}`);
    else findings.reject(place.at(name), `${path}: unknown field "${name}"`);
  }
  return true;
}

/** The text of a field; undefined if it is absent or wrong. */
export function readString(place: Place, findings: Findings): string | undefined {
  if (!place.exists || place.value === null) return undefined;
  if (typeof place.value === "string") return place.value;
  return findings.reject(
    place,
    `${fieldOf(place)}: a string is needed, not ${describe(place.value)}`,
  );
}

/** The strings of a list; empty if it is absent or wrong. */
export function readStrings(place: Place, findings: Findings): readonly string[] {
  return readList(place, findings).map((item) => readString(item, findings) ?? "");
}

/** The places of a list; empty if it is absent or wrong. */
export function readList(place: Place, findings: Findings): readonly Place[] {
  if (!place.exists || place.value === null) return [];
  if (Array.isArray(place.value)) return place.items;
  findings.reject(place, `${fieldOf(place)}: a list is needed, not ${describe(place.value)}`);
  return [];
}

export function readBoolean(place: Place, findings: Findings): boolean {
  if (!place.exists || place.value === null) return false;
  if (typeof place.value === "boolean") return place.value;
  findings.reject(
    place,
    `${fieldOf(place)}: true or false is needed, not ${describe(place.value)}`,
  );
  return false;
}

const LARGEST_INT32 = 2 ** 31 - 1;

/** A whole number from `lowest` up; undefined if it is absent or wrong. */
export function readInteger(
  place: Place,
  findings: Findings,
  lowest = 0,
  highest = LARGEST_INT32,
): number | undefined {
  if (!place.exists || place.value === null) return undefined;
  const { integer } = place;
  if (integer !== undefined && integer >= lowest && integer <= highest) return integer;
  const range = highest === LARGEST_INT32 ? `${lowest} or more` : `${lowest} to ${highest}`;
  return findings.reject(
    place,
    `${fieldOf(place)}: a whole number, ${range}, is needed, not ${describe(place.value)}`,
  );
}

/** One of `allowed`; undefined if it is absent or wrong. */
export function readChoice<T extends string>(
  place: Place,
  allowed: readonly T[],
  findings: Findings,
): T | undefined {
  if (!place.exists || place.value === null) return undefined;
  const found = allowed.find((value) => value === place.value);
  if (found !== undefined) return found;
  const wanted = allowed.join(", ");
  return findings.reject(place, `${fieldOf(place)}: ${describe(place.value)} is none of ${wanted}`);
}

export function fieldOf(place: Place): string {
  const name = place.path.findLast((key) => typeof key === "string");
  return typeof name === "string" ? name : "document";
}

const LONGEST_SHOWN = 60;

export function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isRecord(value)) return "an object";
  if (value === null || value === undefined) return "nothing";
  const text = JSON.stringify(String(value));
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…"` : text;
}
