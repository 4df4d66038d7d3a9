// What Go says of a connection that does not come about, from what Node says.

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  EADDRNOTAVAIL: "connect: cannot assign requested address",
  EACCES: "connect: permission denied",
  ETIMEDOUT: "connect: connection timed out",
};

/** "dial tcp 10.0.0.5:8080: connect: connection refused". */
export function dialError(error: NodeJS.ErrnoException, address: string): string {
  if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") {
    const host = address.slice(0, address.lastIndexOf(":"));
    return `dial tcp: lookup ${host}: no such host`;
  }
  return `dial tcp ${address}: ${CAUSES[error.code ?? ""] ?? error.message}`;
}

/** "host:port", IPv6 in brackets. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
