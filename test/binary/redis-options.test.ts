// The command line: what is refused, what is accepted without effect, and where redis-cli 7.0 does the same.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KNELL, run } from "./harness.ts";
import { type Peer, says, startPeer } from "./redis-peer.ts";
import {
  cleanEnvironment,
  probe,
  type RedisServer,
  startRedis,
  verdictOf,
} from "./redis-server.ts";

let peer: Peer;
let server: RedisServer;
beforeAll(async () => {
  peer = await startPeer(says("+PONG\r\n"));
  server = await startRedis();
});
afterAll(async () => {
  await peer.stop();
  await server.stop();
});

/** Runs with `args`, which must be refused with one line on stderr and before any connection; gives the line. */
async function refused(args: readonly string[]): Promise<string> {
  const before = peer.connections();
  const result = await probe([...args, "-p", String(peer.port)]);
  expect({ status: result.status, stdout: result.stdout }).toEqual({ status: 64, stdout: "" });
  expect(result.stderr).toMatch(/^knell redis: [ -~]+\n$/);
  expect(peer.connections()).toBe(before);
  return result.stderr;
}

async function accepted(
  args: readonly string[],
  { port }: { port: number } = peer,
): Promise<string> {
  const result = await probe(["-p", String(port), ...args]);
  expect([verdictOf(result), args]).toEqual(["pass", args]);
  return result.stdout;
}

