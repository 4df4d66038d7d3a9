// httpGet (kubelet, probe/http/http.go, request.go). Node cannot set SO_LINGER (P62) and speaks HTTP/1.1 only here.

import { type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { KubeVersion } from "../kube-version.ts";
import type { HttpGetAction } from "../pod-definition.ts";
import type { Outcome } from "../prober.ts";
import { dialError, joinHostPort } from "./dial-errors.ts";

const MOST_BODY_BYTES = 10_240;
const MOST_REQUESTS = 10;
/** How Go names the moment at which the time was over (P59). */
const NO_HEADERS = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
const NO_BODY =
  "context deadline exceeded (Client.Timeout or context cancellation while reading body)";

export interface HttpTarget {
  readonly action: HttpGetAction;
  readonly port: number;
  /** The pod's address, where the action names no host. */
  readonly podIp: string;
  readonly timeoutMs: number;
}

/** One request with its redirects, all under one deadline (P54). */
export async function probeHttp(target: HttpTarget, version: KubeVersion): Promise<Outcome> {
  const url = targetUrl(target);
  const headers = probeHeaders(target.action, url.host, version);
  const over = AbortSignal.timeout(target.timeoutMs);
  let next = url;
  for (let count = 0; count < MOST_REQUESTS; count++) {
    const reply = await exchange(next, headers, over);
    if (reply.kind === "none") return noReply(next, reply, over);
    const location = redirectOf(reply.status, reply.location, next);
    // Only the same host is gone on to; port and scheme may change (P56).
    if (location?.hostname !== url.hostname) return judge(reply, version);
    next = location;
  }
  return { result: "failure", output: `Get "${next}": stopped after ${MOST_REQUESTS} redirects` };
}

/** scheme://host:port/path; a path without its slash gets one, and may carry a query (P51). */
function targetUrl({ action, port, podIp }: HttpTarget): URL {
  const path = action.path.startsWith("/") ? action.path : `/${action.path}`;
  const host = joinHostPort(action.host ?? podIp, port);
  return new URL(`${action.scheme.toLowerCase()}://${host}${path}`);
}

/** As given, repeats kept, with the kubelet's own where they are absent; an empty one removes it (P52). */
export function probeHeaders(
  { headers }: HttpGetAction,
  host: string,
  version: KubeVersion,
): string[] {
  const isNamed = (name: string, wanted: string) =>
    version.isAtLeast(24) ? name.toLowerCase() === wanted.toLowerCase() : name === wanted;
  const headerNamed = (wanted: string) => headers.find(({ name }) => isNamed(name, wanted))?.value;
  const sent = [["Host", headerNamed("Host") ?? host]];
  for (const [name, value] of [
    ["User-Agent", `kube-probe/${version}`],
    ["Accept", "*/*"],
  ] as const) {
    if (headerNamed(name) === undefined) sent.push([name, value]);
  }
  for (const { name, value } of headers) {
    const isOwn = ["Host", "User-Agent", "Accept"].some((own) => isNamed(name, own));
    if (isNamed(name, "Host") || (isOwn && value === "")) continue;
    sent.push([name, value]);
  }
  return [...sent, ["Connection", "close"]].flat();
}

type Reply =
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly location: string | undefined;
      readonly body: Buffer;
      /** What stopped the body. */
      readonly bodyError: string | undefined;
    }
  | { readonly kind: "none"; readonly error: NodeJS.ErrnoException };

/** A connection of its own, no proxy, no certificate check (P53). */
function exchange(url: URL, headers: string[], signal: AbortSignal): Promise<Reply> {
  const isTls = url.protocol === "https:";
  const options: RequestOptions & { rejectUnauthorized: boolean; autoSelectFamily: boolean } = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port || (isTls ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    agent: false,
    headers,
    setHost: false,
    signal,
    rejectUnauthorized: false,
    autoSelectFamily: true,
  };
  return new Promise((resolve) => {
    // After the headers a timeout is the body's, which is something else (P60).
    let hasReply = false;
    const request = (isTls ? requestHttps : requestHttp)(options, (response) => {
      hasReply = true;
      readBody(response, signal).then(({ body, error }) => {
        request.destroy();
        const { statusCode: status = 0 } = response;
        const { location } = response.headers;
        resolve({ kind: "reply", status, location, body, bodyError: error });
      });
    });
    request.on("error", (error) => {
      if (!hasReply) resolve({ kind: "none", error });
    });
    request.end();
  });
}

/** The first 10 KiB; more is not read (P58). */
async function readBody(
  response: IncomingMessage,
  signal: AbortSignal,
): Promise<{ body: Buffer; error: string | undefined }> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response) {
      parts.push(part);
      size += part.length;
      if (size >= MOST_BODY_BYTES) break;
    }
    return { body: Buffer.concat(parts).subarray(0, MOST_BODY_BYTES), error: undefined };
  } catch {
    return { body: Buffer.concat(parts), error: signal.aborted ? NO_BODY : "unexpected EOF" };
  }
}

const REDIRECTS = [301, 302, 303, 307, 308];

function redirectOf(status: number, location: string | undefined, from: URL): URL | undefined {
  if (!REDIRECTS.includes(status) || location === undefined) return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
}

/** What a status means, and its text (P55, P57, P60). */
function judge(reply: Extract<Reply, { kind: "reply" }>, version: KubeVersion): Outcome {
  const { status, bodyError } = reply;
  if (bodyError !== undefined) {
    return { result: "error", output: bodyError, resultsIn: "failure" };
  }
  const body = reply.body.toString("utf8");
  if (status >= 200 && status < 300) return { result: "success", output: body };
  if (status >= 300 && status < 400) {
    const prefix = version.isAtLeast(21) ? "Probe terminated redirects, Response body: " : "";
    return { result: "warning", output: prefix + body };
  }
  return { result: "failure", output: `HTTP probe failed with statuscode: ${status}` };
}

/** Everything that kept an answer from coming is a failure, with Go's text (P59). */
function noReply(
  url: URL,
  { error }: { error: NodeJS.ErrnoException },
  over: AbortSignal,
): Outcome {
  const prefix = `Get "${url}": `;
  if (over.aborted) return { result: "failure", isTimeout: true, output: prefix + NO_HEADERS };
  return { result: "failure", output: prefix + causeOf(error, url) };
}

function causeOf(error: NodeJS.ErrnoException, url: URL): string {
  const { code = "", syscall = "", message } = error;
  if (code === "ECONNRESET" && syscall === "") return "EOF";
  if (code.startsWith("HPE_")) {
    return "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
  }
  const isTls = url.protocol === "https:";
  if (isTls && (code.startsWith("ERR_SSL") || code === "EPROTO")) {
    return message.includes("wrong version number") || message.includes("packet length")
      ? "http: server gave HTTP response to HTTPS client"
      : `remote error: tls: ${message}`;
  }
  const address = joinHostPort(
    url.hostname.replace(/^\[|\]$/g, ""),
    Number(url.port) || (isTls ? 443 : 80),
  );
  return dialError(error, address);
}
