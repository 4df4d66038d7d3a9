// Where passwords come from, what wins, and that none is ever shown.

import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KNELL, run, start, until } from "./harness.ts";
import { says, startPeer } from "./redis-peer.ts";
import {
  cleanEnvironment,
  makeFolder,
  probe,
  type RedisServer,
  startRedis,
  verdictOf,
  verdicts,
} from "./redis-server.ts";

const PASSWORD = "geheim p@ss/w:rd";
const ENCODED = "geheim%20p%40ss%2fw%3Ard";
let server: RedisServer;
let folder: string;

beforeAll(async () => {
  server = await startRedis(["--requirepass", PASSWORD]);
  const admin = ["-a", PASSWORD, "--no-auth-warning"];
  await server.cli(...admin, "acl", "setuser", "pinger", "on", ">pw", "+ping");
  await server.cli(...admin, "acl", "setuser", "mute", "on", ">pw", "-@all");
  await server.cli(...admin, "acl", "setuser", "gone", "off", ">pw", "+ping");
  folder = makeFolder();
});
afterAll(async () => {
  await server.stop();
});

const at = (...more: string[]) => ["-p", String(server.port), ...more];
const file = (name: string, content: string | Buffer) => {
  const path = `${folder}/${name}`;
  writeFileSync(path, content);
  return path;
};

