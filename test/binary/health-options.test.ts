// Where the endpoint's address and probes are said, and that a mistake is an exit status before there is a container.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { KNELL, type RunOptions, run, start, startNamespace, until } from "./harness.ts";
import { accepts, endpointPort, kubeletRequest, send, startEndpoint } from "./health-endpoint.ts";
import { personality } from "./inits.ts";
import "./launch.ts";

const PASS = "exec -- true";
const FAIL = "exec -- false";

/** Runs knell init with a program that says so when it is started. */
function runInit(options: readonly string[], more: RunOptions = {}) {
  return run(KNELL, ["init", ...options, "--", "echo", "started"], more);
}

/** One line that begins with `knell init` and holds `parts`, status 1, and the program was not started. */
async function expectRefused(
  options: readonly string[],
  parts: readonly string[],
  more: RunOptions = {},
): Promise<void> {
  const result = await runInit(options, more);
  expect(result).toMatchObject({ status: 1, stdout: "" });
  expect(result.stderr).toMatch(/^knell init[ -~]*\n$/);
  for (const part of parts) expect(result.stderr).toContain(part);
}

test.each<[string, string[], string[]]>([
  ["an option that is none", ["--live", "redis --liev"], ['"--liev"', 'did you mean "--live"']],
  ["an option without its value", ["--live", "redis -p"], ["-p"]],
  ["a value that is none", ["--live", "redis -p 99999"], ["99999"]],
  ["a word too many", ["--live", "redis ping pong"], ["pong"]],
  ["a probe that is none", ["--live", "redsi --live"], ['"redsi"', 'did you mean "redis"']],
  [
    "a probe like no other",
    ["--ready", "mysqladmin ping"],
    ["init --ready", "redis, tcp, http or exec"],
  ],
  ["a quote that is not closed", ["--live", "redis -a 'x"], ["init --live: a quote is not closed"]],
  ["a text of blanks", ["--live", "  "], ["init --live"]],
  ["an empty text", ["--live", ""], ["--live"]],
  ["exec without a command", ["--startup", "exec --timeout 1s"], ["init --startup", "no command"]],
  ["an option of exec that is none", ["--live", "exec --tmeout 1 -- true"], ['"--timeout"']],
  ["the help of redis", ["--live", "redis --help"], ["init --live"]],
  ["the help of exec", ["--live", "exec --help"], ["init --live"]],
  ["a text of 5000 bytes", ["--live", `redis -u ${"x".repeat(5000)}`], ["4095"]],
  ["600 words", ["--live", `exec -- true ${"x ".repeat(600)}`], ["too many words"]],
  ["no probe at all", [], ["--listen without a probe"]],
])("N3: refused, and the program is not started: %s", async (_, probes, parts) => {
  await expectRefused(["--listen", `:${await endpointPort()}`, ...probes], parts);
});

test("N3: a port in use", async () => {
  const port = await endpointPort();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, resolve));
  await expectRefused(["--listen", `:${port}`, "--live", PASS], [`":${port}"`, "EADDRINUSE"]);
  other.close();
});

test("N3: a port below 1024 without the right to it", async () => {
  const floor = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  const before = ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"];
  const words = [KNELL, "init", "--listen", ":81", "--live", PASS, "--", "true"];
  const result = await run(before[0]!, [...before.slice(1), ...words]);
  if (floor > 81)
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining("EACCES") });
});

test("N3: connections that linger from a run before do not keep the port", async () => {
  const first = await startEndpoint({ live: PASS });
  // The side that closes first keeps the connection in TIME_WAIT: knell.
  expect(await first.status("/livez")).toBe(200);
  await first.stop();
  const again = ["--listen", `:${first.port}`, "--live", PASS];
  expect(await runInit(again)).toMatchObject({ status: 0, stdout: "started\n", stderr: "" });
});

test("N3: variables set what the command line does not, which wins", async () => {
  const [port, other] = [await endpointPort(), await endpointPort()];
  const env = {
    ...process.env,
    KNELL_LISTEN: `:${port}`,
    KNELL_LIVE: FAIL,
    KNELL_READY: 'exec -- sh -c "exit 0"',
    KNELL_STARTUP: "off",
  };
  const statuses = async (at: number) => {
    await until("the endpoint", () => accepts(at));
    const paths = ["/livez", "/readyz", "/startupz"];
    const ask = (path: string) => send(at, `GET ${path} HTTP/1.0\r\n\r\n`);
    return (await Promise.all(paths.map(ask))).map((answer) => answer.status);
  };
  const main = ["--", "sh", "-c", 'echo "$KNELL_READY"; exec sleep 60'];
  const space = await startNamespace([KNELL, "init", ...main], { env });
  expect(await statuses(port)).toEqual([503, 200, 404]);
  // The child's environment is knell's (I9).
  expect(space.stdout()).toBe('exec -- sh -c "exit 0"\n');
  await space.stop();
  const options = ["--listen", `:${other}`, "--live", PASS, "--startup", FAIL];
  await startNamespace([KNELL, "init", ...options, ...main], { env });
  expect(await statuses(other)).toEqual([200, 200, 503]);
  expect(await accepts(port)).toBe(false);
});

