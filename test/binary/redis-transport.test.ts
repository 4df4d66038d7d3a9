// Section 3: what happens below Redis' protocol. Names are looked up in a network and mount namespace of their own.

import { chmodSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { KNELL, type Running, run, start, until } from "./harness.ts";
import { type Peer, says, saysAndCloses, startPeer } from "./redis-peer.ts";
import {
  cleanEnvironment,
  expectDeadline,
  freePort,
  makeFolder,
  probe,
  verdictOf,
  verdicts,
} from "./redis-server.ts";

const folder = makeFolder();
const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function startOne(...args: Parameters<typeof startPeer>): Promise<Peer> {
  const peer = await startPeer(...args);
  started.push(peer);
  return peer;
}

/** Shell commands that make 10.9.0.0/24 swallow every packet: the other end of the pair belongs to nobody. */
const BLACK_HOLE = [
  "ip link add d0 type veth peer name d1 && ip link set d0 up && ip link set d1 up",
  "ip addr add 10.9.0.1/24 dev d0",
  ...[2, 3, 9].map((last) => `ip neigh add 10.9.0.${last} lladdr 02:00:00:00:00:01 dev d0`),
].join(" && ");

/**
 * Runs a Python listener that never accepts; it ends with the test. `family` is AF_INET or AF_UNIX, `address` the
 * argument of bind; it prints its port.
 */
async function startDeafListener(family: string, address: string): Promise<{ port: string }> {
  const python = `import socket, sys, time
s = socket.socket(socket.${family}); s.bind(${address}); s.listen(0)
print(s.getsockname()[1] if s.family == socket.AF_INET else 0, flush=True); time.sleep(60)`;
  const running = start("python3", ["-c", python], { deadlineMs: 70_000 });
  started.push({
    stop: async () => {
      running.process.kill("SIGKILL");
      await running.finished.catch(() => {});
    },
  });
  const port = await until("the listener", () => running.stdout().trim());
  return { port };
}

describe("TCP", () => {
  test("R50: refused fails at once", async () => {
    const port = String(await freePort());
    const result = await probe(["-p", port, "-t", "5"]);
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout).toMatch(
      /^fail: connect 127\.0\.0\.1:\d+: connection refused \(ECONNREFUSED\)/,
    );
    expect(result.milliseconds).toBeLessThan(1_000);
    expect(verdictOf(await probe(["-p", port, "--live"]))).toBe("fail");
  });

  test("R51: a full accept queue drops the SYN; the deadline holds", async () => {
    const { port } = await startDeafListener("AF_INET", '("127.0.0.1", 0)');
    const fillers = Array.from({ length: 4 }, () =>
      connect(Number(port), "127.0.0.1").on("error", () => {}),
    );
    await until("a full queue", async () =>
      (await probe(["-p", port, "-t", "0.2"])).stdout.startsWith("fail: connect"),
    );
    const result = await probe(["-p", port, "-t", "0.4", "--live"]);
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout).toContain("no connection");
    expectDeadline(result, 400);
    for (const filler of fillers) filler.destroy();
  });

  test("R52: connected by the kernel, never accepted", async () => {
    const { port } = await startDeafListener("AF_INET", '("127.0.0.1", 0)');
    const result = await verdicts(["-p", port, "-t", "0.2"]);
    expect(result).toMatchObject({ live: "fail", ready: "fail" });
    expect(result.lines).toContain("no reply");
  });

  test("R54, R60: closed or reset without a reply hints at TLS", async () => {
    const peer = await startOne(saysAndCloses(""));
    const result = await verdicts(["-p", String(peer.port)]);
    expect(result).toMatchObject({ live: "fail", ready: "fail" });
    expect(result.lines).toContain("TLS");
  });

  test("R8: time goes on for a probe that is stopped: ppoll(2) waits for the rest once it continues, not longer", async () => {
    const peer = await startOne(() => {});
    const running = start(KNELL, ["redis", "-p", String(peer.port), "-t", "0.4"]);
    await until("the connection", () => peer.connections() === 1);
    running.process.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 700));
    running.process.kill("SIGCONT");
    const result = await running.finished;
    expect(verdictOf(result)).toBe("fail");
    const shown = Number(/in (\d+\.\d) ms/.exec(result.stdout)?.[1]);
    expect(shown).toBeGreaterThan(700);
    expect(result.milliseconds).toBeLessThan(2_000);
  });

  test("R14: a reply that came while the probe was stopped past its deadline counts", async () => {
    const peer = await startOne((socket) => setTimeout(() => socket.write("+PONG\r\n"), 300));
    const running = start(KNELL, ["redis", "-p", String(peer.port), "-t", "0.5"]);
    await until("the request", () => peer.received() !== "");
    running.process.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 800));
    running.process.kill("SIGCONT");
    expect(verdictOf(await running.finished)).toBe("pass");
  });
});

