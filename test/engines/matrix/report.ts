// docs/engines.md and docs/engines.svg from what the matrix gave. Pure.

import { type Cell, CONDITIONS, type Condition, PIDS_LIMIT, type Sizes } from "./conditions.ts";
import type { Matrix } from "./matrix.ts";
import { WAY_NAMES, WAYS, type WayName } from "./ways.ts";

export interface EngineResult {
  /** With its version. */
  readonly engine: string;
  readonly matrix: Matrix;
}

export interface Results {
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly machine: string;
  readonly sizes: Sizes;
  readonly engines: readonly EngineResult[];
}

/** Nothing that should have been seen was missed, nothing was left, no probe failed without a reason. */
export function isClean(cell: Cell): boolean {
  const { missed, falseAlarms, zombies, orphans, refused = 0 } = cell;
  return missed + falseAlarms + zombies + orphans + refused === 0;
}

/** The cells of knell's ways that are not clean, named; none when all is as promised. */
export function brokenPromises({ engine, matrix }: EngineResult): string[] {
  const names = WAY_NAMES.filter((way) => WAYS[way].isKnell);
  return names.flatMap((way) =>
    conditions()
      .filter((condition) => !isClean(matrix[way][condition]))
      .map((condition) => `${engine}, ${way}, ${condition}: ${textOf(matrix[way][condition])}`),
  );
}

/** One line: what was seen, then what was left. */
export function textOf(cell: Cell): string {
  const parts = [
    cell.seen > 0 || cell.missed > 0 ? `${cell.seen} of ${cell.seen + cell.missed} seen` : "",
    cell.falseAlarms > 0 ? counted(cell.falseAlarms, "false alarm") : "",
    cell.orphans > 0 ? counted(cell.orphans, "orphan") : "",
    cell.zombies > 0 ? counted(cell.zombies, "zombie") : "",
    cell.refused ? `${cell.refused} refused` : "",
    cell.note ?? "",
    cell.cpuNanoseconds === undefined ? "" : milliseconds(cell.cpuNanoseconds),
  ];
  return parts.filter(Boolean).join(", ") || "clean";
}

const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

function milliseconds(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(nanoseconds < 1e6 ? 2 : 1)} ms CPU each`;
}

const conditions = () => Object.keys(CONDITIONS) as Condition[];

/** The page, with a table for each engine. */
export function pageOf(results: Results): string {
  const { date, machine, sizes, engines } = results;
  return `# What does each probe see, and what does it leave?

${date}, ${machine}. Made by \`npm run engines\`, which starts every container anew and fails if a cell of knell is not
clean; \`npm test\` does the same in less time. Redis 7 in the images of \`images/\`, on stand-ins for the official ones.

![The matrix, a square for each cell: green is clean](engines.svg)

${engines.map(tableOf).join("\n\n")}

## How to read it

- *n of m seen*: of m attempts that had to fail, n failed in time. The others passed, were refused by the engine, or got
  no verdict while Redis was frozen; attempts that the kubelet could not even begin because the last one still hung are
  not counted. *False alarm*: an attempt that had to pass, and did not; as liveness probe it restarts a Redis that is well.
- *refused*: attempts that the engine could not start, because the pod had no task left; a kubelet does nothing then.
- *orphan*: a process of a probe that outlived it. *zombie*: one that nobody waits for, at the end of the cell.
- CPU: engine, shim, runc, the probe and Redis' answer, from the control group all of it runs in. Not the client's: the
  kubelet, or curl for \`knell init --listen\`.

## The conditions

| | |
|---|---|
| healthy | ${sizes.healthy} attempts |
| many probes | ${sizes.many} attempts, one after the other |
| frozen | Redis has SIGSTOP for ${sizes.frozenSeconds} s; one attempt a second at most, each with 1 s |
| wrapper killed | the probe's first process gets SIGKILL while Redis is frozen; ${sizes.repeats} times |
| crashed | Redis gets SIGKILL: the container ends, and the engine has to say so |
| loading, password wrong | readiness has to fail, ${sizes.repeats} times; liveness has to pass, because a restart cures neither |
| pids limit | as wrapper killed, ${sizes.killed} times in a pod that may have ${PIDS_LIMIT} tasks; then Redis is well, and asked three times |

The first two ways run on the image as it comes, with redis-server as PID 1; the others on \`images/redis\`, with knell as
PID 1. \`knell exec\` runs \`redis-cli -e ping\` for readiness: a deadline does not make \`redis-cli\` fail on an error
reply, \`-e\` does.

Why podman sees what containerd does not: conmon is done when the process it started is, containerd waits for the end of
the output, which the orphan holds. The orphan is there on both.

podman has no limit for an exec. Here the process that podman started is killed after 1 s, as Docker and containerd do.
`;
}