describe("R80–R89: refused, exit 64, no network, the word is named", () => {
  test.each<[string, string[], string]>([
    ["R80 port with a letter", ["-p", "6500x"], '"6500x"'],
    ["R80 port 0", ["-p", "0"], '"0"'],
    ["R80 port 65536", ["-p", "65536"], '"65536"'],
    ["R80 negative port", ["-p", "-1"], '"-1"'],
    ["R80 empty port", ["-p", ""], '""'],
    ["R80 huge port", ["-p", "9".repeat(400)], '"-p"'],
    ["R80 port that is not UTF-8", ["-p", "\u00ff"], '"-p"'],
    ["R80 empty host", ["-h", ""], '"-h"'],
    ["R80 host over 256 bytes", ["-h", "h".repeat(257)], '"-h"'],
    ["R80 empty socket", ["-s", ""], '"-s"'],
    ["R68 socket path of 108 bytes", ["-s", `/${"s".repeat(107)}`], "107 bytes"],
    ["R83 a database that is no number", ["-n", "x"], '"x"'],
    ["R83 a negative database", ["-n", "-1"], '"-1"'],
    ["R84 -2 with -3", ["-2", "-3"], "-2 and -3"],
    ["R84 -4 with -6", ["-4", "-6"], "-4 and -6"],
    ["R84 -s with -c", ["-s", "/tmp/x", "-c"], "-s and -c"],
    ["R8 timeout 0", ["-t", "0"], '"0"'],
    ["R8 timeout 0.0", ["--timeout", "0.0"], '"0.0"'],
    ["R8 negative timeout", ["-t", "-1"], '"-1"'],
    ["R8 timeout without number", ["-t", "fast"], '"fast"'],
    ["R8 timeout over a day", ["-t", "86401"], '"86401"'],
    ["R8 timeout beyond 64 bits", ["-t", "99999999999999999999"], '"-t"'],
    ["R15 wait 0", ["--wait", "0"], '"0"'],
    ["R6 codes in lower case", ["--accept", "loading"], '"loading"'],
    ["R6 no codes", ["--accept", ""], '"--accept"'],
    ["R6 too many codes", ["--accept", "A".repeat(600)], '"--accept"'],
    ["R7 codes with a space", ["--fail", "BUSY NOAUTH"], '"BUSY NOAUTH"'],
    ["R93 silence that is no number", ["--max-silence", "1.5"], '"1.5"'],
    ["R94 negative lag", ["--max-lag", "-1"], '"-1"'],
    ["R95 huge number of replicas", ["--min-replicas", "2147483648"], '"2147483648"'],
    ["R97 empty name of a master", ["--sentinel", ""], '"--sentinel"'],
    ["R97 --quorum alone", ["--quorum"], "--sentinel"],
    ["R81 user over 1024 bytes", ["--user", "u".repeat(1025)], '"--user"'],
    ["R100 empty name of a variable", ["--password-env", ""], '"--password-env"'],
    ["R85 --tls", ["--tls"], "no TLS"],
    ["R85, R63 --tls --insecure", ["--tls", "--insecure"], "no TLS"],
    ["R85, R64 --tls with a missing file", ["--tls", "--cacert", "/no/such/file"], "no TLS"],
    ["R85, R65 --tls --verify-name", ["--tls", "--verify-name", "n", "--sni", "n"], "no TLS"],
    ["R85 --cert without --key", ["--cert", "/x"], "--key"],
    ["R85 --key without --cert", ["--key", "/x"], "--cert"],
    ["R121 rediss://", ["-u", "rediss://h"], "no TLS"],
    ["R121 valkeys://", ["-u", "valkeys://h"], "no TLS"],
    ["R113 a broken escape in a URI", ["-u", "redis://u:%4x@h"], '"-u"'],
    ["R115 a URI whose host is too long", ["-u", `redis://${"h".repeat(300)}`], '"-u"'],
    ["R68 a URI whose path is too long", ["-u", `unix:///${"s".repeat(107)}`], '"-u"'],
    ["R123 a port out of range in a URI", ["-u", "redis://h:70000"], '"-u"'],
    ["R88 another command", ["get", "x"], '"get"'],
    ["R88 a second word", ["ping", "hello"], '"hello"'],
    ["R87 ping twice", ["ping", "ping"], '"ping"'],
    ["R88 an empty word", [""], '""'],
    ["R88 a dash", ["-"], '"-"'],
    ["R88 a word behind --", ["--", "get"], '"get"'],
    ["R88 a word that is too long", ["x".repeat(100_000)], '"xxx'],
    ["R89 joined -p6379", ["-p6379"], '"-p"'],
    ["R89 joined flags", ["-ec"], '"-e"'],
    ["R89 an unknown flag", ["--liv"], '"--live"'],
    ["R89 an unknown letter", ["-Z"], '"-Z"'],
    ["R89 a flag with a value", ["--live=yes"], '"--live"'],
    ["R89 an option that is too long", [`--${"x".repeat(100_000)}`], "--xxx"],
    ["R89 a value that is too long", ["-h", "x".repeat(100_000)], '"-h"'],
    ["R89 an option that is not UTF-8", ["--\u00ff"], "\\xc3\\xbf"],
    ["R89 a control byte", ["--\u001b[2J"], "\\x1b"],
    ...[
      "--askpass",
      "-x",
      "-X",
      "-r",
      "-i",
      "--eval",
      "--cluster",
      "--rdb",
      "--pipe",
      "--stat",
      "--scan",
    ].map((flag): [string, string[], string] => [`R88 ${flag}`, [flag], flag]),
    ...[
      "--latency",
      "--latency-history",
      "--latency-dist",
      "--bigkeys",
      "--memkeys",
      "--hotkeys",
    ].map((flag): [string, string[], string] => [`R88 ${flag}`, [flag], flag]),
    ...["--replica", "--intrinsic-latency", "--lru-test"].map(
      (flag): [string, string[], string] => [`R88 ${flag}`, [flag], flag],
    ),
  ])("%s", async (_, args, named) => {
    expect(await refused(args)).toContain(named);
  });

  const withValue = [
    ...[
      "-h",
      "-p",
      "-s",
      "-u",
      "-t",
      "-n",
      "-a",
      "-d",
      "-D",
      "--user",
      "--pass",
      "--timeout",
      "--wait",
    ],
    ...["--accept", "--fail", "--password-file", "--password-env", "--max-silence", "--max-lag"],
    ...[
      "--min-replicas",
      "--sentinel",
      "--show-pushes",
      "--cacert",
      "--cacertdir",
      "--cert",
      "--key",
    ],
    ...["--sni", "--tls-ciphers", "--tls-ciphersuites", "--verify-name"],
  ];
  test.each(withValue)("R80, R89 %s as the last word lacks its value", async (flag) => {
    const result = await probe(["-p", String(peer.port), flag]);
    expect(result).toMatchObject({ status: 64, stdout: "" });
    expect(result.stderr).toBe(
      `knell redis: option "${flag}" needs a value; see knell redis --help\n`,
    );
  });

  test.each(
    withValue.filter(
      (flag) =>
        !/^(-[adDht]|-[su]|--(user|pass|password-file|password-env|sentinel|show-pushes|cacert|cacertdir|cert|key|sni|tls-.*|verify-name))$/.test(
          flag,
        ),
    ),
  )("R89 %s with bytes that are no number, no code and no text", async (flag) => {
    await refused([flag, "\u00ff\u0001"]);
    await refused([flag, "9".repeat(20_000)]);
  });

  test("R1: a usage error is 64 even where neither stdout nor stderr can be written", async () => {
    const result = await run("sh", ["-c", `${KNELL} redis --nope >&- 2>&-; echo $?`]);
    expect(result.stdout).toBe("64\n");
  });
});