test.each(["", "0", "false", "no", "off"])("N3: KNELL_LISTEN=%s is off", async (value) => {
  const env = { ...process.env, KNELL_LISTEN: value, KNELL_LIVE: "redis --live" };
  expect(await runInit([], { env })).toMatchObject({ status: 0, stderr: "", stdout: "started\n" });
});

test("N3: a bad variable is refused like a bad option", async () => {
  const at = `:${await endpointPort()}`;
  const env = (more: NodeJS.ProcessEnv) => ({ env: { ...process.env, KNELL_LISTEN: at, ...more } });
  await expectRefused([], ["--listen without a probe"], env({}));
  await expectRefused([], ["--listen without a probe"], env({ KNELL_LIVE: "0" }));
  await expectRefused([], ["unknown probe"], env({ KNELL_LIVE: "redsi" }));
  await expectRefused([], ["a quote is not closed"], env({ KNELL_READY: '"redis' }));
  await expectRefused([], ["KNELL_LIVE"], env({ KNELL_LIVE: "x".repeat(5000) }));
});

test("N3: quotes are a shell's, and nothing is expanded", async () => {
  const endpoint = await startEndpoint({
    live: `exec -- printf %s "a  b" 'c"d' e\\ f "" '$HOME' *`,
    ready: `\texec --  sh -c 'exit "$1"' sh   0\n`,
  });
  expect((await endpoint.get("/livez")).body).toContain('"a  bc"de f$HOME*"');
  expect(await endpoint.status("/readyz")).toBe(200);
});

test.each([
  ["-a", "redis --live -a geheim", []],
  ["glued", "redis --live --pass=geheim", []],
  ["in a URI", "redis --live -u redis://user:geheim@127.0.0.1:6379/0", []],
  ["in a probe that a later one replaces", "redis -a geheim", ["--live", "redis --live"]],
])("R104: a password in --live is not to be seen in /proc/1/cmdline: %s", async (_, text, more) => {
  const endpoint = await startEndpoint({ live: text, options: more });
  const [, , , , ...words] = readFileSync(`/proc/${endpoint.init}/cmdline`, "utf8").split("\0");
  expect(words.join(" ")).not.toContain("geheim");
  expect(words.join(" ")).toContain("--live");
  const glued = await startEndpoint({ options: [`--live=${text}`, ...more] });
  expect(readFileSync(`/proc/${glued.init}/cmdline`, "utf8")).not.toContain("geheim");
  // A probe that is over keeps no copy of it either: the child sees nothing.
  const { stdout } = await glued.exec(["sh", "-c", "cat /proc/[0-9]*/cmdline"]);
  expect(stdout).not.toContain("geheim");
});

test.each([["--live"], ["--ready"], ["--startup"]])(
  "N3: %s without an address to ask it at is refused, and the program is not started",
  async (option) => {
    const env = { ...process.env };
    delete env.KNELL_LISTEN;
    await expectRefused([option, PASS], ["a probe without --listen; add --listen :8086"], { env });
  },
);

test("N3: KNELL_LISTEN=0 turns off the endpoint of an image whose command line has a probe", async () => {
  const env = { ...process.env, KNELL_LISTEN: "0" };
  expect(await runInit(["--live", PASS], { env })).toMatchObject({
    status: 0,
    stdout: "started\n",
    stderr: "",
  });
});

test("N3: an image's probe in a variable waits for an address in silence", async () => {
  const env: NodeJS.ProcessEnv = { ...process.env, KNELL_LIVE: PASS };
  delete env.KNELL_LISTEN;
  expect(await runInit([], { env })).toMatchObject({ status: 0, stdout: "started\n", stderr: "" });
});

test.each(["tini", "dumb-init", "catatonit"])(
  "N3: under the name %s the endpoint's variables are read as well",
  async (name) => {
    const port = await endpointPort();
    const env = { ...process.env, KNELL_LISTEN: `:${port}`, KNELL_LIVE: PASS };
    const words = name === "tini" ? ["-s", "--"] : ["--"];
    const running = start(personality(name), [...words, "sleep", "30"], { env });
    await until("the endpoint", () => accepts(port));
    expect((await send(port, kubeletRequest("/livez"))).status).toBe(200);
    running.process.kill("SIGTERM");
    await running.finished;
    const bad = await run(personality(name), [...words, "true"], {
      env: { ...env, KNELL_LIVE: "redsi" },
    });
    expect(bad.status).toBe(1);
    expect(bad.stderr).toContain('did you mean "redis"');
  },
);
