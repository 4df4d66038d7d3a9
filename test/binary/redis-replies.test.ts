// Every reply of section 2 that a real server gives only in rare states or never, by a scripted peer.

import { afterEach, describe, expect, test } from "vitest";
import { KNELL, run } from "./harness.ts";
import {
  type Peer,
  type Script,
  says,
  saysAndCloses,
  saysAndResets,
  startPeer,
} from "./redis-peer.ts";
import { cleanEnvironment, expectDeadline, probe, verdictOf, verdicts } from "./redis-server.ts";

const peers: Peer[] = [];
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.stop()));
});

async function startOne(script: Script, eager = false): Promise<Peer> {
  const peer = await startPeer(script, { eager });
  peers.push(peer);
  return peer;
}

const at = (peer: Peer, ...more: string[]) => ["-p", String(peer.port), "-t", "10", ...more];
/** For peers that say too little: their verdict is the deadline's. */
const SHORT = ["-t", "0.3"];

describe("section 2: what a reply to PING means", () => {
  test.each<[string, string, "pass" | "fail", "pass" | "fail"]>([
    ["R20 PONG as simple string", "+PONG\r\n", "pass", "pass"],
    ["R21 PONG as bulk string", "$4\r\nPONG\r\n", "pass", "pass"],
    ["R21 PONG as RESP3 verbatim string", "=8\r\ntxt:PONG\r\n", "pass", "pass"],
    ["R22 NOAUTH", "-NOAUTH Authentication required.\r\n", "pass", "fail"],
    ["R25 NOPERM", "-NOPERM this user has no permissions\r\n", "pass", "fail"],
    ["R26 LOADING of Redis", "-LOADING Redis is loading the dataset in memory\r\n", "pass", "fail"],
    [
      "R26 LOADING of Dragonfly",
      "-LOADING Dragonfly is loading the dataset in memory\r\n",
      "pass",
      "fail",
    ],
    ["R27 MASTERDOWN", "-MASTERDOWN Link with MASTER is down\r\n", "pass", "fail"],
    ["R28 BUSY", "-BUSY Redis is busy running a script.\r\n", "pass", "fail"],
    ["R29 MISCONF", "-MISCONF Errors writing to the AOF file\r\n", "pass", "fail"],
    ["R32 UNBLOCKED", "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n", "pass", "fail"],
    ["R33 CLUSTERDOWN", "-CLUSTERDOWN The cluster is down\r\n", "pass", "fail"],
    ["R33 READONLY", "-READONLY You can't write against a read only replica.\r\n", "pass", "fail"],
    ["R33 OOM", "-OOM command not allowed\r\n", "pass", "fail"],
    ["R33 NOREPLICAS", "-NOREPLICAS Not enough good replicas to write.\r\n", "pass", "fail"],
    ["R33 MOVED", "-MOVED 3999 127.0.0.1:6381\r\n", "pass", "fail"],
    ["R33 ASK", "-ASK 3999 127.0.0.1:6381\r\n", "pass", "fail"],
    ["R33 REDIRECT", "-REDIRECT 127.0.0.1:6381\r\n", "pass", "fail"],
    ["R34 SHUTDOWN", "-SHUTDOWN in progress\r\n", "pass", "fail"],
    ["R34 Dragonfly's shutdown", "-ERR Can not execute during SHUTTING DOWN\r\n", "pass", "fail"],
    ["R35 PING is unknown", "-ERR unknown command 'PING'\r\n", "pass", "fail"],
    ["R37 a protocol error", "-ERR Protocol error: invalid bulk length\r\n", "pass", "fail"],
    [
      "R38 a plain PING on Dragonfly's TLS port",
      "-ERR Bad TLS header, double check\r\n",
      "pass",
      "fail",
    ],
    ["R39 a push frame before PONG", ">2\r\n+invalidate\r\n*0\r\n+PONG\r\n", "pass", "pass"],
    ["R39 an attribute before PONG", "|1\r\n+ttl\r\n:1\r\n+PONG\r\n", "pass", "pass"],
    ["R40 a code nobody knows", "-SOMETHING else\r\n", "pass", "fail"],
    ["R40 an empty error", "-\r\n", "pass", "fail"],
    ["R40 a RESP3 bulk error", "!5\r\nERR a\r\n", "pass", "fail"],
    ["R41 OK", "+OK\r\n", "fail", "fail"],
    ["R41 pong in lower case", "+pong\r\n", "fail", "fail"],
    ["R41 an integer", ":1\r\n", "fail", "fail"],
    ["R41 null", "$-1\r\n", "fail", "fail"],
    ["R41 a RESP3 null", "_\r\n", "fail", "fail"],
    ["R41 an array", "*1\r\n$4\r\nPONG\r\n", "fail", "fail"],
    ["R41 a map", "%1\r\n+a\r\n+PONG\r\n", "fail", "fail"],
    ["R41 another text", "$5\r\nhello\r\n", "fail", "fail"],
    ["R13 the 33rd push frame", `${">1\r\n+x\r\n".repeat(33)}+PONG\r\n`, "fail", "fail"],
    ["R57 SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", "fail", "fail"],
    ["R57 SMTP", "220 mail.example.org ESMTP\r\n", "fail", "fail"],
    ["R57 MySQL", "J\0\0\0\x0a8.0.36\0", "fail", "fail"],
    ["R57 HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "fail", "fail"],
    ["R57 XML", "<html>", "fail", "fail"],
    ["R57 a TLS alert", "\x15\x03\x01\x00\x02\x02\x46", "fail", "fail"],
    ["R57 zero bytes", "\0\0\0\0", "fail", "fail"],
    ["R58 a line ended by LF only", "+PONG\n", "fail", "fail"],
    ["R59 bulk length 999999999", "$999999999\r\n", "fail", "fail"],
    ["R59 a bulk length that is no number", "$x\r\n", "fail", "fail"],
  ])("%s", async (_, reply, live, ready) => {
    const peer = await startOne(says(reply));
    expect(await verdicts(at(peer))).toMatchObject({ live, ready });
  });

  test("R41: a server that echoes what it is sent fails", async () => {
    const peer = await startOne((socket) => socket.write(Buffer.from(peer.received(), "latin1")));
    const result = await verdicts(at(peer, "-a", "geheim"));
    expect(result).toMatchObject({ live: "fail", ready: "fail" });
    expect(result.lines).not.toContain("geheim");
  });

  test.each([
    ["H", "HTTP"],
    ["<", "web"],
    ["S", "SSH"],
    ["\x15", "TLS"],
  ])("R57: the line names the byte of %j and says %s", async (byte, word) => {
    const peer = await startOne(says(byte));
    const { stdout } = await probe(at(peer));
    expect(stdout).toContain(`0x${byte.charCodeAt(0).toString(16)}`);
    expect(stdout).toContain(word);
  });

  test.each([
    ["R22", "-NOAUTH x\r\n", "password"],
    ["R25", "-NOPERM x\r\n", "+ping"],
    ["R35", "-ERR unknown command\r\n", "renamed"],
    ["R38", "-ERR Bad TLS header\r\n", "TLS"],
    ["R30", "-ERR max number of clients reached\r\n", "maxclients"],
  ])("%s: %j comes with what to do about it", async (_, reply, hint) => {
    const peer = await startOne(says(reply));
    expect((await probe(at(peer))).stdout).toContain(hint);
  });
});

describe("R13, R14, R34, R54, R55: where a connection ends", () => {
  test.each<[string, Script, "pass" | "fail", "pass" | "fail"]>([
    ["R54 accepted then closed", saysAndCloses(""), "fail", "fail"],
    ["R54 accepted then reset", saysAndResets(""), "fail", "fail"],
    ["R14 PONG, then closed", saysAndCloses("+PONG\r\n"), "pass", "pass"],
    ["R14 PONG, then reset", saysAndResets("+PONG\r\n"), "pass", "pass"],
    ["R14 PONG, then noise", says("+PONG\r\n\0\0SSH"), "pass", "pass"],
    ["R55 part of PONG, then closed", saysAndCloses("+PON"), "fail", "fail"],
    ["R55 part of a bulk string, then closed", saysAndCloses("$4\r\nPONG"), "fail", "fail"],
    [
      "R55 part of an array with an error, then closed",
      saysAndCloses("*2\r\n-ERR"),
      "fail",
      "fail",
    ],
    ["R34 an unfinished error, then closed", saysAndCloses("-SHUTDOWN in prog"), "pass", "fail"],
    ["R34 a dash, then closed", saysAndCloses("-"), "pass", "fail"],
    ["R56 part of PONG, then silence", says("+PON"), "fail", "fail"],
    ["R56 part of an error, then silence", says("-LOADI"), "fail", "fail"],
    ["R52 silence", () => {}, "fail", "fail"],
  ])("%s", async (name, script, live, ready) => {
    const peer = await startOne(script);
    const more = name.endsWith("silence") ? SHORT : [];
    expect(await verdicts(at(peer, ...more))).toMatchObject({ live, ready });
  });

  test.each<[string, Script, "pass" | "fail"]>([
    ["R54 closed before a byte was read", saysAndCloses(""), "fail"],
    ["R54 reset before a byte was read", saysAndResets(""), "fail"],
    [
      "R30 full: an error on accept, then closed",
      saysAndCloses("-ERR max number of clients reached\r\n"),
      "pass",
    ],
    [
      "R31 protected: an error on accept, then closed",
      saysAndCloses("-DENIED Redis is running in protected mode\r\n"),
      "pass",
    ],
  ])("R12 %s, with and without a password", async (_, script, live) => {
    const peer = await startOne(script, true);
    expect(await verdicts(at(peer))).toMatchObject({ live, ready: "fail" });
    expect(await verdicts(at(peer, "-a", "x"))).toMatchObject({ live, ready: "fail" });
    expect(await verdicts(at(peer, "-a", "x", "-3"))).toMatchObject({ live, ready: "fail" });
  });

  test("R13: PONG split at every byte passes", async () => {
    const peer = await startOne((socket) => {
      socket.setNoDelay(true);
      const bytes = [..."+PONG\r\n"];
      const next = () => {
        socket.write(bytes.shift()!);
        if (bytes.length > 0) setTimeout(next, 5);
      };
      next();
    });
    expect(verdictOf(await probe(["-p", String(peer.port), "-t", "5"]))).toBe("pass");
  });

  test("R56, R8: one byte every 100 ms does not outlive the deadline", async () => {
    const peer = await startOne((socket) => {
      const timer = setInterval(() => socket.write("+"), 100);
      socket.on("close", () => clearInterval(timer));
    });
    const result = await probe(["-p", String(peer.port), "-t", "0.5", "--live"]);
    expect(verdictOf(result)).toBe("fail");
    expectDeadline(result, 500);
  });

  test("R56, R8: nor does a byte every millisecond", async () => {
    const peer = await startOne((socket) => {
      socket.setNoDelay(true);
      const timer = setInterval(() => socket.write("+"), 1);
      socket.on("close", () => clearInterval(timer));
    });
    const result = await probe(["-p", String(peer.port), "-t", "0.3"]);
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout).toContain("only part of a reply");
    expectDeadline(result, 300);
  });

  test.each([
    [
      "R12 the write fails, the error before the close is read",
      "write:error=EPIPE:when=1",
      "-ERR max number of clients\r\n",
      "ERR in",
    ],
    [
      "R12 the write is reset, the error before the close is read",
      "write:error=ECONNRESET:when=1",
      "-DENIED x\r\n",
      "DENIED in",
    ],
    ["the write is interrupted", "write:error=EINTR:when=1", "+PONG\r\n", "PONG in"],
    ["the read is interrupted", "read:error=EINTR:when=1", "+PONG\r\n", "PONG in"],
    ["the wait is interrupted", "ppoll:error=EINTR:when=1", "+PONG\r\n", "PONG in"],
    ["nothing can be written yet", "write:error=EAGAIN:when=1", "+PONG\r\n", "PONG in"],
  ])("%s", async (_, fault, reply, expected) => {
    const peer = await startOne(says(reply), true);
    const result = await run(
      "strace",
      ["-o", "/dev/null", "-e", `inject=${fault}`, KNELL, "redis", ...at(peer, "--live")],
      { env: cleanEnvironment() },
    );
    expect(verdictOf(result)).toBe("pass");
    expect(result.stdout).toContain(expected);
  });

  test("R13, R59: a reply of 1 GiB is given up after 64 KiB", async () => {
    const block = Buffer.alloc(1 << 20, "x");
    const peer = await startOne((socket) => {
      socket.write("+");
      const pump = () => {
        while (!socket.destroyed && socket.writable && socket.write(block)) {}
        socket.once("drain", pump);
      };
      pump();
    });
    const result = await probe(["-p", String(peer.port), "-t", "10"]);
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout).toContain("65536");
    expect(result.milliseconds).toBeLessThan(5_000);
  });

  test("R13: push frames without end are given up", async () => {
    const peer = await startOne((socket) => {
      const block = Buffer.from(">1\r\n+x\r\n".repeat(1000));
      const timer = setInterval(() => socket.write(block), 1);
      socket.on("close", () => clearInterval(timer));
    });
    const result = await probe(["-p", String(peer.port), "-t", "10"]);
    expect(result.stdout).toContain("push frames");
  });
});

