// tcpSocket: does it take connections (kubelet, probe/tcp/tcp.go). Node cannot set SO_LINGER (P62).

import { connect } from "node:net";
import type { Outcome } from "../prober.ts";
import { dialError, joinHostPort } from "./dial-errors.ts";

/** Connects and closes without a byte (P61). */
export function probeTcp(host: string, port: number, timeoutMs: number): Promise<Outcome> {
  const address = joinHostPort(host, port);
  return new Promise((resolve) => {
    const socket = connect({ host, port, autoSelectFamily: true });
    const settle = (outcome: Outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      settle({ result: "failure", isTimeout: true, output: `dial tcp ${address}: i/o timeout` });
    }, timeoutMs);
    socket.on("connect", () => settle({ result: "success", output: "" }));
    socket.on("error", (error) => settle({ result: "failure", output: dialError(error, address) }));
  });
}
