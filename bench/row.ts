// One line of the table of numbers, and the arithmetic on what was measured. Pure.

export interface Row {
  readonly what: string;
  readonly value: number;
  /** "×", "KiB", "ms", "µs", "/s" or "" for a count. */
  readonly unit: string;
  /** Which side of bound and goal is good. */
  readonly good: "at least" | "at most";
  /** undefined: for information. */
  readonly bound?: number;
  readonly goal?: number;
  /** The absolute figures behind the value. */
  readonly detail: string;
}

export type Outcome = "goal met" | "bound met" | "MISSED" | "";

/** How the value stands; "" if the row has no bound. */
export function outcomeOf({ value, good, bound, goal }: Row): Outcome {
  if (bound === undefined) return "";
  const reaches = (limit: number) => (good === "at least" ? value >= limit : value <= limit);
  if (goal !== undefined && reaches(goal)) return "goal met";
  return reaches(bound) ? "bound met" : "MISSED";
}

/** The middle value, or the mean of the two middle ones. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

/** "24.0 ms", "0.14 ms" or "46 µs" from nanoseconds. */
export function duration(nanoseconds: number): string {
  if (nanoseconds >= 1e7) return `${(nanoseconds / 1e6).toFixed(1)} ms`;
  return nanoseconds >= 1e5 ? milliseconds(nanoseconds) : `${(nanoseconds / 1e3).toFixed(0)} µs`;
}

/** "0.62 ms" from nanoseconds. */
export function milliseconds(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(2)} ms`;
}

/** "93.1 µs" from nanoseconds. */
export function microseconds(nanoseconds: number): string {
  return `${(nanoseconds / 1e3).toFixed(1)} µs`;
}

/** The value that the part `share` (0 to 1) of all values does not exceed. NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** "0.62×", "180 KiB", "3 ms", or "" for undefined. */
export function withUnit(value: number | undefined, unit: string): string {
  if (value === undefined) return "";
  const text = Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
  return `${text}${unit === "×" || unit === "" ? unit : ` ${unit}`}`;
}