describe("in a network of its own", () => {
  /** Runs shell lines in new network and mount namespaces with loopback up. */
  const inNetwork = (lines: string[]) =>
    run("unshare", ["-n", "-m", "sh", "-c", ["ip link set lo up", ...lines].join("\n")], {
      env: cleanEnvironment(),
    });

  test("R51: a dropped SYN; the deadline holds", async () => {
    const result = await inNetwork([
      BLACK_HOLE,
      `${KNELL} redis -h 10.9.0.2 -t 0.3 --live; echo $?`,
    ]);
    expect(result.stdout).toMatch(/^fail: connect 10\.9\.0\.2:6379: no connection .*\n1\n$/);
  });

  test("R71: a peer that vanishes after the connection", async () => {
    const port = String(await freePort());
    const result = await inNetwork([
      `python3 -c 'import socket,time; s=socket.create_server(("127.0.0.1",${port})); c=s.accept()[0]; c.recv(99); time.sleep(9)' & p=$!`,
      `until ss -ltn | grep -q :${port}; do sleep 0.02; done`,
      `(sleep 0.2; ip link set lo down) &`,
      `${KNELL} redis -p ${port} -t 0.6; echo $?; kill $p; wait`,
    ]);
    expect(result.stdout).toMatch(/^fail: PING .*no reply .*\n1\n$/);
    // The time of the shell around it says nothing about the probe.
    expectDeadline({ ...result, milliseconds: 0 }, 600);
  });

  test("R70: no route moves on at once", async () => {
    const result = await run("unshare", ["-n", KNELL, "redis", "-h", "10.9.0.2", "-t", "5"]);
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout).toContain("network is unreachable (ENETUNREACH)");
  });
});

