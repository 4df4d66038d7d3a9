import { compile, KNELL, numbersFrom } from "./programs.ts";
import { median, milliseconds, type Row } from "./row.ts";

const ORPHANS = 10_000;
const ROUNDS = 15;

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

type Name = keyof typeof INITS;

/** One storm for each init; who begins changes from round to round. */
function runRound(round: number): Record<Name, { wall: number; cpu: number }> {
  const names = Object.keys(INITS) as Name[];
  const first = round % names.length;
  const order = [...names.slice(first), ...names.slice(0, first)];
  const storms = order.map((name) => [name, storm(INITS[name])] as const);
  return Object.fromEntries(storms) as Record<Name, { wall: number; cpu: number }>;
}

/** Ratios within a round, medians over the rounds. */
export async function measure(): Promise<Row[]> {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => runRound(round));
  return (["tini", "dumb-init"] as const).flatMap((other) =>
    (["wall", "cpu"] as const).map((kind): Row => {
      const figure = (name: Name) => median(rounds.map((round) => round[name][kind]));
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
