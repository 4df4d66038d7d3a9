// Whatever the input, lint and fix end in findings or in a parse error with its place, and a fix changes what it means to.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fix } from "../../cli/fix/fix.ts";
import { encodeText } from "../../cli/kube/text.ts";
import { lint } from "../../cli/lint/engine.ts";
import type { LintResult } from "../../cli/lint/finding.ts";
import { FIX_KINDS } from "../../cli/lint/finding.ts";
import { deploymentWith } from "./rule-tester.ts";

const golden = join(import.meta.dirname, "../golden");
const COMPOSE = `# a stack
services:
  db: &db
    image: postgres:16 # pinned
    healthcheck: {test: ["CMD-SHELL", "pg_isready -U $\${U} || exit 1"], timeout: 2s}
  db2: {<<: *db}
  cache:
    image: 'redis:7-alpine'
    healthcheck:
      test: >-
        redis-cli -a \${P} ping
        | grep PONG
`;
const DOCKERFILE = `# syntax=docker/dockerfile:1
FROM node:22-slim AS build
RUN <<EOF
npm ci
EOF
FROM redis:7
HEALTHCHECK --interval=5s --timeout=3s \\
  # ask
  CMD redis-cli ping || exit 1
ENTRYPOINT ["redis-server"]
`;

interface Sample {
  readonly file: string;
  readonly text: string;
}

const samples: readonly Sample[] = [
  ...["bad", "good"].flatMap((group) =>
    readdirSync(join(golden, group))
      .filter((file) => !file.endsWith(".out"))
      .map((file) => ({ file, text: readFileSync(join(golden, group, file), "utf8") })),
  ),
  { file: "compose.yaml", text: COMPOSE },
  { file: "Dockerfile", text: DOCKERFILE },
];

const TOKENS = [
  "\t", "\r\n", "\r", "\n", "\0", "\uFEFF", "---\n", "...\n", "- ", ": ", "#", "&a ", "*a", "<<: *a", "|\n", ">-\n",
  "{", "}", "[", "]", '"', "'", "`", "$(", "${", "$$", "\\", "!!binary ", "%YAML 1.1\n", "? ", "{{", "\ud800", "💀",
  "command: [sh, -c, redis-cli ping]\n", "FROM scratch\n", "ONBUILD ", "<<EOF\n", "exec ", "timeout 5 ", "; ", "&", "|| exit 1",
]; // biome-ignore format: a table of words
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(40),
  insert: fc.oneof(fc.constant(""), fc.constantFrom(...TOKENS), fc.string({ maxLength: 8 })),
});
const mutated = fc
  .tuple(fc.constantFrom(...samples), fc.array(mutation, { minLength: 1, maxLength: 6 }))
  .map(([{ file, text }, mutations]) => ({
    file,
    text: mutations.reduce((before, { at, length, insert }) => {
      const start = Math.floor(at * before.length);
      return before.slice(0, start) + insert + before.slice(start + length);
    }, text),
  }));
const truncated = fc
  .tuple(fc.constantFrom(...samples), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([{ file, text }, part]) => ({ file, text: text.slice(0, Math.floor(part * text.length)) }));

/** Every place lies in the text, its end not before its start. */
function expectPlaces({ findings, problems }: LintResult, text: string): void {
  const spans = [...findings, ...problems].map(({ span }) => span);
  for (const span of spans) {
    expect(span).toBeDefined();
    const { start, end } = span!;
    expect(start.offset).toBeGreaterThanOrEqual(0);
    expect(end.offset).toBeGreaterThanOrEqual(start.offset);
    expect(end.offset).toBeLessThanOrEqual(text.length);
    const lines = text.slice(0, start.offset).split("\n");
    expect(start.line).toBe(lines.length);
  }
  for (const { edits } of findings.flatMap(({ fixes }) => fixes)) {
    for (const { start, end } of edits) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(text.length);
    }
  }
}