describe("unix sockets", () => {
  const path = (name: string) => `${folder}/${name}`;

  test("R66: PONG over a unix socket; -s beats host, port and URI", async () => {
    await startOne(says("+PONG\r\n"), { listenOn: { path: path("ok") } });
    expect(await verdicts(["-s", path("ok")])).toMatchObject({ live: "pass", ready: "pass" });
    expect(
      await verdicts(["-s", path("ok"), "-h", "192.0.2.1", "-p", "1", "-u", "redis://192.0.2.1:1"]),
    ).toMatchObject({ ready: "pass" });
    expect(await verdicts(["-u", `unix://${path("ok")}?db=1`])).toMatchObject({ ready: "pass" });
  });

  test.each<[string, () => string, string]>([
    ["R66 absent", () => path("absent"), "ENOENT"],
    [
      "R66 no socket",
      () => {
        writeFileSync(path("file"), "");
        return path("file");
      },
      "ECONNREFUSED",
    ],
    ["R66 a folder in it is a file", () => `${path("file")}/x`, "ENOTDIR"],
    ["R68 the longest path", () => `/${"s".repeat(106)}`, "ENOENT"],
  ])("%s", async (_, make, error) => {
    const result = await verdicts(["-s", make()]);
    expect(result).toMatchObject({ live: "fail", ready: "fail" });
    expect(result.lines).toContain(error);
  });

  test("R66: stale, and without permission", async () => {
    const peer = await startOne(says("+PONG\r\n"), { listenOn: { path: path("mode") } });
    chmodSync(path("mode"), 0o600);
    chmodSync(folder, 0o755);
    const user = await run("setpriv", [
      "--reuid=65534",
      "--clear-groups",
      KNELL,
      "redis",
      "-s",
      path("mode"),
    ]);
    expect(user.stdout).toContain("permission denied (EACCES)");
    await peer.stop();
    const stale = `import socket; socket.socket(socket.AF_UNIX).bind("${path("stale")}")`;
    await run("python3", ["-c", stale]);
    expect((await probe(["-s", path("stale")])).stdout).toContain("ECONNREFUSED");
  });

  test("R67: a full accept queue is tried again until the deadline", async () => {
    await startDeafListener("AF_UNIX", `"${path("full")}"`);
    const fillers = Array.from({ length: 3 }, () => connect(path("full")).on("error", () => {}));
    await until("a full queue", async () =>
      (await probe(["-s", path("full"), "-t", "0.1"])).stdout.includes("connect"),
    );
    const result = await probe(["-s", path("full"), "-t", "0.4"]);
    expect(result.stdout).toMatch(/^fail: connect .*: no connection/);
    expectDeadline(result, 400);
    for (const filler of fillers) filler.destroy();
  });

  test("R67: and passes once there is room again", async () => {
    const python = `import os, socket, time
s = socket.socket(socket.AF_UNIX); s.bind("${path("room")}"); s.listen(0); print("up", flush=True)
while not os.path.exists("${path("go")}"): time.sleep(0.01)
while True:
  c = s.accept()[0]; c.settimeout(0.1)
  try: c.recv(99) and c.send(b"+PONG\\r\\n")
  except OSError: pass`;
    const listener = start("python3", ["-c", python]);
    started.push({
      stop: async () => {
        listener.process.kill("SIGKILL");
        await listener.finished.catch(() => {});
      },
    });
    await until("the listener", () => listener.stdout());
    const fillers = Array.from({ length: 3 }, () => connect(path("room")).on("error", () => {}));
    await until("a full queue", async () =>
      (await probe(["-s", path("room"), "-t", "0.1"])).stdout.includes("connect"),
    );
    const waiting = probe(["-s", path("room"), "-t", "8"]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    writeFileSync(path("go"), "");
    expect(verdictOf(await waiting)).toBe("pass");
    for (const filler of fillers) filler.destroy();
  });
});

describe("R15: --wait", () => {
  test("R15: repeats every 200 ms until it passes", async () => {
    const port = await freePort();
    const waiting = probe(["-p", String(port), "--wait", "10"]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const server = await startDelayed(port);
    const result = await waiting;
    expect(verdictOf(result)).toBe("pass");
    const attempt = Number(/attempt (\d+) after/.exec(result.stdout)?.[1]);
    expect(attempt).toBeGreaterThanOrEqual(2);
    expect(attempt).toBeLessThanOrEqual(Math.ceil(result.milliseconds / 200) + 1);
    await server.stop();
  });

  test("R15: fails when the time is over, in one line", async () => {
    const result = await probe(["-p", String(await freePort()), "--wait", "0.7"]);
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout).toMatch(/attempt [2-4] after/);
    expect(result.milliseconds).toBeGreaterThan(590);
    expect(result.milliseconds).toBeLessThan(2_000);
  });

  test("R15: the last attempt ends when the time is over", async () => {
    const peer = await startOne(() => {});
    const result = await probe(["-p", String(peer.port), "--wait", "0.5", "-t", "30"]);
    expect(verdictOf(result)).toBe("fail");
    expect(result.milliseconds).toBeLessThan(2_000);
  });

  test("R15: without it there is one attempt", async () => {
    const peer = await startOne(saysAndCloses(""));
    await probe(["-p", String(peer.port)]);
    expect(peer.connections()).toBe(1);
  });

  test("R9, R15: a wait can be interrupted", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const running = start(KNELL, ["redis", "-p", String(await freePort()), "--wait", "60"]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running.process.kill(signal);
      expect((await running.finished).signal).toBe(signal);
    }
  });

  async function startDelayed(port: number): Promise<{ stop(): Promise<void> }> {
    const python = `import socket
s = socket.create_server(("127.0.0.1", ${port}))
while True:
  c = s.accept()[0]
  if c.recv(99): c.send(b"+PONG\\r\\n")`;
    const running = start("python3", ["-c", python], { deadlineMs: 30_000 });
    return {
      stop: async () => {
        running.process.kill("SIGKILL");
        await running.finished.catch(() => {});
      },
    };
  }
});