function tableOf({ engine, matrix }: EngineResult): string {
  const head = ["", ...WAY_NAMES.map((way) => WAYS[way].title)];
  const rows = conditions().map((condition) => [
    CONDITIONS[condition],
    ...WAY_NAMES.map((way) => textOf(matrix[way][condition])),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)];
  return `## ${engine}\n\n${table.join("\n")}`;
}

const CELL = { width: 132, height: 26, gap: 3 };
const LEFT = 130;
const TOP = 58;

/** A square for each cell of each engine, green where it is clean. */
export function pictureOf({ engines }: Results): string {
  const blockHeight = TOP + conditions().length * (CELL.height + CELL.gap) + 16;
  const width = LEFT + WAY_NAMES.length * (CELL.width + CELL.gap);
  const height = engines.length * blockHeight;
  const blocks = engines.map((result, index) => blockOf(result, index * blockHeight));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<title>What each way to probe sees and leaves, on each engine</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${blocks.join("\n")}
</svg>
`;
}

function blockOf({ engine, matrix }: EngineResult, top: number): string {
  const titles = WAY_NAMES.map((way, column) => {
    const words = shortTitle(way);
    return text(
      LEFT + column * (CELL.width + CELL.gap) + CELL.width / 2,
      top + 46,
      words,
      "middle",
    );
  });
  const rows = conditions().flatMap((condition, row) => {
    const y = top + TOP + row * (CELL.height + CELL.gap);
    const cells = WAY_NAMES.map((way, column) =>
      square(LEFT + column * (CELL.width + CELL.gap), y, matrix[way][condition]),
    );
    return [text(LEFT - 8, y + 17, CONDITIONS[condition], "end"), ...cells];
  });
  return [
    `<text x="8" y="${top + 22}" font-size="14" font-weight="bold">${escapeXml(engine)}</text>`,
    ...titles,
    ...rows,
  ].join("\n");
}

const shortTitle = (way: WayName) =>
  WAYS[way].title.replaceAll(/`|\\/g, "").replace(/^sh -c.*/, "sh -c");

function square(x: number, y: number, cell: Cell): string {
  const fill = isClean(cell) ? "#cdeacb" : "#f6c1bb";
  const words = textOf(cell).replace(" CPU each", "");
  const lines = words.length > 24 ? halves(words) : [words];
  const labels = lines.map((line, index) =>
    text(x + CELL.width / 2, y + (lines.length === 1 ? 17 : 11 + index * 11), line, "middle", 9.5),
  );
  return `<rect x="${x}" y="${y}" width="${CELL.width}" height="${CELL.height}" rx="3" fill="${fill}"/>${labels.join("")}`;
}

/** At the comma nearest to the middle. */
function halves(words: string): string[] {
  const parts = words.split(", ");
  const middle = Math.ceil(parts.length / 2);
  return [parts.slice(0, middle), parts.slice(middle)].map((half) => half.join(", "));
}

function text(x: number, y: number, words: string, anchor: string, size = 11): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}">${escapeXml(words)}</text>`;
}

const escapeXml = (words: string) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** README's opening table: what the probes made of containerd, the kubelet's own path. Throws without its results. */
export function openingOf({ engines, sizes }: Results): string {
  const containerd = engines.find(({ engine }) => engine.startsWith("containerd"));
  if (containerd === undefined)
    throw new Error("docs/engines.json: no containerd; run npm run engines");
  const rows = WAY_NAMES.map((way) => {
    const { frozen, loading, many } = containerd.matrix[way];
    const cells = [
      WAYS[way].title,
      String(frozen.seen),
      leftBehind(frozen) || "nothing",
      `${loading.seen} of ${loading.seen + loading.missed}${loading.falseAlarms > 0 ? `, and ${counted(loading.falseAlarms, "false alarm")}` : ""}`,
      `${((many.cpuNanoseconds ?? NaN) / 1e6).toFixed(1)} ms`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    `| probe | failures seen, Redis frozen ${sizes.frozenSeconds} s | left behind | loading seen | CPU, with the runtime's |`,
    "|---|---|---|---|---|",
    ...rows,
    "",
    "[docs/engines.md](docs/engines.md) has the whole matrix, on containerd and podman, and how it is made.",
  ].join("\n");
}

function leftBehind({ orphans, zombies }: Cell): string {
  const parts = [
    orphans > 0 ? counted(orphans, "orphan") : "",
    zombies > 0 ? counted(zombies, "zombie") : "",
  ];
  return parts.filter(Boolean).join(", ");
}
