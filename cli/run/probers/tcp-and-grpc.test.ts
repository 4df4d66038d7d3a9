// P61–P64 against real servers.

import { type AddressInfo, createServer, type Server } from "node:net";
import { Server as GrpcServer, ServerCredentials, status } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { KubeVersion } from "../kube-version.ts";
import { probeGrpc } from "./grpc.ts";
import { probeTcp } from "./tcp.ts";

const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

async function listen(server: Server): Promise<number> {
  closes.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const port = await listen(createServer());
  closes.pop()?.();
  return port;
}

test("P61, P62: a connection is success, and is closed without a byte", async () => {
  let received = 0;
  const ended = new Promise<void>((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (part) => {
        received += part.length;
      });
      socket.on("close", () => resolve());
    });
    listen(server).then(async (port) => {
      expect(await probeTcp("127.0.0.1", port, 1000)).toEqual({ result: "success", output: "" });
    });
  });
  await ended;
  expect(received).toBe(0);
});

test("P61: a refused connection is a failure with Go's words", async () => {
  const port = await closedPort();
  expect(await probeTcp("127.0.0.1", port, 1000)).toEqual({
    result: "failure",
    output: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
});

test("P61: no answer in time is a timeout", async () => {
  // TEST-NET-1: nothing answers there, or the network says so at once.
  const outcome = await probeTcp("192.0.2.254", 81, 150);
  expect(outcome.result).toBe("failure");
  expect(outcome.output).toMatch(/^dial tcp 192\.0\.2\.254:81: /);
});

type Check = (service: string, reply: (error: object | null, message?: Buffer) => void) => void;

/** A server of grpc.health.v1.Health/Check; undefined: one without that service. */
async function serve(check?: Check): Promise<{ port: number; agents: string[] }> {
  const server = new GrpcServer();
  const agents: string[] = [];
  if (check) {
    const method = {
      path: "/grpc.health.v1.Health/Check",
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: Buffer) => value,
      requestDeserialize: (value: Buffer) => value,
      responseSerialize: (value: Buffer) => value,
      responseDeserialize: (value: Buffer) => value,
    } as const;
    server.addService({ Check: method }, {
      Check: (
        call: { request: Buffer; metadata: { get(name: string): unknown[] } },
        reply: never,
      ) => {
        agents.push(String(call.metadata.get("user-agent")[0]));
        check(call.request.subarray(2).toString(), reply);
      },
    } as never);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  closes.push(() => server.forceShutdown());
  return { port, agents };
}

const ask = (port: number, service = "", timeoutSeconds = 2) =>
  probeGrpc({ host: "127.0.0.1", port, service, timeoutSeconds }, new KubeVersion(36));

test("P63, P64: SERVING is success, asked for the service, by kube-probe", async () => {
  let asked = "";
  const { port, agents } = await serve((service, reply) => {
    asked = service;
    reply(null, Buffer.from([8, 1]));
  });
  expect((await ask(port, "readiness")).result).toBe("success");
  expect(asked).toBe("readiness");
  expect(agents[0]).toMatch(/^kube-probe\/1\.36/);
});

test.each([
  [[8, 2], "NOT_SERVING"],
  [[], "UNKNOWN"],
  [[8, 3], "SERVICE_UNKNOWN"],
])("P64: the status %j is a failure", async (bytes, name) => {
  const { port } = await serve((_, reply) => reply(null, Buffer.from(bytes)));
  expect(await ask(port)).toEqual({
    result: "failure",
    output: `service unhealthy (responded with "${name}")`,
  });
});

test("P64: no health service, an error of its own, no reply, no server: failures, never errors", async () => {
  const without = await ask((await serve()).port);
  expect(without.output).toMatch(
    /^error: this server does not implement the grpc health protocol \(grpc\.health\.v1\.Health\): /,
  );
  const wrong = await serve((_, reply) =>
    reply({ code: status.NOT_FOUND, details: "unknown service" }),
  );
  const failed = await ask(wrong.port);
  expect(failed.output).toBe(
    "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service",
  );
  const silent = await ask((await serve(() => {})).port, "", 0.3);
  expect(silent).toMatchObject({
    isTimeout: true,
    output: "timeout: health rpc did not complete within 0.3s",
  });
  const port = await closedPort();
  const nobody = await ask(port, "", 0.3);
  expect(nobody.output).toMatch(
    new RegExp(`^timeout: failed to connect service "127\\.0\\.0\\.1:${port}" within 0\\.3s: `),
  );
  for (const outcome of [without, failed, silent, nobody]) expect(outcome.result).toBe("failure");
});
