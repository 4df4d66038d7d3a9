// D5: a client whose bytes make the wasm trap takes the endpoint down, and nothing else.

import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, start, until } from "./harness.ts";
import { accepts, type Endpoint, kubeletRequest, send, startEndpoint } from "./health-endpoint.ts";
import { signal } from "./launch.ts";
import { program } from "./programs.ts";

/** Made by `node scripts/build-binary.ts --test`: its wasm traps on bytes that begin with "TRAP ". */
const KNELL_TRAP = join(ROOT, "build/knell-trap");
const MESSAGE =
  "knell: internal error: unreachable code; carrying on with forwarding and reaping only, report this as a bug\n";

const SHELL = "trap 'exit 7' TERM; trap 'echo usr1' USR1; echo ready; while :; do sleep 0.02; done";

async function startTrapped(options: { live?: string; main?: string[] } = {}): Promise<Endpoint> {
  const endpoint = await startEndpoint({
    binary: KNELL_TRAP,
    live: "exec -- true",
    main: ["sh", "-c", SHELL],
    ...options,
  });
  await until("the child to be ready", () => endpoint.stdout().includes("ready"));
  return endpoint;
}

/** Sends the bytes and waits for the line. */
async function trap(endpoint: Endpoint): Promise<void> {
  await send(endpoint.port, "TRAP /livez HTTP/1.1\r\n\r\n");
  await until("the message", () => endpoint.stderr().includes("\n"));
}

describe("D5, N3: after a request on which the wasm traps", () => {
  test("D5, N3: one line, the port refuses, signals are forwarded, the end is the child's", async () => {
    const endpoint = await startTrapped();
    expect(await endpoint.status("/livez")).toBe(200);
    await trap(endpoint);
    await until("the port to be closed", async () => !(await accepts(endpoint.port)));
    signal(endpoint.init, "SIGUSR1");
    await until("the forwarded USR1", () => endpoint.stdout().includes("usr1"));
    expect(
      readdirSync(`/proc/${endpoint.init}/fd`)
        .map(Number)
        .filter((file) => file > 2),
    ).toEqual([]);
    signal(endpoint.init, "SIGTERM");
    expect(await endpoint.finished).toMatchObject({ status: 7, stderr: MESSAGE });
  });

  test("D5, N3: other clients are let go of, waiting or not", async () => {
    const endpoint = await startTrapped({ live: "exec --timeout 60s -- sleep 1000" });
    const waiting = send(endpoint.port, kubeletRequest("/livez"));
    await until("the probe", () => endpoint.processes().some(({ name }) => name === "sleep"));
    const idle = connect(endpoint.port, "127.0.0.1");
    idle.resume();
    idle.on("error", () => {});
    // Something, or the kernel would keep the connection to itself for a second.
    idle.write("GET /livez");
    const closed = new Promise((resolve) => idle.once("close", resolve));
    await trap(endpoint);
    expect((await waiting).status).toBe(0);
    await closed;
    await endpoint.stop();
  });

  test("D5, I33: orphans are reaped, a thousand of them", async () => {
    const endpoint = await startTrapped();
    await trap(endpoint);
    const makers = endpoint.startExec([program("orphans"), "1000", "20"]);
    await until("the orphans", () => makers.stdout() === "made\n");
    // knell, the shell with its sleep, the maker
    await until("the reaping", () => endpoint.processes().length <= 4);
    await until("no zombie", () => endpoint.zombies().length === 0);
    signal(makers.pid, "SIGKILL");
    signal(endpoint.init, "SIGTERM");
    expect(await endpoint.finished).toMatchObject({ status: 7, stderr: MESSAGE });
  });

  test("D5, I43: a child killed by a signal gives 128 and the number, an exit its code", async () => {
    for (const [main, which, status] of [
      ["echo ready; exec sleep 1000", "SIGTERM", 143],
      ["echo ready; exec sleep 1000", "SIGKILL", 137],
      ["trap 'exit 0' HUP; echo ready; while :; do sleep 0.02; done", "SIGHUP", 0],
    ] as const) {
      const endpoint = await startTrapped({ main: ["sh", "-c", main] });
      await trap(endpoint);
      const child = endpoint.processes().find(({ parent }) => parent === endpoint.init);
      signal(which === "SIGKILL" ? child?.pid : endpoint.init, which);
      expect(await endpoint.finished).toMatchObject({ status, stderr: MESSAGE });
    }
  });

  test("D5, I63: nothing is woken while nothing happens", async () => {
    const endpoint = await startTrapped({ main: ["sh", "-c", "echo ready; exec sleep 60"] });
    await trap(endpoint);
    await until("the port to be closed", async () => !(await accepts(endpoint.port)));
    const switches = () =>
      /^voluntary_ctxt_switches:\s*(\d+)/m.exec(
        readFileSync(`/proc/${endpoint.init}/status`, "utf8"),
      )?.[1];
    const before = switches();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(switches()).toBe(before);
  });

  test("D5: a trap on what a probed server says costs the endpoint, not the container", async () => {
    const script = `import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True: s.accept()[0].send(b"TRAP ")`;
    const server = start("python3", ["-c", script]);
    const port = await until("the server", () => Number(server.stdout()));
    const endpoint = await startTrapped({ live: `redis -p ${port} --live` });
    expect((await endpoint.get("/livez")).status).toBe(0);
    await until("the message", () => endpoint.stderr() === MESSAGE);
    signal(endpoint.init, "SIGTERM");
    expect((await endpoint.finished).status).toBe(7);
  });
});
