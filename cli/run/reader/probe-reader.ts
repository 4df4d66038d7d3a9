// Probes and lifecycle hooks, checked and filled in as the API server does (P1–P5, §1).

import { isRecord, type Place } from "../../kube/manifest.ts";
import type {
  ExecAction,
  GrpcAction,
  HookAction,
  HttpGetAction,
  ProbeAction,
  ProbeDefinition,
  ProbeType,
  SleepAction,
  TcpSocketAction,
} from "../pod-definition.ts";
import {
  checkFields,
  describe,
  type Findings,
  readChoice,
  readInteger,
  readList,
  readString,
  readStrings,
} from "./fields.ts";

const PROBE_ACTIONS = ["exec", "httpGet", "tcpSocket", "grpc"] as const;
const HOOK_ACTIONS = ["exec", "httpGet", "tcpSocket", "sleep"] as const;
const THRESHOLDS = [
  "initialDelaySeconds",
  "periodSeconds",
  "timeoutSeconds",
  "successThreshold",
  "failureThreshold",
  "terminationGracePeriodSeconds",
];

/** The probe in `place`; undefined if it is absent or wrong. */
export function readProbe(
  place: Place,
  type: ProbeType,
  findings: Findings,
): ProbeDefinition | undefined {
  const path = `${type}Probe`;
  const names = { played: [...PROBE_ACTIONS, ...THRESHOLDS], known: [] };
  if (!checkFields(place, path, names, findings)) return undefined;
  const action = readAction(place, path, PROBE_ACTIONS, findings) as ProbeAction | undefined;
  /** An explicit 0 means the default (P1). */
  const orDefault = (name: string, value: number) => readInteger(place.at(name), findings) || value;
  const successThreshold = orDefault("successThreshold", 1);
  if (type !== "readiness" && successThreshold !== 1) {
    findings.reject(place.at("successThreshold"), `${path}: successThreshold must be 1`);
  }
  const grace = place.at("terminationGracePeriodSeconds");
  if (type === "readiness" && grace.exists) {
    findings.reject(grace, `${path}: terminationGracePeriodSeconds is not allowed here`);
  }
  // All of it is read, so that every fault is told.
  const settings = {
    initialDelaySeconds: orDefault("initialDelaySeconds", 0),
    periodSeconds: orDefault("periodSeconds", 10),
    timeoutSeconds: orDefault("timeoutSeconds", 1),
    successThreshold,
    failureThreshold: orDefault("failureThreshold", 3),
    terminationGracePeriodSeconds: readInteger(grace, findings, 1),
  };
  return action && { type, action, ...settings };
}

/** The hook in `place`; undefined if it is absent or wrong. */
export function readHook(place: Place, findings: Findings): HookAction | undefined {
  const path = `lifecycle.${String(place.path.at(-1))}`;
  if (!checkFields(place, path, { played: HOOK_ACTIONS, known: [] }, findings)) return undefined;
  return readAction(place, path, HOOK_ACTIONS, findings) as HookAction | undefined;
}

type Action = ProbeAction | HookAction;

/** Exactly one of the actions has to be there (P3). */
function readAction(
  place: Place,
  path: string,
  allowed: readonly Action["kind"][],
  findings: Findings,
): Action | undefined {
  const given = allowed.filter((kind) => isRecord(place.at(kind).value));
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    const count = given.length === 0 ? "none is there" : `${given.join(" and ")} are there`;
    return findings.reject(
      place,
      `${path}: exactly one of ${allowed.join(", ")} is needed; ${count}`,
    );
  }
  return READERS[kind](place.at(kind), `${path}.${kind}`, findings);
}

const READERS: Readonly<
  Record<Action["kind"], (place: Place, path: string, findings: Findings) => Action | undefined>
> = {
  exec: readExec,
  httpGet: readHttpGet,
  tcpSocket: readTcpSocket,
  grpc: readGrpc,
  sleep: readSleep,
};

function readExec(place: Place, path: string, findings: Findings): ExecAction | undefined {
  checkFields(place, path, { played: ["command"], known: [] }, findings);
  const command = readStrings(place.at("command"), findings);
  if (command.length > 0) return { kind: "exec", command };
  return findings.reject(place.at("command"), `${path}.command: at least one word is needed`);
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function readHttpGet(place: Place, path: string, findings: Findings): HttpGetAction | undefined {
  const played = ["path", "port", "scheme", "host", "httpHeaders"];
  checkFields(place, path, { played, known: [] }, findings);
  const headers = readList(place.at("httpHeaders"), findings).map((header) => {
    const name = readString(header.at("name"), findings) ?? "";
    if (!HEADER_NAME.test(name)) {
      findings.reject(
        header.at("name"),
        `${path}.httpHeaders: ${describe(name)} is no header name`,
      );
    }
    return { name, value: readString(header.at("value"), findings) ?? "" };
  });
  const port = readPort(place.at("port"), path, findings);
  if (port === undefined) return undefined;
  return {
    kind: "httpGet",
    path: readString(place.at("path"), findings) || "/",
    port,
    scheme: readChoice(place.at("scheme"), ["HTTP", "HTTPS"], findings) ?? "HTTP",
    host: readString(place.at("host"), findings) || undefined,
    headers,
  };
}

function readTcpSocket(
  place: Place,
  path: string,
  findings: Findings,
): TcpSocketAction | undefined {
  checkFields(place, path, { played: ["port", "host"], known: [] }, findings);
  const port = readPort(place.at("port"), path, findings);
  if (port === undefined) return undefined;
  return { kind: "tcpSocket", port, host: readString(place.at("host"), findings) || undefined };
}

function readGrpc(place: Place, path: string, findings: Findings): GrpcAction | undefined {
  checkFields(place, path, { played: ["port", "service"], known: [] }, findings);
  const at = place.at("port");
  if (!at.exists) return findings.reject(place, `${path}.port: a number is needed`);
  const port = readInteger(at, findings, 1, HIGHEST_PORT);
  if (port === undefined) return undefined;
  return { kind: "grpc", port, service: readString(place.at("service"), findings) ?? "" };
}

function readSleep(place: Place, path: string, findings: Findings): SleepAction | undefined {
  checkFields(place, path, { played: ["seconds"], known: [] }, findings);
  const seconds = readInteger(place.at("seconds"), findings);
  return seconds === undefined ? undefined : { kind: "sleep", seconds };
}

const HIGHEST_PORT = 65_535;

/** A number from 1 to 65535, or a port name, which has a letter (P4). */
function readPort(place: Place, path: string, findings: Findings): number | string | undefined {
  const { value } = place;
  if (typeof value === "string") {
    if (isPortName(value)) return value;
    const advice = /^\d+$/.test(value) ? "; a port number stands without quotes" : "";
    return findings.reject(place, `${path}.port: ${describe(value)} is no port name${advice}`);
  }
  if (place.exists && value !== null) return readInteger(place, findings, 1, HIGHEST_PORT);
  return findings.reject(place, `${path}.port: a number or a name is needed`);
}

/** IANA service names, as ValidatePortNumOrName takes them. */
export function isPortName(name: string): boolean {
  return (
    /^[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/.test(name) &&
    /[a-z]/.test(name) &&
    !name.includes("--")
  );
}
