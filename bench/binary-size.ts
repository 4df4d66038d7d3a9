import { statSync } from "node:fs";
import { KNELL } from "./programs.ts";
import type { Row } from "./row.ts";

export async function measure(): Promise<Row[]> {
  const { size } = statSync(KNELL);
  const row = {
    what: "`dist/knell`",
    unit: "KiB",
    good: "at most",
    bound: 256,
    goal: 112,
  } as const;
  return [{ ...row, value: size / 1024, detail: `${size} bytes` }];
}
