// `knell http` against peers that keep to no rule: always one line, always before the deadline.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { KNELL, start, until } from "./harness.ts";
import { runProbe, verdictLine } from "./probes.ts";
import {
  type Peer,
  type Script,
  says,
  saysAndCloses,
  saysAndResets,
  startPeer,
} from "./redis-peer.ts";
import { expectDeadline } from "./redis-server.ts";

const started: Peer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function ask(script: Script, ...words: string[]): Promise<string> {
  const peer = await startPeer(script);
  started.push(peer);
  return verdictLine("http", [...words, `127.0.0.1:${peer.port}`]);
}

const OK = "HTTP/1.1 200 OK\r\n";

/** Writes `piece` again and again until the peer has gone or `count` pieces are out. */
const repeats =
  (head: string, piece: Buffer, count: number): Script =>
  (socket) => {
    let left = count;
    const more = () => {
      while (left > 0 && !socket.destroyed) {
        left--;
        if (!socket.write(piece)) return;
      }
      if (left === 0) socket.end();
    };
    socket.on("drain", more);
    socket.write(head);
    more();
  };

/** Writes one byte of `text` after the other. */
const trickles =
  (text: string, milliseconds: number): Script =>
  (socket) => {
    let sent = 0;
    const timer = setInterval(() => {
      if (sent === text.length || socket.destroyed) clearInterval(timer);
      else socket.write(Buffer.from(text[sent++] ?? "", "latin1"));
    }, milliseconds);
    socket.on("close", () => clearInterval(timer));
  };

