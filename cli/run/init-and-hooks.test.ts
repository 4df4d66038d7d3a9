// §10 of docs/specs/kubelet-probes.md on the manual clock.

import { expect, test } from "vitest";
import { container, Play, podOf, probe } from "./test/play.ts";

const init = (name: string) => container([], { name, role: "init" });
const sidecar = (probes = [] as Parameters<typeof container>[0], name = "side") =>
  container(probes, { name, role: "sidecar" });
const EXEC = { kind: "exec", command: ["hook"] } as const;

test("P97: ordinary init containers run one after the other, each to exit 0", async () => {
  const script = {
    a: { lifeMs: () => 2000, exitCode: () => 0 },
    b: { lifeMs: () => 3000, exitCode: () => 0 },
  };
  const play = new Play(podOf([init("a"), init("b"), container()]), { script });
  await play.until(10);
  expect(play.sandbox.log).toEqual(["start a@0", "start b@2", "start app@5"]);
});

test("P97: one that fails is restarted with the same back-off", async () => {
  const script = { a: { lifeMs: () => 1000, exitCode: (n: number) => (n < 3 ? 1 : 0) } };
  const play = new Play(podOf([init("a"), container()]), { script });
  await play.until(40);
  expect(play.starts("a")).toEqual([0, 1, 12, 33]);
  expect(play.starts()).toEqual([34]);
});

test("P97: under Never one that fails ends the pod", async () => {
  const script = { a: { lifeMs: () => 1000, exitCode: () => 1 } };
  const pod = podOf([init("a"), container()], { restartPolicy: "Never" });
  const play = new Play(pod, { script });
  await play.until(40);
  expect(await play.pod.ended).toBe("Failed");
  expect(play.starts()).toEqual([]);
});

test("P98: a sidecar lets the next one start when its startup probe has passed", async () => {
  const side = sidecar([probe("startup", { periodSeconds: 5 }), probe("readiness")]);
  const play = new Play(podOf([side, container()]), {
    answer: ({ type }, _, now) => (type === "startup" && now >= 15 ? "success" : "failure"),
  });
  await play.until(40);
  expect(play.starts("side")).toEqual([0]);
  expect(play.starts()).toEqual([15]);
  expect(play.pod.isReady).toBe(false);
});

test("P98: without a startup probe it is enough that it runs", async () => {
  const script = { side: { startMs: 2000 } };
  const play = new Play(podOf([sidecar(), container()]), { script });
  await play.until(5);
  expect(play.starts()).toEqual([2]);
});

test("P99: a sidecar that fails its liveness probe is restarted, whatever the policy", async () => {
  const side = sidecar([probe("liveness", { failureThreshold: 1 })]);
  const play = new Play(podOf([side, container()], { restartPolicy: "Never" }), {
    answer: (_, __, now) => (now < 15 ? "failure" : "success"),
  });
  await play.until(30);
  expect(play.events("Killing")).toEqual(["10 Killing: Init container side failed liveness probe"]);
  expect(play.starts("side")).toEqual([0, 10]);
});

test("P99: a sidecar that exits is restarted with back-off", async () => {
  const script = { side: { lifeMs: () => 1000, exitCode: () => 0 } };
  const pod = podOf([sidecar(), container()], { restartPolicy: "Never" });
  const play = new Play(pod, { script });
  await play.until(30);
  expect(play.starts("side")).toEqual([0, 1, 12]);
  expect(play.starts()).toHaveLength(1);
});

test("P100: regular containers end together, then sidecars from the last to the first, in one grace period", async () => {
  const pod = podOf([
    sidecar([], "s1"),
    sidecar([], "s2"),
    container([], { name: "a" }),
    container([], { name: "b" }),
  ]);
  const script = {
    a: { termMs: 3000 },
    b: { termMs: 5000 },
    s1: { ignoresTerm: true },
    s2: { termMs: 1000 },
  };
  const play = new Play(pod, { script });
  await play.until(10);
  await play.delete();
  const log = play.sandbox.log.filter((line) => /^(?:TERM|KILL)/.test(line));
  expect(log).toEqual(["TERM a@10", "TERM b@10", "TERM s2@15", "TERM s1@16", "KILL s1@40"]);
});

test("P100: a sidecar that had to wait for the whole grace period still gets 2 s", async () => {
  const script = { app: { ignoresTerm: true }, side: { ignoresTerm: true } };
  const play = new Play(podOf([sidecar(), container()]), { script });
  await play.until(10);
  await play.delete();
  expect(play.ends("side")).toEqual(["42 exit 137"]);
});

test("P101: an exec hook has no timeout, and its words are not expanded", async () => {
  const postStart = { kind: "exec", command: ["hook", "$(A)"] } as const;
  const env = [{ name: "A", value: "1", isLiteral: true }];
  const play = new Play(podOf([container([], { postStart, env })]), {
    script: { app: { exec: () => ({ code: 0, takesMs: 500_000 }) } },
  });
  await play.until(600);
  expect(play.sandbox.log).toEqual(["start app@0", "exec hook hook $(A)@0"]);
  expect(play.status()).toEqual(["500 started", "500 ready"]);
});

test("P102: postStart holds up later containers and this one's probes", async () => {
  const app = container([probe("liveness", { periodSeconds: 1 })], { postStart: EXEC });
  const play = new Play(podOf([app, container([], { name: "later" })]), {
    script: { app: { exec: () => ({ code: 0, takesMs: 8500 }) } },
    answer: () => "success",
  });
  await play.until(12);
  expect(play.starts("later")).toEqual([8.5]);
  expect(play.attempts("liveness")[0]).toBe(9);
});

test.each([
  { version: 36, message: "PostStartHook failed" },
  { version: 25, message: "Exec lifecycle hook" },
])(
  "P102: a failed postStart kills the container on 1.$version, and it is backed off",
  async (row) => {
    const play = new Play(podOf([container([], { postStart: EXEC })]), {
      version: row.version,
      script: { app: { exec: () => ({ code: 1 }) } },
    });
    await play.until(5);
    const events = play.events();
    expect(events[0]).toContain(`0 FailedPostStartHook: ${row.message}`);
    expect(events[1]).toBe("0 Killing: FailedPostStartHook");
    expect(play.starts()).toHaveLength(2);
    expect(play.events("BackOff")).toHaveLength(1);
  },
);

test("P103: preStop does not run when the container ends by itself", async () => {
  const script = { app: { lifeMs: (n: number) => (n === 0 ? 5000 : undefined) } };
  const play = new Play(podOf([container([], { preStop: EXEC })]), { script });
  await play.until(10);
  expect(play.sandbox.log.filter((line) => line.includes("hook"))).toEqual([]);
});

test("P103: preStop runs when the pod is deleted", async () => {
  const play = new Play(podOf([container([], { preStop: EXEC })]));
  await play.until(10);
  await play.delete();
  expect(play.sandbox.log).toEqual(["start app@0", "exec hook hook@10", "TERM app@10"]);
});

test.each([
  { version: 36, signalled: 15 },
  { version: 29, signalled: 10 },
])(
  "P104: a sleep hook of 5 s on 1.$version: TERM at $signalled",
  async ({ version, signalled }) => {
    const preStop = { kind: "sleep", seconds: 5 } as const;
    const play = new Play(podOf([container([], { preStop })]), { version });
    await play.until(10);
    await play.delete();
    expect(play.sandbox.log.at(-1)).toBe(`TERM app@${signalled}`);
    expect(play.sandbox.log.join()).not.toContain("exec");
  },
);
