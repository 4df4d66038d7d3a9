import { describe, expect, test } from "vitest";
import { type Manifest, parseManifest } from "./manifest.ts";
import { objectsOf } from "./object.ts";

/** "line:column message" of each fault. */
function faults({ faults }: Manifest): string[] {
  return faults.map(({ span, message }) => `${span.start.line}:${span.start.column} ${message}`);
}

describe("what cannot be read is a fault with its place", () => {
  test.each([
    ["a tab as indentation", "a:\n\tb: 1\n", "2:1 tabs are not allowed as indentation"],
    ["a duplicate key", "a: 1\nb: 2\na: 3\n", '3:1 duplicate key "a"'],
    ["a duplicate key further in", "a: {b: 1, b: 2}\n", '1:11 duplicate key "b"'],
    ["an alias without its anchor", "a: *x\n", '1:4 no anchor "&x" before it'],
    ["an alias inside its own anchor", "a: &x\n  b: *x\n", '2:6 "*x" contains itself'],
    ["a quote that does not end", 'a: "b\n', '2:1 missing closing "quote'],
  ])("%s", (_, text, expected) => {
    expect(faults(parseManifest(text))).toEqual([expected]);
  });

  test("nesting too deep", () => {
    expect(faults(parseManifest("[".repeat(100_000)))).toEqual([
      expect.stringMatching(/^1:\d+ nested too deeply$/),
    ]);
  });

  test("the other documents of the stream are read all the same", () => {
    const manifest = parseManifest("a: 1\n---\nb: [1\n---\nc: 3\n");
    expect(manifest.documents.map(({ index, value }) => [index, value])).toEqual([
      [0, { a: 1 }],
      [2, { c: 3 }],
    ]);
    expect(manifest.faults).toHaveLength(1);
  });
});

describe("values", () => {
  test("aliases are shared, merge keys are merged, own keys go before merged ones", () => {
    const { documents } = parseManifest("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: [*a]\n");
    const value = documents[0]?.value as { a: unknown; b: unknown; c: unknown[] };
    expect(value.b).toEqual({ x: 1, y: 3 });
    expect(value.c[0]).toBe(value.a);
  });

  test("several maps are merged in order", () => {
    const { documents } = parseManifest("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n");
    expect(documents[0]?.root.at("c").value).toEqual({ x: 1, y: 2 });
    expect(documents[0]?.root.at("c", "y").value).toBe(2);
  });

  test("__proto__ and constructor are keys like others", () => {
    const { documents } = parseManifest("__proto__: {a: 1}\nb: {}\n");
    const root = documents[0]!.root;
    expect(root.at("__proto__", "a").value).toBe(1);
    expect(root.at("b", "constructor").exists).toBe(false);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test("JSON with tabs is read", () => {
    const { documents, faults } = parseManifest('{\n\t"a": [\n\t\t1\n\t]\n}\n');
    expect([documents[0]?.value, faults]).toEqual([{ a: [1] }, []]);
  });
});

describe("places", () => {
  const text = "a:\n  - b: x # c\n    d: &d {e: f}\ng: *d\n";
  const root = parseManifest(text).documents[0]!.root;
  const slice = ([start, end]: readonly [number, number]) => text.slice(start, end);

  test("a value and its key are found", () => {
    expect(slice(root.at("a", 0, "b").range)).toBe("x");
    expect(slice(root.at("a", 0, "d").keyRange)).toBe("d");
  });

  test("behind an alias stands the anchor's value", () => {
    expect(root.at("g", "e").value).toBe("f");
    expect(slice(root.at("g", "e").range)).toBe("f");
    expect(root.at("g", "e").path).toEqual(["g", "e"]);
  });

  test("what is missing stands where its parent does", () => {
    const missing = root.at("a", 0, "x", "y");
    expect([missing.exists, missing.value]).toEqual([false, undefined]);
    expect(slice(root.at("g", "x").range)).toBe("g");
  });
});

describe("Kubernetes objects", () => {
  test("items of a List are objects; documents without kind are none", () => {
    const manifest = parseManifest(
      "a: 1\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}}\n- {apiVersion: v1, kind: Service, metadata: {generateName: c-}}\n",
    );
    expect(objectsOf(manifest)).toMatchObject([
      { kind: "Pod", name: "a", namespace: "b" },
      { kind: "Service", name: "c-", namespace: "default" },
    ]);
  });

  test("Helm's comment and kustomize's annotation name the origin", () => {
    const manifest = parseManifest(`---
# Source: chart/templates/a.yaml
apiVersion: v1
kind: Pod
metadata: {name: a}
---
apiVersion: v1
kind: Pod
metadata:
  name: b
  annotations:
    config.kubernetes.io/origin: |
      path: ../base/b.yaml
---
apiVersion: v1
kind: Pod
metadata: {name: c}
`);
    expect(objectsOf(manifest).map(({ origin }) => origin)).toEqual([
      "chart/templates/a.yaml",
      "../base/b.yaml",
      undefined,
    ]);
  });
});

describe("templates", () => {
  test.each([
    ["a value", "a: {{ .Values.a }}\n", true],
    ["a control line", "{{- if .Values.a }}\na: b\n{{- end }}\n", true],
    ["in a quoted string", 'a: "{{ .Values.a }}"\nb: 1\n', false],
    ["in a comment", "a: 1 # {{ x }}\n", false],
    ["in a block scalar", "a: |\n  {{ range }}\n", false],
    ["in the middle of a plain string, which is valid YAML", "a: up {{ $labels.x }}\n", false],
  ])("braces as %s", (_, text, expected) => {
    expect(parseManifest(text).isTemplate).toBe(expected);
  });
});
