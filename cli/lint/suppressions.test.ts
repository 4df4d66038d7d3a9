import { describe, expect, test } from "vitest";
import { lint } from "./engine.ts";
import type { LintOptions } from "./options.ts";

const RULES = ["KN302", "KN501"];

/** "id path" of what is left of KN302 and KN501. */
function left(text: string, options: LintOptions = {}, file = "a.yaml"): string[] {
  const { findings } = lint([{ file, text }], options);
  return findings
    .filter(({ id }) => [...RULES, "KN001", "KN002"].includes(id))
    .map(({ id, objectPath }) => `${id} ${objectPath.split("/").slice(3).join("/")}`);
}

/** Two containers, each with a readiness probe that both rules report; `#1` to `#9` are where comments may go. */
const POD = `#1
apiVersion: v1
kind: Pod
#2
metadata:
  name: a
  annotations: {}
spec:
  containers:
    #3
    - name: one #4
      image: redis:7
      #5
      readinessProbe: #6
        #7
        exec: {command: [redis-cli, ping]} #8
    - name: two
      image: redis:7
      readinessProbe:
        exec: {command: [redis-cli, ping]}
`;
const podWith = (mark: number, comment: string) =>
  POD.replace(`#${mark}`, comment).replace(/ *#\d(?=\n)/g, "");

const ALL = [
  "KN302 one/readinessProbe",
  "KN501 one/readinessProbe",
  "KN302 two/readinessProbe",
  "KN501 two/readinessProbe",
];
const without = (...gone: string[]) => ALL.filter((it) => !gone.includes(it));

describe("comments", () => {
  test.each<[string, number, string, string[]]>([
    ["above a probe", 5, "# knell-ignore: KN302", without("KN302 one/readinessProbe")],
    ["on the probe's line", 6, "# knell-ignore: KN302", without("KN302 one/readinessProbe")],
    [
      "a name in place of an id, and several",
      5,
      "# knell-ignore: exec-default-timeout, KN501",
      without("KN302 one/readinessProbe", "KN501 one/readinessProbe"),
    ],
    [
      "with a reason",
      5,
      "# knell-ignore: KN302, KN501 -- measured: 20 ms",
      without("KN302 one/readinessProbe", "KN501 one/readinessProbe"),
    ],
    [
      "above an element: all of it",
      3,
      "# knell-ignore: KN501",
      without("KN501 one/readinessProbe"),
    ],
    [
      "on the element's first line",
      4,
      "# knell-ignore: KN501",
      without("KN501 one/readinessProbe"),
    ],
    [
      "further in: that node alone",
      7,
      "# knell-ignore: KN302, KN501",
      without("KN501 one/readinessProbe"),
    ],
    ["on the line of the command", 8, "# knell-ignore: KN501", without("KN501 one/readinessProbe")],
    [
      "above the first line: the document",
      1,
      "# knell-ignore: KN501",
      without("KN501 one/readinessProbe", "KN501 two/readinessProbe"),
    ],
    ["elsewhere: nothing", 2, "# knell-ignore: KN501", ALL],
    [
      "for the file",
      1,
      "# redis\n# knell-ignore-file: KN501 -- old",
      without("KN501 one/readinessProbe", "KN501 two/readinessProbe"),
    ],
    ["for the file, but not in the first comment: nothing", 3, "# knell-ignore-file: KN501", ALL],
  ])("%s", (_, mark, comment, expected) => {
    expect(left(podWith(mark, comment))).toEqual(expected);
  });

  test("the first line of a document stands for that document alone", () => {
    const text = `${podWith(1, "# knell-ignore: KN501")}---\n${podWith(1, "# b")}`;
    expect(left(text).filter((it) => it.startsWith("KN501"))).toHaveLength(2);
  });

  test("with CRLF", () => {
    const text = podWith(5, "# knell-ignore: KN302").replaceAll("\n", "\r\n");
    expect(left(text)).toEqual(without("KN302 one/readinessProbe"));
  });

  test("a sequence at its key's indentation belongs to the key", () => {
    const text = podWith(1, "")
      .replaceAll("\n    ", "\n  ")
      .replace("  containers:", "  # knell-ignore: KN501\n  containers:");
    expect(left(text).some((it) => it.startsWith("KN501"))).toBe(false);
  });

  test("above a Dockerfile's instruction", () => {
    const text = (comment: string) => `FROM redis:7\n${comment}HEALTHCHECK CMD redis-cli ping\n`;
    expect(left(text(""), {}, "Dockerfile")).toHaveLength(1);
    expect(left(text("# knell-ignore: KN501\n"), {}, "Dockerfile")).toHaveLength(0);
  });
});

describe("annotations and keys", () => {
  const annotated = (annotation: string) =>
    podWith(1, "").replace("annotations: {}", `annotations: {${annotation}}`);

  test("on the object, for all containers or for one", () => {
    expect(left(annotated('knell/ignore: "KN302, KN501 -- why"'))).toEqual([]);
    expect(left(annotated("knell/ignore.two: KN501"))).toEqual(without("KN501 two/readinessProbe"));
  });

  test("on the pod template", () => {
    const indented = podWith(1, "").split("spec:\n")[1]!.replaceAll("\n", "\n    ");
    const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    metadata: {annotations: {knell/ignore: KN501}}
    spec:
    ${indented}`;
    expect(left(text)).toEqual(without("KN501 one/readinessProbe", "KN501 two/readinessProbe"));
  });

  test("x-knell-ignore on a Compose service, as a list or a string", () => {
    const text = (key: string) =>
      `services:\n  a:\n    image: redis:7${key}\n    healthcheck: {test: [CMD, redis-cli, ping]}\n`;
    expect(left(text(""))).toHaveLength(1);
    expect(left(text("\n    x-knell-ignore: [KN501]"))).toEqual([]);
    expect(left(text("\n    x-knell-ignore: redis-exit-status"))).toEqual([]);
  });
});

describe("what nobody needs", () => {
  test("an unused suppression is reported under the strict profile, also one of an unknown rule", () => {
    const text = podWith(5, "# knell-ignore: KN302, KN101, no-such-rule");
    expect(left(text)).not.toContain("KN001 ");
    const { findings } = lint([{ file: "a.yaml", text }], { profile: "strict" });
    expect(findings.find(({ id }) => id === "KN001")).toMatchObject({
      message: 'nothing to suppress here: "KN101", "no-such-rule"',
      span: { start: { line: 13 } },
    });
  });

  test("one of a rule that is switched off is left alone", () => {
    const text = podWith(5, "# knell-ignore: KN302");
    const { findings } = lint([{ file: "a.yaml", text }], {
      profile: "strict",
      rules: { KN302: "off" },
    });
    expect(findings.map(({ id }) => id)).not.toContain("KN001");
  });

  test("requireReason: one without a reason is reported", () => {
    const options = { requireReason: true };
    expect(left(podWith(5, "# knell-ignore: KN302"), options)).toContain("KN002 ");
    expect(left(podWith(5, "# knell-ignore: KN302 -- measured"), options)).not.toContain("KN002 ");
  });
});