describe("names", () => {
  let space: Running;
  let pid: string;

  /** A name server on 127.0.0.53 that knows a few names, and servers that answer PING, with files of their own. */
  beforeAll(async () => {
    writeFileSync(
      `${folder}/hosts`,
      "127.0.0.1 localhost\n127.0.0.1 inhosts alias\n::1 inhosts\n127.0.0.9 refuses\n127.0.0.1 refuses\n10.9.0.2 hangs\n127.0.0.1 hangs\n10.9.0.2 hangs3\n10.9.0.3 hangs3\n127.0.0.1 hangs3\n10.9.0.9 nothing\n::1 six\n",
    );
    writeFileSync(
      `${folder}/resolv.conf`,
      "nameserver 127.0.0.53\nsearch ns.svc.cluster.local svc.cluster.local\noptions ndots:5\n",
    );
    writeFileSync(`${folder}/names.py`, NAMES);
    const lines = [
      "ip link set lo up && ip addr add fd00::5/128 dev lo",
      BLACK_HOLE,
      `mount --bind ${folder}/hosts /etc/hosts && mount --bind ${folder}/resolv.conf /etc/resolv.conf`,
      `exec python3 ${folder}/names.py`,
    ];
    space = start("unshare", ["-n", "-m", "sh", "-c", lines.join(" && ")], { deadlineMs: 60_000 });
    await until("the name server", () => {
      if (space.process.exitCode !== null) throw new Error(space.stderr());
      return space.stdout().includes("up");
    });
    pid = String(space.pid);
  });
  afterAll(async () => {
    space.process.kill("SIGKILL");
    await space.finished.catch(() => {});
  });

  const inside = (...args: string[]) =>
    run("nsenter", ["-t", pid, "-n", "-m", KNELL, "redis", ...args], { env: cleanEnvironment() });
  const resolv = (text: string) => writeFileSync(`${folder}/resolv.conf`, text);
  const usual =
    "nameserver 127.0.0.53\nsearch ns.svc.cluster.local svc.cluster.local\noptions ndots:5\n";

  test.each<[string, string[], "pass" | "fail", string]>([
    ["R70 from hosts", ["-h", "inhosts"], "pass", "inhosts:6379"],
    ["R70 an alias from hosts, in capitals", ["-h", "ALIAS"], "pass", "PONG"],
    ["R70 localhost without a line for it", ["-h", "a.localhost"], "pass", "PONG"],
    ["R70 refused moves on to the next address", ["-h", "refuses", "-t", "5"], "pass", "PONG"],
    [
      "R70 an address that hangs leaves time for the next",
      ["-h", "hangs", "-t", "0.6"],
      "pass",
      "PONG",
    ],
    ["R70 two that hang leave time for the third", ["-h", "hangs3", "-t", "0.9"], "pass", "PONG"],
    ["R70 only IPv6", ["-h", "six"], "pass", "PONG"],
    ["R84 -4 leaves no address", ["-h", "six", "-4"], "fail", "-4 or -6"],
    ["R84 -6", ["-h", "inhosts", "-6"], "pass", "PONG"],
    ["R84 -4 with an IPv6 address", ["-h", "::1", "-4"], "fail", "-4 or -6"],
    ["R70 an IPv6 address", ["-h", "::1"], "pass", "[::1]:6379"],
    ["R119 an IPv6 address in a URI", ["-u", "redis://[fd00::5]:6379"], "pass", "[fd00::5]:6379"],
    ["R70 by name server and search domain", ["-h", "redis"], "pass", "PONG"],
    ["R70 by the second search domain", ["-h", "redis.other"], "pass", "PONG"],
    ["R70 a full name", ["-h", "redis.ns.svc.cluster.local"], "pass", "PONG"],
    ["R70 a full name with its dot", ["-h", "redis.ns.svc.cluster.local."], "pass", "PONG"],
    ["R69 a short name with a dot is not searched", ["-h", "redis."], "fail", "no such name"],
    ["R70 both families: AAAA only", ["-h", "six.example."], "pass", "PONG"],
    ["R84 -4 where there is AAAA only", ["-h", "six.example.", "-4"], "fail", "no such name"],
    ["R70 one of two addresses refuses", ["-h", "two.example."], "pass", "PONG"],
    ["R70 a cut response gives what is there", ["-h", "cut.example."], "pass", "PONG"],
    ["R70 A answers, AAAA never does", ["-h", "half.example.", "-t", "2"], "pass", "PONG"],
    ["R70 the first packet is lost", ["-h", "lost.example.", "-t", "2"], "pass", "PONG"],
    ["R70 forged responses before the right one", ["-h", "forged.example."], "pass", "PONG"],
    ["R69 no such name", ["-h", "nosuch"], "fail", "no such name"],
    ["R69 the name server fails", ["-h", "broken.example.", "-t", "2"], "fail", "no answer"],
    [
      "R69 the name server says nothing",
      ["-h", "silent.example.", "-t", "0.4"],
      "fail",
      "no answer",
    ],
    ["R69 a name that cannot be", ["-h", "a..b"], "fail", "no such name"],
    ["R69 a label over 63 bytes", ["-h", "x".repeat(64)], "fail", "no such name"],
    ["R69 a name of control bytes", ["-h", "\u0001\u0002"], "fail", "\\x01\\x02"],
  ])("%s", async (_, args, expected, text) => {
    resolv(usual);
    const result = await inside(...args);
    expect([verdictOf(result), result.stdout]).toEqual([expected, result.stdout]);
    expect(result.stdout).toContain(text);
  });

  test("R8: a silent name server does not outlive the deadline", async () => {
    resolv(usual);
    const result = await inside("-h", "silent.example.", "-t", "0.5");
    expect(result.milliseconds).toBeLessThan(2_500);
  });

  test.each([
    ["R70 the first server is closed", "nameserver 127.0.0.54\nnameserver 127.0.0.53\n"],
    ["R70 the first server hangs", "nameserver 10.9.0.2\nnameserver 127.0.0.53\n"],
    ["R70 the first server refuses to answer", "nameserver 127.0.0.55\nnameserver 127.0.0.53\n"],
    ["R70 an IPv6 server comes first", "nameserver fd00::5\nnameserver 127.0.0.53\n"],
  ])("%s", async (_, text) => {
    resolv(text);
    expect(verdictOf(await inside("-h", "two.example", "-t", "4"))).toBe("pass");
  });

  test("R69: no name server at all is said at once", async () => {
    resolv("nameserver 127.0.0.54\n");
    const result = await inside("-h", "two.example", "-t", "5");
    expect(verdictOf(result)).toBe("fail");
    expect(result.stdout).toContain("/etc/resolv.conf");
    expect(result.milliseconds).toBeLessThan(1_500);
  });

  test("R9: addresses that are written as such open no file", async () => {
    const trace = await run("strace", [
      "-f",
      "-e",
      "trace=open,openat,fork,vfork,clone,clone3",
      KNELL,
      "redis",
      "-t",
      "0.2",
    ]);
    expect(trace.stderr).not.toMatch(/open|fork|clone/);
  });
});

