import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { E2BIG, EAGAIN, EINTR, EPERM, SIGCONT, SIGSTOP, SIGTERM } from "../system/linux.ts";
import { MILLISECOND, SECOND } from "./fake/clock.ts";
import { Kernel, Left } from "./fake/kernel.ts";
import { sentBy } from "./fake/signals.ts";
import { FakeHost, type HostOptions } from "./fake-host.ts";

const INFO = 64;
const ALL = -1n;

function hostWith(options: HostOptions = {}, kernel = new Kernel()) {
  const host = new FakeHost(kernel, options);
  const call = (name: string, ...args: (number | bigint)[]) => host.imports[name]!(...args);
  return { kernel, host, call };
}

test("D7: the fake host has exactly the imports of host.ts, but for those that knell-tls alone has", () => {
  const source = readFileSync(join(import.meta.dirname, "../system/host.ts"), "utf8");
  const all = [...source.matchAll(/declare function (\w+)/g)].map(([, name = ""]) => name);
  const declared = all.filter((name) => !name.startsWith("tls_"));
  expect(all.length).toBeGreaterThan(declared.length);
  expect(Object.keys(hostWith().host.imports).sort()).toEqual(declared.sort());
});

describe("D7: virtual time", () => {
  test("stands still between calls and moves while the program waits", () => {
    const { call } = hostWith();
    const start = call("clock_monotonic") as bigint;
    expect(call("clock_monotonic")).toBe(start);
    expect(call("rt_sigtimedwait", ALL, INFO, BigInt(SECOND))).toBe(-EAGAIN);
    expect(call("clock_monotonic")).toBe(start + BigInt(SECOND));
  });

  test("a frozen program finds it moved on, and a wait interrupted", () => {
    const { kernel, call } = hostWith();
    const start = kernel.clock.now;
    kernel.clock.after(MILLISECOND, () => kernel.freeze(500));
    expect(call("rt_sigtimedwait", ALL, INFO, -1n)).toBe(-EINTR);
    expect(kernel.clock.now - start).toBe(501 * MILLISECOND);
  });

  test("a program that waits for ever with nothing scheduled leaves as idle", () => {
    const { call } = hostWith();
    expect(() => call("ppoll", 0, 0, -1n)).toThrow(Left);
  });
});

test("D7: a program that is stopped goes on when it is continued", () => {
  const kernel = new Kernel(7);
  const { call } = hostWith({}, kernel);
  const shell = kernel.processes.init;
  kernel.clock.after(MILLISECOND, () =>
    kernel.processes.send(kernel.program, sentBy(shell, SIGSTOP)),
  );
  kernel.clock.after(SECOND, () => kernel.processes.send(kernel.program, sentBy(shell, SIGCONT)));
  expect(call("rt_sigtimedwait", ALL, INFO, -1n)).toBe(-EINTR);
  expect(call("rt_sigtimedwait", ALL, INFO, 0n)).toBe(SIGCONT);
});

test("D7: errors come where they are asked for", () => {
  const { call } = hostWith({ faults: [{ call: "kill", error: EPERM, after: 1, times: 1 }] });
  const child = call("fork")!;
  expect([1, 2, 3].map(() => call("kill", child, 0))).toEqual([0, -EPERM, 0]);
});

test("D7: fork in child mode puts the program into the child, up to execve", () => {
  const { kernel, host, call } = hostWith({ args: ["knell", "/bin/true", "x"], forks: ["child"] });
  kernel.tree.set("/bin/true", { mode: 0o100_755 });
  expect(call("fork")).toBe(0);
  expect(call("getpid")).toBe(2);
  host.memory.write(INFO, new TextEncoder().encode("/bin/true\0"));
  try {
    call("execve", INFO, 1);
    expect.unreachable();
  } catch (thrown) {
    expect((thrown as Left).outcome).toEqual({
      kind: "executed",
      path: "/bin/true",
      args: ["/bin/true", "x"],
    });
  }
});

test("D7: pushed words stand behind the arguments and the gap that ends them, up to 511", () => {
  const { kernel, host, call } = hostWith({ args: ["knell", "x"], forks: ["child"] });
  kernel.tree.set("/bin/true", { mode: 0o100_755 });
  host.memory.write(INFO, new TextEncoder().encode("/bin/true\0-v\0"));
  expect(call("argv_length", 2)).toBe(-1);
  expect([INFO, INFO + 10, 0, INFO].map((at) => call("argv_push", at))).toEqual([3, 4, 5, 6]);
  expect([3, 4, 5, 6, 7].map((at) => call("argv_length", at))).toEqual([9, 2, -1, 9, -1]);
  call("argv_scrub", 4, 1);
  expect(host.memory.text(INFO + 10)).toBe("-*");
  for (let pushed = 4; pushed < 511; pushed++) expect(call("argv_push", 0)).toBe(pushed + 3);
  expect(call("argv_push", 0)).toBe(-E2BIG);
  call("fork");
  const outcome = { kind: "executed", path: "/bin/true", args: ["/bin/true", "-*"] };
  expect(() => call("execve", INFO, 3)).toThrow(expect.objectContaining({ outcome }));
});

test("D7: the trace reads as calls with their time, names and results", () => {
  const { kernel, call } = hostWith();
  call("rt_sigtimedwait", ALL, INFO, BigInt(2 * MILLISECOND));
  call("kill", 99, SIGTERM);
  const lines = String(kernel.trace)
    .split("\n")
    .map((line) => line.trim());
  expect(lines).toEqual([
    "2.000 rt_sigtimedwait(-1, 64, 2000000) = -EAGAIN",
    "2.000 kill(99, TERM) = -ESRCH",
  ]);
});