describe("R12, R23, R24, R36: AUTH and HELLO before PING", () => {
  const pong = "+PONG\r\n";
  test.each<[string, string, string[], "pass" | "fail", "pass" | "fail", string]>([
    [
      "R23 WRONGPASS, then PONG",
      `-WRONGPASS invalid\r\n${pong}`,
      [],
      "pass",
      "pass",
      "AUTH: WRONGPASS",
    ],
    [
      "R23 WRONGPASS, then NOAUTH",
      "-WRONGPASS x\r\n-NOAUTH x\r\n",
      [],
      "pass",
      "fail",
      "AUTH: WRONGPASS",
    ],
    ["R23 Redis 5's words", `-ERR invalid password\r\n${pong}`, [], "pass", "pass", "AUTH: ERR"],
    [
      "R23 --strict-auth",
      `-WRONGPASS invalid\r\n${pong}`,
      ["--strict-auth"],
      "fail",
      "fail",
      "strict-auth",
    ],
    [
      "R23 --strict-auth with a good password",
      `+OK\r\n${pong}`,
      ["--strict-auth"],
      "pass",
      "pass",
      "PONG",
    ],
    [
      "R47 Kvrocks and --user",
      `-ERR wrong number of arguments\r\n${pong}`,
      ["--user", "u"],
      "pass",
      "pass",
      "AUTH: ERR",
    ],
    [
      "R24 Redis 6",
      `-ERR AUTH <password> called without any password configured\r\n${pong}`,
      ["--strict-auth"],
      "pass",
      "pass",
      "PONG",
    ],
    [
      "R24 Redis 5",
      `-ERR Client sent AUTH, but no password is set\r\n${pong}`,
      ["--strict-auth"],
      "pass",
      "pass",
      "PONG",
    ],
    ["R41 AUTH out of step", `:1\r\n${pong}`, [], "fail", "fail", "unexpected"],
    [
      "R36 NOPROTO",
      `+OK\r\n-NOPROTO unsupported\r\n${pong}`,
      ["-3"],
      "pass",
      "pass",
      "HELLO: NOPROTO",
    ],
    [
      "R36 HELLO unknown",
      `+OK\r\n-ERR unknown command\r\n${pong}`,
      ["-3"],
      "pass",
      "pass",
      "HELLO: ERR",
    ],
    [
      "R36 HELLO wants AUTH",
      "-WRONGPASS x\r\n-NOAUTH HELLO must\r\n-NOAUTH x\r\n",
      ["-3"],
      "pass",
      "fail",
      "HELLO: NOAUTH",
    ],
    [
      "R36 HELLO accepted",
      `+OK\r\n%1\r\n+server\r\n+redis\r\n${pong}`,
      ["-3"],
      "pass",
      "pass",
      "PONG",
    ],
    ["R23 AUTH is answered, PING is not", "-WRONGPASS x\r\n", SHORT, "fail", "fail", "no reply"],
  ])("%s", async (_, reply, more, live, ready, text) => {
    const peer = await startOne(says(reply));
    const result = await verdicts(at(peer, "-a", "geheim", ...more));
    expect(result).toMatchObject({ live, ready });
    for (const line of result.lines.trim().split("\n")) expect(line).toContain(text);
  });

  test("R12, R11: AUTH, HELLO, PING and the extras go out in one write, in this order, and nothing else", async () => {
    const peer = await startOne(says(""));
    await probe(
      at(
        peer,
        "-t",
        "1",
        "--user",
        "u",
        "-a",
        "p w",
        "-3",
        "--loaded",
        "--link-up",
        "--cluster-ok",
        "--sentinel",
        "m",
        "--quorum",
      ),
    );
    const words = (...list: string[]) =>
      `*${list.length}\r\n${list.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
    expect(peer.received()).toBe(
      words("AUTH", "u", "p w") +
        words("HELLO", "3") +
        words("PING") +
        words("INFO", "persistence") +
        words("INFO", "replication") +
        words("ROLE") +
        words("CLUSTER", "INFO") +
        words("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "m") +
        words("SENTINEL", "CKQUORUM", "m"),
    );
    expect(peer.connections()).toBe(1);
  });

  test("R11: live sends no extras, and nothing is sent that was not asked for", async () => {
    const peer = await startOne(says("+PONG\r\n"));
    await probe(
      at(
        peer,
        "--live",
        "--loaded",
        "--link-up",
        "--persist-ok",
        "--min-replicas",
        "3",
        "--sentinel",
        "m",
      ),
    );
    await probe(at(peer, "-n", "5", "--user", "u"));
    expect(peer.received()).toBe("*1\r\n$4\r\nPING\r\n".repeat(2));
  });
});

describe("R3, R6, R7: which question is asked", () => {
  test.each<[string, string, string[], "pass" | "fail"]>([
    ["R6 an accepted code", "-LOADING x\r\n", ["--accept", "LOADING,NOAUTH"], "pass"],
    [
      "R6 another vendor's sentence",
      "-LOADING KeyDB is loading\r\n",
      ["--accept", "NOAUTH,LOADING"],
      "pass",
    ],
    ["R6 another code", "-BUSY x\r\n", ["--accept", "LOADING,NOAUTH"], "fail"],
    ["R6 the code as part of a word", "-LOADINGS x\r\n", ["--accept", "LOADING"], "fail"],
    ["R6 the code later in the line", "-ERR LOADING\r\n", ["--accept", "LOADING"], "fail"],
    ["R6 PONG still passes", "+PONG\r\n", ["--accept", "LOADING"], "pass"],
    ["R6 OK does not", "+OK\r\n", ["--accept", "OK"], "fail"],
    ["R7 a refused code", "-BUSY x\r\n", ["--live", "--fail", "BUSY"], "fail"],
    ["R7 another code", "-LOADING x\r\n", ["--live", "--fail", "BUSY"], "pass"],
    ["R7 PONG still passes", "+PONG\r\n", ["--live", "--fail", "BUSY"], "pass"],
    ["R2, R5 --startup is --live", "-LOADING x\r\n", ["--startup"], "pass"],
    [
      "R3 the extras are evaluated only after PONG",
      "-LOADING x\r\n",
      ["--accept", "LOADING", "--link-up"],
      "pass",
    ],
    ["R3 the extras are ignored by live", "+PONG\r\n", ["--live", "--link-up"], "pass"],
    ["R14 a close between PONG and the extras fails", "+PONG\r\n", ["--link-up"], "fail"],
  ])("%s", async (_, reply, more, expected) => {
    const peer = await startOne(saysAndCloses(reply));
    expect(verdictOf(await probe(at(peer, ...more)))).toBe(expected);
  });
});

describe("R10: the line", () => {
  test("R10: verdict, phase, target, first word and milliseconds", async () => {
    const peer = await startOne(says("+PONG\r\n"));
    const { stdout } = await probe(at(peer));
    expect(stdout).toMatch(
      new RegExp(`^pass: PING 127\\.0\\.0\\.1:${peer.port}: PONG in \\d+\\.\\d ms\n$`),
    );
  });

  test("R10: control bytes and bytes above ASCII are escaped, long words are cut", async () => {
    const peer = await startOne(says(`-\x1b[2J\x07\x9b${"A".repeat(5000)} x\r\n`));
    const result = await probe(at(peer));
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout.length).toBeLessThan(1024);
  });

  test("R10: a sentence that repeats the password is not shown", async () => {
    const reply = "-ERR unknown command 'AUTH', with args beginning with: 'geheim'\r\n";
    const peer = await startOne(says(reply.repeat(2)));
    const { lines } = await verdicts(at(peer, "-a", "geheim"));
    expect(lines).not.toContain("geheim");
  });

  test("R10: even the longest line is one of at most 1024 bytes", async () => {
    const peer = await startOne(says(`-${"\x01".repeat(300)}\r\n`.repeat(3)));
    const file = `/${"\x01".repeat(240)}`;
    const result = await probe(
      at(peer, "-h", "127.0.0.1", "--password-file", file, "-a", "x", "-3", "--cacert", "x"),
    );
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout.length).toBeGreaterThan(900);
  });
});
