// The fields of probes (k8s.io/api core/v1, Probe and its handlers) and their defaults (P1).

import { HANDLERS, type HandlerName } from "./pod-spec.ts";

export const PROBE_NUMBERS = [
  "initialDelaySeconds",
  "periodSeconds",
  "timeoutSeconds",
  "successThreshold",
  "failureThreshold",
  "terminationGracePeriodSeconds",
] as const;
export const PROBE_FIELDS: readonly string[] = [...HANDLERS, ...PROBE_NUMBERS];
/** Of the API's ExecAction, HTTPGetAction, TCPSocketAction and GRPCAction. */
export const HANDLER_FIELDS: Readonly<Record<HandlerName, readonly string[]>> = {
  exec: ["command"],
  httpGet: ["host", "httpHeaders", "path", "port", "scheme"],
  tcpSocket: ["host", "port"],
  grpc: ["port", "service"],
};

/** Where 0 or nothing is written. */
export const PROBE_DEFAULTS: Readonly<Record<string, number>> = {
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};
