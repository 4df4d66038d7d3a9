// The rows that say what one probe costs in CPU, each in its own way: the picture is made of them. Pure.

import { microseconds, type Row } from "./row.ts";

/** Way → how the picture and the table call it. */
export const WAYS = {
  cri: "`tini -s -- redis-cli ping` through containerd's ExecSync",
  recipe: "`tini -s -- redis-cli ping`, the process",
  execRecipe: "`knell exec -- redis-cli ping`, the process",
  probe: "`knell redis --live`, the process",
  endpoint: "`GET /livez`, knell and redis-server",
} as const;

export type Way = keyof typeof WAYS;

/** For information: `nanoseconds` of CPU for one probe. */
export function costRow(way: Way, nanoseconds: number): Row {
  return {
    what: whatOf(way),
    value: nanoseconds / 1e3,
    unit: "µs",
    good: "at most",
    detail: microseconds(nanoseconds),
  };
}

/** The row's name, by which the picture finds it. */
export function whatOf(way: Way): string {
  return `CPU of one ${WAYS[way]}`;
}