describe("R80–R89: accepted", () => {
  test.each<[string, string[]]>([
    ["R80 port 65535, the last one wins", ["-p", "65535", "-p"]],
    ["R83 a database", ["-n", "15"]],
    ["R84 RESP2", ["-2"]],
    ["R84 IPv4", ["-4"]],
    ["R84, R8 timeout in seconds with a fraction", ["-t", "1.5"]],
    ["R8 timeout in milliseconds", ["--timeout", "1500ms"]],
    ["R89 a long flag with =", ["--timeout=1.5"]],
    ["R89 a password with =", ["--user=u"]],
    [
      "R86 flags about output",
      "--no-auth-warning --raw --no-raw --csv --json --quoted-json --quoted-input --verbose -e -c --no-motd".split(
        " ",
      ),
    ],
    ["R86 flags about output with a value", ["-d", ",", "-D", "", "--show-pushes", "no"]],
    ["R87 ping", ["ping"]],
    ["R87 PiNg, with flags behind", ["PiNg", "--live", "-t", "2"]],
    ["R87 -- and ping", ["--", "ping"]],
    ["R85 TLS flags without --tls", ["--cacert", "/no/such/file"]],
    ["R118 a database in a URI", ["-u", "redis://?db=3"]],
  ])("%s", async (_, args) => {
    const words = args.at(-1) === "-p" ? [...args, String(peer.port)] : args;
    await accepted(words);
  });

  test.each<[string, string[], string]>([
    ["R82 a user without password", ["--user", "u"], "user without a password"],
    [
      "R82, R116 a URI's user without password",
      ["-u", "redis://u:@127.0.0.1"],
      "user without a password",
    ],
    ["R85 --cacert without --tls", ["--cacert", "/no/such/file"], "without --tls"],
    ["R85 --insecure without --tls", ["--insecure"], "without --tls"],
    ["R115 a later @", ["-u", "redis://u:p@ss@127.0.0.1"], "%40"],
    ["R118 an unknown query", ["-u", "redis://127.0.0.1/2?x=1"], "query"],
  ])("%s leaves a note", async (_, args, note) => {
    const line = await accepted(args, server);
    expect(line).toContain("; note: ");
    expect(line).toContain(note);
  });

  test("help is on stdout, ends with an example, and is short", async () => {
    const result = await probe(["--help"]);
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(result.stdout).toMatch(/\nExample: knell redis .+\n$/);
    for (const line of result.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("redis-cli 7.0 does the same with", () => {
  /** Runs both; true where they reach the server and get PONG. */
  async function both(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const env = cleanEnvironment(environment);
    const cli = await run("redis-cli", [...args, "ping"], { env, deadlineMs: 5_000 });
    const knell = await run(KNELL, ["redis", ...args, "ping"], { env });
    return { cli: cli.stdout.trim() === "PONG", cliStatus: cli.status, knell: knell.status };
  }
  const port = () => String(server.port);

  test.each<[string, () => string[], boolean]>([
    ["R80 -h and -p", () => ["-h", "127.0.0.1", "-p", port()], true],
    ["R80 the last -p", () => ["-p", "1", "-p", port()], true],
    ["R120 a URI in capitals", () => ["-u", `REDIS://127.0.0.1:${port()}`], true],
    ["R117 a URI with a database", () => ["-u", `redis://127.0.0.1:${port()}/3`], true],
    ["R81 -p behind -u", () => ["-u", "redis://127.0.0.1:1", "-p", port()], true],
    ["R81 -u behind -p", () => ["-p", port(), "-u", "redis://127.0.0.1:1"], false],
    ["R120 a URI without port", () => ["-p", port(), "-u", "redis://127.0.0.1"], true],
    ["R84 -3", () => ["-3", "-p", port()], true],
    ["R86 output flags", () => ["--no-auth-warning", "--raw", "-e", "-d", "x", "-p", port()], true],
    ["R83 -n", () => ["-n", "3", "-p", port()], true],
    ["R24 a password nobody asked for", () => ["-a", "x", "-e", "-p", port()], true],
  ])("%s", async (_, args, reaches) => {
    const result = await both(args());
    expect(result).toMatchObject({ cli: reaches, knell: reaches ? 0 : 1 });
  });

  test.each<[string, () => string[]]>([
    ["R84 -2 with -3", () => ["-2", "-3", "-p", port()]],
    ["R84 -s with -c", () => ["-s", "/tmp/x", "-c"]],
    ["R89 an unknown flag", () => ["--nope", "-p", port()]],
    ["R89 a joined port", () => [`-p${port()}`]],
    ["R84 -4 with -6", () => ["-4", "-6", "-p", port()]],
    ["R113 a broken escape", () => ["-u", `redis://u:%4x@127.0.0.1:${port()}`]],
    ["R122 no scheme", () => ["-u", `127.0.0.1:${port()}`]],
  ])("%s: both refuse", async (_, args) => {
    const result = await both(args());
    expect(result.cliStatus).not.toBe(0);
    expect(result.knell).toBe(64);
  });

  test("R72: -t, -4 and -6 are unknown to redis-cli 7.0, and work here", async () => {
    for (const flags of [["-t", "1"], ["-4"]]) {
      const result = await both([...flags, "-h", "127.0.0.1", "-p", port()]);
      expect(result).toMatchObject({ cli: false, knell: 0 });
    }
  });

  test("R87: words behind ping: redis-cli exits 0 without a check, knell refuses", async () => {
    const cli = await run("redis-cli", ["ping", "-p", port()], { env: cleanEnvironment() });
    expect(cli.stdout).not.toBe("PONG\n");
    expect(verdictOf(await probe(["ping", "-p", port()]))).toBe("pass");
  });
});
