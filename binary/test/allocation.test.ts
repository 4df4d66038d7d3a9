import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { TEST_WASM } from "./load.ts";

interface Code {
  readonly calls: Set<string>;
  readonly sets: Set<string>;
}

/** What each function of the wasm calls and which globals it sets, by the names of the debug build. */
function readCode(): Map<string, Code> {
  const text = execFileSync("wasm-objdump", ["-d", TEST_WASM], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  const functions = new Map<string, Code>();
  let current: Code = { calls: new Set(), sets: new Set() };
  for (const line of text.split("\n")) {
    const head = /^[0-9a-f]+ func\[\d+\] <(.*)>:$/.exec(line);
    if (head) {
      current = { calls: new Set(), sets: new Set() };
      functions.set(head[1]!, current);
    }
    const call = /\| call \d+ <(.*)>$/.exec(line);
    if (call) current.calls.add(call[1]!);
    const set = /\| global\.set \d+ <(.*)>$/.exec(line);
    if (set) current.sets.add(set[1]!);
  }
  return functions;
}

function reachableFrom(functions: Map<string, Code>, name: string): Set<string> {
  const found = new Set([name]);
  for (const at of found) for (const called of functions.get(at)?.calls ?? []) found.add(called);
  return found;
}

const functions = readCode();
/** Where the next allocation will lie: to move it is to allocate, also where the allocator was inlined. */
const HEAP_OFFSET = "~lib/rt/stub/offset";

test("D3: no function that main reaches allocates", () => {
  const guilty = [...reachableFrom(functions, "binary/main/main")].filter((name) =>
    functions.get(name)?.sets.has(HEAP_OFFSET),
  );
  expect(guilty).toEqual([]);
});

test("D3: the start function allocates, so this check can see an allocation", () => {
  const guilty = [...reachableFrom(functions, "~start")].filter((name) =>
    functions.get(name)?.sets.has(HEAP_OFFSET),
  );
  expect(guilty).not.toEqual([]);
});

test("D5: no function calls itself, not through others either: the call stack has a fixed depth", () => {
  const recursive = [...functions.keys()].filter((name) =>
    [...(functions.get(name)?.calls ?? [])].some((called) =>
      reachableFrom(functions, called).has(name),
    ),
  );
  expect(recursive).toEqual([]);
});
