// grpc: grpc.health.v1.Health/Check in plain text (kubelet, probe/grpc/grpc.go).

import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import type { KubeVersion } from "../kube-version.ts";
import type { Outcome } from "../prober.ts";
import { joinHostPort } from "./dial-errors.ts";

const METHOD = "/grpc.health.v1.Health/Check";
/** HealthCheckResponse.ServingStatus. */
const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const SERVING = 1;

export interface GrpcTarget {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly timeoutSeconds: number;
}

/** One connection and one call under one deadline; whatever is not SERVING is a failure (P63, P64). */
export async function probeGrpc(target: GrpcTarget, version: KubeVersion): Promise<Outcome> {
  const address = joinHostPort(target.host, target.port);
  const deadline = Date.now() + target.timeoutSeconds * 1000;
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.primary_user_agent": `kube-probe/${version}`,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_retries": 0,
    "grpc.enable_http_proxy": 0,
  });
  try {
    const unconnected = await connect(client, deadline, target, address);
    return unconnected ?? (await check(client, deadline, target));
  } finally {
    client.close();
  }
}

/** undefined once there is a connection. */
function connect(
  client: Client,
  deadline: number,
  { timeoutSeconds }: GrpcTarget,
  address: string,
): Promise<Outcome | undefined> {
  return new Promise((resolve) => {
    client.waitForReady(deadline, (error) => {
      if (!error) return resolve(undefined);
      const output = `timeout: failed to connect service "${address}" within ${timeoutSeconds}s: context deadline exceeded`;
      resolve({ result: "failure", isTimeout: true, output });
    });
  });
}

function check(client: Client, deadline: number, target: GrpcTarget): Promise<Outcome> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      METHOD,
      encodeRequest,
      decodeResponse,
      target.service,
      { deadline },
      (error, serving) => {
        if (error) return resolve(callFailed(error, target));
        if (serving === SERVING) return resolve({ result: "success", output: "service healthy" });
        const name = STATUSES[serving ?? 0] ?? String(serving);
        resolve({
          result: "failure",
          output: `service unhealthy (responded with "${name}")`,
        });
      },
    );
  });
}

function callFailed({ code, details }: ServiceError, { timeoutSeconds }: GrpcTarget): Outcome {
  if (code === status.DEADLINE_EXCEEDED) {
    const output = `timeout: health rpc did not complete within ${timeoutSeconds}s`;
    return { result: "failure", isTimeout: true, output };
  }
  if (code === status.UNIMPLEMENTED) {
    const what = "this server does not implement the grpc health protocol (grpc.health.v1.Health)";
    return { result: "failure", output: `error: ${what}: ${details}` };
  }
  const name = status[code];
  const text = `rpc error: code = ${goCodeName(name)} desc = ${details}`;
  return { result: "failure", output: `error: health rpc probe failed: ${text}` };
}

/** "NOT_FOUND" as Go prints it: "NotFound". */
function goCodeName(name = "UNKNOWN"): string {
  return name
    .toLowerCase()
    .replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** HealthCheckRequest: field 1, the service as a string; empty where that is empty. */
function encodeRequest(service: string): Buffer {
  const text = Buffer.from(service);
  if (text.length === 0) return text;
  return Buffer.concat([Buffer.from([0x0a, ...varint(text.length)]), text]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

/** HealthCheckResponse: field 1, the status as a varint; 0 where it is absent. */
function decodeResponse(message: Buffer): number {
  return message[0] === 0x08 ? (message[1] ?? 0) : 0;
}
