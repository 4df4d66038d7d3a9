import { compile, KNELL, numbersFrom } from "./programs.ts";
import { median, milliseconds, type Row } from "./row.ts";

const ORPHANS = 10_000;
const ROUNDS = 9;

const INITS = {
  knell: [KNELL, "init"],
  tini: ["tini"],
  "dumb-init": ["dumb-init"],
} as const;

/** Wall and init CPU nanoseconds until `init`, as PID 1, has reaped the storm. */
function storm(init: readonly string[]): { wall: number; cpu: number } {
  const namespace = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--"];
  const orphans = [compile("orphan-storm"), String(ORPHANS)];
  const [[wall = NaN, cpu = NaN] = []] = numbersFrom([...namespace, ...init, "--", ...orphans]);
  return { wall, cpu };
}

/** All inits in turn, round by round; ratios within a round. */
export async function measure(): Promise<Row[]> {
  const rounds = Array.from({ length: ROUNDS }, () => ({
    knell: storm(INITS.knell),
    tini: storm(INITS.tini),
    "dumb-init": storm(INITS["dumb-init"]),
  }));
  return (["tini", "dumb-init"] as const).flatMap((other) =>
    (["wall", "cpu"] as const).map((kind): Row => {
      const figure = (name: keyof typeof INITS) => median(rounds.map((round) => round[name][kind]));
      return {
        what: `${ORPHANS} orphans reaped, knell ÷ ${other}, ${kind === "wall" ? "wall" : "CPU of the init"}`,
        value: median(rounds.map((round) => round.knell[kind] / round[other][kind])),
        unit: "×",
        good: "at most",
        ...(kind === "wall" ? { bound: 1, goal: 0.9 } : {}),
        detail: `${milliseconds(figure("knell"))} ÷ ${milliseconds(figure(other))}`,
      };
    }),
  );
}