describe("R22, R23, R25: users and passwords on a real server", () => {
  test.each<[string, () => string[], "pass" | "fail", string]>([
    ["R22 no password", () => [], "fail", "NOAUTH"],
    ["R81 -a", () => ["-a", PASSWORD], "pass", "PONG"],
    ["R81 --pass", () => ["--pass", PASSWORD], "pass", "PONG"],
    ["R89 --pass=", () => [`--pass=${PASSWORD}`], "pass", "PONG"],
    ["R23 a wrong password", () => ["-a", "wrong"], "fail", "AUTH: WRONGPASS"],
    ["R23 --strict-auth", () => ["-a", "wrong", "--strict-auth"], "fail", "WRONGPASS"],
    ["R81 a user", () => ["--user", "pinger", "-a", "pw"], "pass", "PONG"],
    ["R25 a user without +ping", () => ["--user", "mute", "-a", "pw"], "fail", "+ping"],
    ["R23 a disabled user", () => ["--user", "gone", "-a", "pw"], "fail", "WRONGPASS"],
    [
      "R99 a ping-only user and an extra",
      () => ["--user", "pinger", "-a", "pw", "--loaded"],
      "fail",
      "+info",
    ],
    [
      "R99 a ping-only user and --link-up",
      () => ["--user", "pinger", "-a", "pw", "--link-up"],
      "fail",
      "+info",
    ],
    [
      "R99 a ping-only user and --cluster-ok",
      () => ["--user", "pinger", "-a", "pw", "--cluster-ok"],
      "fail",
      "+cluster|info",
    ],
    [
      "R99 a ping-only user and --sentinel",
      () => ["--user", "pinger", "-a", "pw", "--sentinel", "m"],
      "fail",
      "SENTINEL",
    ],
    [
      "R83 a ping-only user may not SELECT, which is not sent",
      () => ["--user", "pinger", "-a", "pw", "-n", "3"],
      "pass",
      "PONG",
    ],
    ["R82 a user alone sends no AUTH", () => ["--user", "pinger"], "fail", "NOAUTH"],
    ["R84 with RESP3", () => ["-3", "-a", PASSWORD], "pass", "PONG"],
    ["R36 RESP3 without password", () => ["-3"], "fail", "HELLO: NOAUTH"],
    [
      "R110 a URI with an empty user",
      () => ["-u", `redis://:${ENCODED}@127.0.0.1:${server.port}`],
      "pass",
      "PONG",
    ],
    [
      "R111 a URI with a password only",
      () => ["-u", `redis://${ENCODED}@127.0.0.1:${server.port}`],
      "pass",
      "PONG",
    ],
    ["R112 a URI with a user", () => ["-u", "redis://pinger:%70w@127.0.0.1"], "pass", "PONG"],
    [
      "R81 -a behind -u keeps the URI's user",
      () => ["-u", "redis://pinger:no@127.0.0.1", "-a", "pw"],
      "pass",
      "PONG",
    ],
    [
      "R81 -u behind -a",
      () => ["-a", "pw", "-u", "redis://pinger:no@127.0.0.1"],
      "fail",
      "WRONGPASS",
    ],
    ["R81 the last -a", () => ["-a", "no", "-a", PASSWORD], "pass", "PONG"],
    ["R101 an empty -a changes nothing", () => ["-a", PASSWORD, "-a", ""], "pass", "PONG"],
    [
      "R100 a file behind -a",
      () => ["-a", "no", "--password-file", file("a", PASSWORD)],
      "pass",
      "PONG",
    ],
    [
      "R100 -a behind a file",
      () => ["--password-file", file("b", PASSWORD), "-a", "no"],
      "fail",
      "WRONGPASS",
    ],
    [
      "R102 line ends behind it",
      () => ["--password-file", file("c", `${PASSWORD}\r\n\n\r\n`)],
      "pass",
      "PONG",
    ],
    [
      "R102 a space behind it stays",
      () => ["--password-file", file("d", `${PASSWORD} \n`)],
      "fail",
      "WRONGPASS",
    ],
    [
      "R102 a CR alone stays",
      () => ["--password-file", file("e", `${PASSWORD}\r`)],
      "fail",
      "WRONGPASS",
    ],
    [
      "R101 an empty file counts as none",
      () => ["-a", PASSWORD, "--password-file", file("f", "\n")],
      "pass",
      "PONG",
    ],
    ["R102 a missing file", () => ["--password-file", `${folder}/missing`], "fail", "ENOENT"],
    [
      "R102 a missing file leaves an earlier source alone",
      () => ["-a", PASSWORD, "--password-file", `${folder}/missing`],
      "pass",
      "ENOENT",
    ],
    ["R102 a folder", () => ["--password-file", folder], "fail", "EISDIR"],
    ["R102 a file without end", () => ["--password-file", "/dev/zero"], "fail", "EFBIG"],
  ])("%s", async (_, args, ready, text) => {
    const result = await probe(at(...args()));
    expect(verdictOf(result)).toBe(ready);
    expect(result.stdout).toContain(text);
    // Whatever is wrong with a password, the server is alive (R22, R102).
    expect(verdictOf(await probe(at("--live", ...args())))).toBe(
      args().includes("--strict-auth") ? "fail" : "pass",
    );
  });

  test("R23: with an open default user a wrong password is a note, and PING decides", async () => {
    const open = await startRedis();
    const result = await verdicts(["-p", String(open.port), "--user", "nobody", "-a", "x"]);
    expect(result).toMatchObject({ live: "pass", ready: "pass" });
    expect(result.lines.match(/note: AUTH: WRONGPASS/g)).toHaveLength(2);
    await open.stop();
  });

  test("R102: a named pipe without a writer and one that is filled late", async () => {
    const pipe = `${folder}/pipe`;
    expect((await run("mkfifo", [pipe])).status).toBe(0);
    const result = await probe(at("--password-file", pipe));
    expect(result.milliseconds).toBeLessThan(2_000);
    const shell = `${KNELL} redis -p ${server.port} --password-file <(sleep 0.1; echo '${PASSWORD}')`;
    const late = await run("bash", ["-c", shell], { env: cleanEnvironment() });
    expect(verdictOf(late)).toBe("pass");
  });
});