test.each<[string, Script, RegExp]>([
  [
    "closed at once",
    saysAndCloses(""),
    /^fail: GET .*connection closed before a reply in .*TLS port\?$/,
  ],
  ["reset at once", saysAndResets(""), /^fail: GET .*\(ECONNRESET\) before a reply/],
  [
    "closed inside the status line",
    saysAndCloses("HTTP/1.1 20"),
    /^fail: .*closed inside the head/,
  ],
  [
    "closed before the line's end",
    saysAndCloses("HTTP/1.1 200 OK"),
    /^fail: .*closed inside the head/,
  ],
  [
    "closed inside a redirect",
    saysAndCloses("HTTP/1.1 302 F\r\nLocation: /"),
    /^fail: .*inside the head/,
  ],
  ["closed behind the status line", saysAndCloses(OK), /^fail: .*inside the head/],
  ["closed behind the head", saysAndCloses(`${OK}\r\n`), /^pass: .*: 200 in/],
  ["bare LF", says("HTTP/1.1 404 x\n\n"), /^fail: .*: 404 in/],
  ["a NUL in the reason", says("HTTP/1.1 200 \0\r\n\r\n"), /^pass: .*: 200 in/],
  ["a NUL", says("\0\0\0\0"), /^fail: .*no HTTP\/1: "\\x00\\x00\\x00\\x00" in/],
  ["garbage without line end", says("x".repeat(100_000)), /^fail: .*no HTTP\/1: "x{16}" in/],
  [
    "another protocol",
    says("-ERR unknown command\r\n"),
    /^fail: .*no HTTP\/1: "-ERR unknown com" in/,
  ],
  ["a control sequence", says("\x1b[2J\r\n"), /^fail: .*"\\x1b\[2J\\x0d\\x0a"/],
  ["a TLS alert", saysAndCloses("\x15\x03\x01\x00\x02\x02\x46"), /^fail: .*it speaks TLS$/],
  ["HTTP/2", says("HTTP/2.0 200 OK\r\n"), /^fail: .*no HTTP\/1: "HTTP\/2.0 200/],
  ["a status of 4 digits", says("HTTP/1.1 2000 OK\r\n"), /^fail: .*no HTTP\/1/],
  ["999", says("HTTP/1.1 999 X\r\n\r\n"), /^fail: .*: 999 in/],
  [
    "interim replies",
    says(`HTTP/1.1 100 C\r\n\r\nHTTP/1.1 102 P\r\nA: b\r\n\r\n${OK}\r\n`),
    /^pass: .*: 200 in/,
  ],
  ["101", says("HTTP/1.1 101 S\r\n\r\n"), /^fail: .*: 101 in/],
  [
    "an endless status line",
    repeats("HTTP/1.1 200 ", Buffer.alloc(65_536, 120), 1e9),
    /^fail: .*longer than 16384/,
  ],
  [
    "endless interim replies",
    repeats("", Buffer.from("HTTP/1.1 100 C\r\n\r\n"), 1e9),
    /^fail: .*longer than 16384/,
  ],
  [
    "an endless head of a redirect",
    repeats("HTTP/1.1 302 F\r\n", Buffer.from("A: b\r\n"), 1e9),
    /^fail: .*longer than 16384/,
  ],
  ["an endless body", repeats(`${OK}\r\n`, Buffer.alloc(65_536), 1e9), /^pass: .*: 200 in/],
])("%s", async (_, script, line) => {
  expect(await ask(script, "-t", "5")).toMatch(line);
});

test.each<[string, Script, RegExp]>([
  [
    "1 GiB of body",
    repeats(`${OK}Content-Length: 1073741824\r\n\r\n`, Buffer.alloc(65_536, 120), 16_384),
    /^fail: .*without the text.*only the first 10240 bytes are searched$/,
  ],
  ["an endless body", repeats(`${OK}\r\n`, Buffer.alloc(65_536, 120), 1e9), /^fail: .*first 10240/],
  [
    "endless chunks",
    repeats(`${OK}Transfer-Encoding: chunked\r\n\r\n`, Buffer.from("1\r\nx\r\n"), 1e9),
    /^fail: .*first 10240/,
  ],
  ["an endless head", repeats(OK, Buffer.from("A: b\r\n"), 1e9), /^fail: .*longer than 16384/],
  [
    "closed inside the body",
    saysAndCloses(`${OK}Content-Length: 9\r\n\r\nx`),
    /^fail: .*closed inside the body/,
  ],
  [
    "closed inside a chunk",
    saysAndCloses(`${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nx`),
    /^fail: .*inside the body/,
  ],
  [
    "closed as the end",
    saysAndCloses(`${OK}\r\nx`),
    /^fail: .*200 without the text of --body in [\d.]+ ms$/,
  ],
  ["a broken chunk", says(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`), /^fail: .*malformed/],
  [
    "two lengths",
    says(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`),
    /^fail: .*malformed/,
  ],
  [
    "closed behind the text",
    saysAndCloses(`${OK}Content-Length: 9\r\n\r\nnee needle`),
    /^fail: .*without/,
  ],
  ["the text, and a stall", says(`${OK}Content-Length: 99\r\n\r\na needle`), /^pass: .*: 200 in/],
  [
    "the text as the last that is searched",
    says(`${OK}\r\n${"x".repeat(10_234)}needle`),
    /^pass: .*: 200 in/,
  ],
  [
    "the text one byte too late",
    says(`${OK}\r\n${"x".repeat(10_235)}needle`),
    /^fail: .*first 10240/,
  ],
])("--body: %s", async (_, script, line) => {
  expect(await ask(script, "-t", "5", "--body", "needle")).toMatch(line);
});

test("a reply is the same wherever it is split", async () => {
  const reply = `HTTP/1.1 100 C\r\n\r\n${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nnee\r\n3\r\ndle\r\n0\r\n\r\n`;
  const splits = Array.from({ length: reply.length - 1 }, (_, i) => i + 1);
  while (splits.length > 0) {
    const lines = splits.splice(0, 10).map((at) =>
      ask(
        (socket) => {
          socket.setNoDelay(true);
          socket.write(reply.slice(0, at), () => setTimeout(() => socket.end(reply.slice(at)), 5));
        },
        ...["-t", "10", "--body", "needle"],
      ),
    );
    for (const line of await Promise.all(lines)) expect(line).toMatch(/^pass: GET .*: 200 in/);
  }
});

describe("the deadline", () => {
  test.each<[string, Script, string[], string]>([
    ["no reply", () => {}, [], "no reply"],
    ["one byte per 100 ms", trickles(OK, 100), [], "only part of a head"],
    ["nothing but the status line", says(OK), [], "only part of a head"],
    ["a redirect that stalls", says("HTTP/1.1 302 F\r\nLocation: /"), [], "only part of a head"],
    [
      "a body that stalls",
      says(`${OK}Content-Length: 9\r\n\r\nx`),
      ["--body", "y"],
      "only part of a body",
    ],
    [
      "a body that trickles",
      trickles(`${OK}\r\n${"x".repeat(99)}`, 10),
      ["--body", "y"],
      "only part of a body",
    ],
  ])("%s", async (_, script, words, what) => {
    const peer = await startPeer(script);
    started.push(peer);
    const result = await runProbe("http", [...words, "-t", "0.5", `127.0.0.1:${peer.port}`]);
    expect(result.stdout).toMatch(
      new RegExp(`^fail: GET .*: ${what} in .*; check the server or raise --timeout\n$`),
    );
    expectDeadline(result, 500);
  });

  test("all redirects share one deadline", async () => {
    const peer = await startPeer((socket) => {
      setTimeout(() => socket.end("HTTP/1.1 302 F\r\nLocation: /\r\n\r\n"), 150);
    });
    started.push(peer);
    const result = await runProbe("http", ["-t", "0.5", `127.0.0.1:${peer.port}`]);
    expect(result.stdout).toMatch(/^fail: GET .*: no reply in/);
    expectDeadline(result, 500);
  });

  test("a reply that came while the probe was stopped past its deadline counts", async () => {
    const peer = await startPeer((socket) => setTimeout(() => socket.write(`${OK}\r\n`), 300));
    started.push(peer);
    const running = start(KNELL, ["http", "-t", "0.5", `127.0.0.1:${peer.port}`]);
    await until("the request", () => peer.received() !== "");
    running.process.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 700));
    running.process.kill("SIGCONT");
    expect((await running.finished).stdout).toMatch(/^pass: /);
  });
});

test("a header's value is hidden in ps once it is read", async () => {
  const peer = await startPeer(() => {});
  started.push(peer);
  const words = ["-t", "2", "-H", "Authorization: SECRET", "--header=X: SECRET"];
  const running = start(KNELL, ["http", ...words, `127.0.0.1:${peer.port}`]);
  await until("the request", () => peer.received().includes("X: SECRET\r\n\r\n"));
  expect(readFileSync(`/proc/${running.pid}/cmdline`, "latin1")).not.toContain("SECRET");
  await peer.stop();
  await running.finished;
});

test("a peer that has gone does not kill the probe", async () => {
  const peer = await startPeer((socket) => socket.resetAndDestroy(), { eager: true });
  started.push(peer);
  for (let i = 0; i < 20; i++) {
    const result = await runProbe("http", [`127.0.0.1:${peer.port}`]);
    expect([result.status, result.signal]).toEqual([1, null]);
  }
});