describe("any input ends in findings or a fault with a place", () => {
  test("mutated files", () => {
    fc.assert(
      fc.property(mutated, ({ file, text }) => {
        expectPlaces(lint([{ file, text }], { profile: "all" }), text);
      }),
      { numRuns: 1500 },
    );
  });

  test("truncated files", () => {
    fc.assert(
      fc.property(truncated, ({ file, text }) => {
        expectPlaces(lint([{ file, text }], { profile: "all" }), text);
      }),
      { numRuns: 500 },
    );
  });

  test("any bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom("a.yaml", "Dockerfile"),
        (bytes, file) => {
          const { problems } = lint([{ file, bytes }], { profile: "all" });
          for (const { span } of problems) expect(span).toBeDefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("any fix", () => {
  const kinds = FIX_KINDS.map((kind) => [kind]);

  test("run twice is the same as run once, and leaves no other file behind", () => {
    fc.assert(
      fc.property(
        fc.oneof(mutated, fc.constantFrom(...samples)),
        fc.constantFrom(...kinds),
        ({ file, text }, kinds) => {
          const first = fix([{ file, text }], { kinds, profile: "all" }).files[0];
          if (first === undefined) return;
          const second = fix([{ file, text: first.after }], { kinds, profile: "all" });
          expect(second.files).toEqual([]);
          expect(first.applied.length).toBeGreaterThan(0);
          const before = lint([{ file, text }]).problems.length;
          expect(lint([{ file, text: first.after }]).problems).toHaveLength(before);
        },
      ),
      { numRuns: 600 },
    );
  });

  test("comments and line ends stay", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.constantFrom(...kinds),
        fc.boolean(),
        ({ file, text }, kinds, isCrlf) => {
          const before = isCrlf ? text.replaceAll("\n", "\r\n") : text;
          const after =
            fix([{ file, text: before }], { kinds, profile: "all" }).files[0]?.after ?? before;
          const comments = (of: string) =>
            of.match(/(?:^|\s)#[^\r\n"']*$/gm)?.map((it) => it.trim());
          expect(comments(after)).toEqual(comments(before));
          const bare = after.replaceAll("\r\n", "");
          expect(isCrlf ? bare.includes("\n") : after.includes("\r")).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("hostile inputs", () => {
  const bomb = (levels: number) =>
    Array.from({ length: levels }, (_, level) =>
      level === 0
        ? "a0: &a0 [x, x]"
        : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}, *a${level - 1}]`,
    ).join("\n");
  const bad = deploymentWith(
    "name: redis\n  image: redis:7\n  livenessProbe: {exec: {command: [redis-cli, ping]}}",
  );

  test("an alias bomb beside a probe that is fixed", () => {
    const text = `${bad}${bomb(60)}\n`;
    expect(lint([{ file: "a.yaml", text }]).findings.length).toBeGreaterThan(0);
    const [file] = fix([{ file: "a.yaml", text }]).files;
    expect(file?.after).toContain("timeoutSeconds: 5");
    expect(file?.after.endsWith(`${bomb(60)}\n`)).toBe(true);
  });

  test("cyclic aliases, as a value, a key and a merge", () => {
    for (const text of ["a: &a {b: *a}", "a: &a [*a]", "a: &a {<<: *a}", "&a a: *a"]) {
      const { problems } = lint([{ file: "a.yaml", text }]);
      expect(problems.length).toBeLessThanOrEqual(1);
      expect(problems.every(({ span }) => span !== undefined)).toBe(true);
    }
  });

  test.each(["utf-8", "utf-16le", "utf-16be"] as const)(
    "%s with a byte order mark: same findings, same columns",
    (encoding) => {
      const bytes = encodeText(`\uFEFF${bad}`, encoding);
      const [plain, marked] = [
        lint([{ file: "a.yaml", text: bad }]),
        lint([{ file: "a.yaml", bytes }]),
      ];
      const places = ({ findings }: LintResult) =>
        findings.map(({ id, span }) => `${id} ${span.start.line}:${span.start.column}`);
      expect(places(marked)).toEqual(places(plain));
      expect(fix([{ file: "a.yaml", bytes }]).files[0]).toMatchObject({
        encoding,
        after: expect.stringMatching(/^\uFEFFapiVersion/),
      });
    },
  );

  test("10 000 documents", () => {
    const text = Array.from({ length: 10_000 }, () => bad).join("---\n");
    const { findings, problems } = lint([{ file: "a.yaml", text }], { only: ["KN302"] });
    expect([findings.length, problems.length]).toEqual([10_000, 0]);
    expect(findings.at(-1)?.span.end.line).toBe(text.split("\n").length - 1);
  });
});

describe("time grows with the input, not with its square", () => {
  const container = (index: number) =>
    `        - name: c${index}\n          image: redis:7\n          livenessProbe: {exec: {command: [redis-cli, ping]}}\n`;
  const head = deploymentWith("name: c\n  image: redis:7");
  const inputs: readonly [string, string, (size: number) => string][] = [
    [
      "containers of one pod",
      "a.yaml",
      (size) => head + Array.from({ length: size }, (_, at) => container(at)).join(""),
    ],
    [
      "keys of one map",
      "a.yaml",
      (size) =>
        `apiVersion: v1\nkind: ConfigMap\ndata:\n${Array.from({ length: size * 20 }, (_, at) => `  k${at}: v\n`).join("")}`,
    ],
    [
      "a script's statements",
      "a.yaml",
      (size) =>
        `${head.trimEnd()}\n          command:\n            - sh\n            - -c\n            - |\n${"              redis-cli ping || exit 1\n".repeat(size * 4)}`,
    ],
    ["documents", "a.yaml", (size) => Array.from({ length: size }, () => head).join("---\n")],
    ["documents with a fault", "a.yaml", (size) => "a: [\n---\n".repeat(size * 8)],
    [
      "suppressions",
      "a.yaml",
      (size) =>
        head +
        Array.from({ length: size }, (_, at) =>
          container(at).replace("\n", " # knell-ignore: KN302\n"),
        ).join(""),
    ],
    [
      "instructions",
      "Dockerfile",
      (size) =>
        `FROM redis:7\n${"RUN a \\\n  b\nHEALTHCHECK CMD redis-cli ping\n".repeat(size * 2)}`,
    ],
    [
      "stages",
      "Dockerfile",
      (size) =>
        Array.from(
          { length: size * 2 },
          (_, at) => `FROM ${at === 0 ? "a" : `s${at - 1}`} AS s${at}\nCMD x\n`,
        ).join(""),
    ],
    [
      "services",
      "compose.yaml",
      (size) =>
        `services:\n${Array.from({ length: size }, (_, at) => `  s${at}:\n    image: redis:7\n    depends_on: {s0: {condition: service_healthy}}\n    healthcheck: {test: redis-cli ping}\n`).join("")}`,
    ],
  ];

  /** The least of some runs, in CPU milliseconds. */
  function cost(run: () => void): number {
    const times = Array.from({ length: 3 }, () => {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    return Math.min(...times);
  }

  test.each(inputs)(
    "%s",
    (_, file, textOf) => {
      const [small, large] = [textOf(250), textOf(1000)];
      lint([{ file, text: small }]);
      const ratio =
        cost(() => lint([{ file, text: large }])) /
        Math.max(
          5,
          cost(() => lint([{ file, text: small }])),
        );
      // 4 times the input: linear is 4, quadratic 16.
      expect(ratio).toBeLessThan(10);
    },
    60_000,
  );
});