describe("R100, R101, R103: variables", () => {
  const good = PASSWORD;
  test.each<[string, NodeJS.ProcessEnv, string[], "pass" | "fail"]>([
    ["R100 REDISCLI_AUTH", { REDISCLI_AUTH: good }, [], "pass"],
    ["R100 VALKEYCLI_AUTH", { VALKEYCLI_AUTH: good }, [], "pass"],
    [
      "R100 VALKEYCLI_AUTH before REDISCLI_AUTH",
      { VALKEYCLI_AUTH: good, REDISCLI_AUTH: "no" },
      [],
      "pass",
    ],
    ["R101 an empty VALKEYCLI_AUTH", { VALKEYCLI_AUTH: "", REDISCLI_AUTH: good }, [], "pass"],
    ["R101 an empty REDISCLI_AUTH", { REDISCLI_AUTH: "" }, [], "fail"],
    [
      "R100 -a before variables",
      { REDISCLI_AUTH: "no", VALKEYCLI_AUTH: "no" },
      ["-a", good],
      "pass",
    ],
    ["R101 an empty -a leaves them", { REDISCLI_AUTH: good }, ["-a", ""], "pass"],
    ["R100 --password-env", { MY_PASSWORD: good }, ["--password-env", "MY_PASSWORD"], "pass"],
    [
      "R100 --password-env behind -a",
      { MY_PASSWORD: good },
      ["-a", "no", "--password-env", "MY_PASSWORD"],
      "pass",
    ],
    [
      "R101 --password-env that is empty",
      { MY_PASSWORD: "" },
      ["-a", good, "--password-env", "MY_PASSWORD"],
      "pass",
    ],
    [
      "R101 --password-env that is not set",
      {},
      ["-a", good, "--password-env", "MY_PASSWORD"],
      "pass",
    ],
    [
      "R100 a name that is part of another",
      { MY_PASSWORD2: "no", MY_PASSWORD: good },
      ["--password-env", "MY_PASSWORD"],
      "pass",
    ],
    [
      "R102 a missing file before a variable",
      { REDISCLI_AUTH: good },
      ["--password-file", "/no/such/file"],
      "pass",
    ],
    ...[
      "REDIS_PASSWORD",
      "REDIS_MASTER_PASSWORD",
      "VALKEY_PASSWORD",
      "KEYDB_PASSWORD",
      "AUTH",
      "REDIS_HOST_PASSWORD",
    ].map((name): [string, NodeJS.ProcessEnv, string[], "fail"] => [
      `R103 ${name} is not read`,
      { [name]: good },
      [],
      "fail",
    ]),
  ])("%s", async (_, environment, args, expected) => {
    const result = await probe(at(...args), { env: cleanEnvironment(environment) });
    expect(verdictOf(result)).toBe(expected);
  });

  test("R101: redis-cli sends an empty password and knell does not", async () => {
    const env = cleanEnvironment({ REDISCLI_AUTH: "" });
    const cli = await run("redis-cli", at("ping"), { env });
    expect(cli.stdout + cli.stderr).toMatch(/WRONGPASS|NOAUTH/);
    const knell = await probe(at(), { env });
    expect(knell.stdout).not.toContain("WRONGPASS");
  });

  test("R89: a variable too long to be a password is none", async () => {
    const env = cleanEnvironment({ REDISCLI_AUTH: "x".repeat(100_000) });
    expect((await probe(at(), { env })).stdout).toContain("NOAUTH");
  });

  test("R81: the longest password that is taken is sent whole", async () => {
    const peer = await startPeer(says("+OK\r\n+PONG\r\n"));
    const long = "p".repeat(16_383);
    expect(verdictOf(await probe(["-p", String(peer.port), "-a", long]))).toBe("pass");
    expect(peer.received()).toContain(`$16383\r\n${long}\r\n`);
    await peer.stop();
  });
});

describe("R10, R104: a password is never shown", () => {
  test("R104: -a, --pass= and a URI's user-info are overwritten in /proc/PID/cmdline", async () => {
    const peer = await startPeer(() => {});
    const uri = `redis://user:geheim@127.0.0.1:${peer.port}`;
    const args = ["redis", "-a", "geheim", "--pass=geheim", "-u", uri, "-t", "10"];
    const running = start(KNELL, args, { env: cleanEnvironment() });
    await until("the request", () => peer.received() !== "");
    const commandLine = readFileSync(`/proc/${running.pid}/cmdline`, "latin1");
    expect(commandLine).toContain("redis");
    expect(commandLine).toContain("--pass=******");
    expect(commandLine).not.toContain("geheim");
    expect(commandLine).not.toContain("user");
    expect(peer.received()).toContain("geheim");
    running.process.kill("SIGTERM");
    await running.finished;
    await peer.stop();
  });

  test.each<[string, string[]]>([
    ["a wrong password", ["-a", "geheim"]],
    ["a bad URI", ["-u", "redis://u:geheim@h:x"]],
    ["a URI with a broken escape", ["-u", "redis://u:geheim%zz@h"]],
    ["a URI with a wrong scheme", ["-u", "rdis://u:geheim@h"]],
    ["a URI with a later @", ["-u", "redis://u:geheim@ss@127.0.0.1:1"]],
    ["a URI with a fragment", ["-u", "redis://u:geheim@h#x"]],
    ["an unknown option behind it", ["-a", "geheim", "--nope"]],
  ])("R10 %s", async (_, args) => {
    const result = await probe(at(...args));
    expect(result.stdout + result.stderr).not.toContain("geheim");
    expect((result.stdout + result.stderr).trim().split("\n")).toHaveLength(1);
  });
});
