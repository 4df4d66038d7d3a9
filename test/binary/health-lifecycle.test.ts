// N4, N5: what the endpoint says while the container ends, and what the main child has of it.

import { readdirSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { childrenOf, KNELL, run, start, until } from "./harness.ts";
import { accepts, endpointPort, send, startEndpoint } from "./health-endpoint.ts";
import { signal } from "./launch.ts";
import { program } from "./programs.ts";
import { startPeer } from "./redis-peer.ts";
import { SLACK } from "./timing.ts";

const PASS = "exec -- true";
const ENDED = "fail: the main process has ended\n";
const STOPPING = "fail: a stop signal was forwarded, the container is ending\n";

test("N4, I59: the child has the descriptors that it has without --listen", async () => {
  const main = ["--", "sh", "-c", "cd /proc/$$/fd && echo *"];
  const probes = ["--live", "redis --live", "--ready", "exec -- true", "--startup", "redis"];
  for (const stdio of [
    ["pipe", "pipe", "pipe"],
    ["pipe", "pipe", "pipe", "ignore", "pipe", "ignore", "pipe"],
  ] as const) {
    const options = { stdio: [...stdio] };
    const without = await run(KNELL, ["init", ...main], options);
    const endpoint = ["--listen", `:${await endpointPort()}`, ...probes];
    const withOne = await run(KNELL, ["init", ...endpoint, ...main], options);
    expect(withOne).toMatchObject({ status: 0, stdout: without.stdout, stderr: "" });
  }
});

test("N4, I60: knell keeps nothing of what it was given but stderr, whatever that was", async () => {
  const counts: number[] = [];
  for (const more of [[], ["ignore", "pipe", "pipe", "ignore"] as const]) {
    const endpoint = await startEndpoint({ live: PASS, stdio: ["pipe", "pipe", "pipe", ...more] });
    counts.push(readdirSync(`/proc/${endpoint.init}/fd`).length);
    await endpoint.stop();
  }
  expect(counts[1]).toBe(counts[0]);
});

test("N4, I18: what was closed on entry stays closed for the child, and no client gets it", async () => {
  const before = [program("preset"), "-x", "0,2", "--", KNELL, "init"];
  const script = "cd /proc/$$/fd && echo *; read x 2>&1 || exec sleep 60";
  const without = start(before[0]!, [...before.slice(1), "--", "sh", "-c", script]);
  const endpoint = await startEndpoint({
    live: "exec -- sh -c 'cd /proc/$$/fd && echo *; exit 1'",
    before: before.slice(0, -2),
    main: ["sh", "-c", script],
  });
  await until("the children's", () => endpoint.stdout() !== "" && without.stdout() !== "");
  expect(endpoint.stdout()).toBe(without.stdout());
  // Of the probe's the fourth is the one that the shell reads the folder through.
  for (let time = 0; time < 3; time++)
    expect((await endpoint.get("/livez")).body).toContain('"0 1 2 3"');
  signal(without.pid, "SIGKILL");
});

test("N4: no socket of knell's is in the child, also not while probes run", async () => {
  const peer = await startPeer(() => {});
  const endpoint = await startEndpoint({
    live: `redis -p ${peer.port} --live -t 20`,
    ready: "exec -- true",
  });
  const waiting = endpoint.get("/livez");
  await until("the probe", () => peer.received() !== "");
  expect(await endpoint.status("/readyz")).toBe(200);
  const [child = 0] = childrenOf(endpoint.init);
  const targets = (pid: number) =>
    readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  const sockets = (pid: number) => targets(pid).filter((target) => target.startsWith("socket:"));
  // Listener, client, probe; and the pipes of a test are sockets.
  const own = sockets(endpoint.init);
  expect(own.length).toBeGreaterThanOrEqual(3);
  const stdio = sockets(child);
  expect(stdio.length).toBeLessThanOrEqual(3);
  const shared = own.filter((target) => stdio.includes(target));
  const stderr = readlinkSync(`/proc/${endpoint.init}/fd/2`);
  expect(shared.filter((target) => target !== stderr)).toEqual([]);
  await endpoint.stop();
  await waiting;
  await peer.stop();
});

test.each(["SIGTERM", "SIGINT", "SIGQUIT"] as const)(
  "N4: from %s on, readiness is 503 at once; liveness and startup keep their meaning",
  async (which) => {
    const stubborn = await startEndpoint({
      live: PASS,
      ready: PASS,
      startup: PASS,
      main: [program("recorder")],
    });
    await until("the recorder", () => stubborn.stdout().includes("ready"));
    signal(stubborn.init, "SIGUSR2");
    signal(stubborn.init, "SIGHUP");
    await until("both signals", () => stubborn.stdout().split("\n").length > 3);
    expect(await stubborn.status("/readyz")).toBe(200);
    signal(stubborn.init, which);
    const answer = await until("503", async () => {
      const ready = await stubborn.get("/readyz");
      return ready.status === 503 && ready;
    });
    expect(answer.body).toBe(STOPPING);
    for (let time = 0; time < 20; time++) {
      expect(await stubborn.status("/readyz")).toBe(503);
      expect(await stubborn.status("/livez")).toBe(200);
      expect(await stubborn.status("/startupz")).toBe(200);
    }
    expect(stubborn.stderr()).toBe("");
  },
);

test("N4: who waits for readiness is told at once when TERM is forwarded", async () => {
  const endpoint = await startEndpoint({
    live: "exec --timeout 20s -- sleep 1000",
    ready: "exec --timeout 20s -- sleep 1000",
    main: [program("recorder")],
  });
  let isLiveAnswered = false;
  const live = endpoint.get("/livez").finally(() => {
    isLiveAnswered = true;
  });
  const ready = endpoint.get("/readyz");
  await until("the recorder", () => endpoint.stdout().includes("ready"));
  await until("both probes", () => endpoint.processes().length >= 6);
  const sentAt = performance.now();
  signal(endpoint.init, "SIGTERM");
  const answer = await ready;
  expect(performance.now() - sentAt).toBeLessThan(50 * SLACK);
  expect(answer).toMatchObject({ status: 503, body: STOPPING });
  expect(isLiveAnswered).toBe(false);
  await endpoint.stop();
  await live;
});

test("N5: with --drain every check fails from the main child's end until knell's", async () => {
  const recorder = program("recorder");
  const endpoint = await startEndpoint({
    live: PASS,
    ready: "exec --timeout 60s -- sleep 1000",
    startup: PASS,
    options: ["--drain=60s"],
    main: ["sh", "-c", `(trap "" TERM; exec sleep 1000) & exec ${recorder} 10=3`],
  });
  await until("the main child", () => endpoint.stdout().includes("ready"));
  expect(await endpoint.status("/livez")).toBe(200);
  const waiting = endpoint.get("/readyz");
  await until("the probe", () => endpoint.processes().length >= 5);
  const sentAt = performance.now();
  signal(endpoint.init, "SIGUSR1");
  expect(await waiting).toMatchObject({ status: 503, body: ENDED });
  expect(performance.now() - sentAt).toBeLessThan(50 * SLACK);
  for (const path of ["/livez", "/readyz", "/startupz", "/healthz", "/livez?verbose"])
    expect(await endpoint.get(path)).toMatchObject({ status: 503, body: ENDED });
  const json = await send(endpoint.port, "GET /livez HTTP/1.0\r\nAccept: application/json\r\n\r\n");
  expect(JSON.parse(json.body)).toEqual({
    probe: "live",
    verdict: "fail",
    detail: "the main process has ended",
  });
  expect((await endpoint.get("/metrics")).body).toContain("\nknell_main_child_up 0\n");
  // A second stop signal skips to KILL (I48).
  signal(endpoint.init, "SIGTERM");
  expect((await endpoint.finished).status).toBe(3);
  expect(await accepts(endpoint.port)).toBe(false);
});

test("N5: with --wait-all every check fails while others are waited for", async () => {
  const endpoint = await startEndpoint({
    live: PASS,
    options: ["--wait-all"],
    main: ["sh", "-c", "sleep 1000 & read x; exit 4"],
    keepStdin: true,
  });
  expect(await endpoint.status("/livez")).toBe(200);
  endpoint.process.stdin?.end();
  await until("503", async () => (await endpoint.get("/livez")).body === ENDED);
  signal(endpoint.init, "SIGTERM");
  expect((await endpoint.finished).status).toBe(4);
});

test("N5: who waits when the main child ends gets 503 or the end of the connection", async () => {
  const endpoint = await startEndpoint({
    live: "exec --timeout 20s -- sleep 1000",
    main: ["sh", "-c", "read x; exit 6"],
    keepStdin: true,
  });
  const silent = connect(endpoint.port, "127.0.0.1");
  silent.on("error", () => {});
  const waiting = Array.from({ length: 5 }, () => endpoint.get("/livez"));
  await until("the probe", () => endpoint.processes().length >= 4);
  endpoint.process.stdin?.end();
  for (const answer of await Promise.all(waiting))
    expect(answer).toMatchObject({ status: 503, body: ENDED });
  expect((await endpoint.finished).status).toBe(6);
  expect(await accepts(endpoint.port)).toBe(false);
  silent.destroy();
});