const NAMES = `
import socket, struct, threading, time
def serve(family, address):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((address, 6379)); s.listen(64)
    def answer(c):
        with c:
            if c.recv(999): c.sendall(b"+PONG\\r\\n"); c.recv(999)
    while True: threading.Thread(target=answer, args=(s.accept()[0],), daemon=True).start()
four = lambda text: (1, socket.inet_pton(socket.AF_INET, text))
six = lambda text: (28, socket.inet_pton(socket.AF_INET6, text))
KNOWN = {
  "redis.ns.svc.cluster.local": [four("127.0.0.1")],
  "redis.other.svc.cluster.local": [four("127.0.0.1")],
  "six.example": [six("fd00::5")],
  "two.example": [four("127.0.0.9"), four("127.0.0.1")],
  "cut.example": [four("127.0.0.1")],
  "half.example": [four("127.0.0.1")],
  "lost.example": [four("127.0.0.1")],
  "forged.example": [four("127.0.0.1")],
}
lost = set()
def names(address, refuse):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((address, 53))
    while True:
        query, peer = s.recvfrom(999)
        labels, at = [], 12
        while query[at]: labels.append(query[at+1:at+1+query[at]].decode("latin1")); at += query[at] + 1
        name, kind = ".".join(labels), struct.unpack(">H", query[at+1:at+3])[0]
        question = query[12:at+5]
        def reply(flags, records, id=query[:2], question=question):
            body = b"".join(b"\\xc0\\x0c" + struct.pack(">HHIH", k, 1, 5, len(d)) + d for k, d in records)
            s.sendto(id + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question + body, peer)
        records = [r for r in KNOWN.get(name, []) if r[0] == kind]
        if refuse: reply(0x8185, [])
        elif name == "silent.example": pass
        elif name == "broken.example": reply(0x8182, [])
        elif name == "half.example" and kind == 28: pass
        elif name == "lost.example" and (kind, peer[1]) not in lost and len(lost) < 2: lost.add((kind, peer[1]))
        elif name == "forged.example" and kind == 1:
            bad = four("10.9.0.9")
            reply(0x8180, [bad], id=bytes([query[0] ^ 1, query[1]]))
            reply(0x0100, [bad])
            reply(0x8180, [bad], question=question[:-4] + b"\\0\\x10\\0\\x01")
            s.sendto(query[:7], peer)
            reply(0x8180, records)
        elif name == "cut.example": reply(0x8380, records)
        elif name in KNOWN: reply(0x8180, records)
        else: reply(0x8183, [])
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET6, "fd00::5")):
    threading.Thread(target=serve, args=(family, address), daemon=True).start()
threading.Thread(target=names, args=("127.0.0.55", True), daemon=True).start()
time.sleep(0.2)
print("up", flush=True)
names("127.0.0.53", False)
`;
