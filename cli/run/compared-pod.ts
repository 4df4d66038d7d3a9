// The same pod with another liveness probe. Pure.

import type { ContainerDefinition, PodDefinition, ProbeDefinition } from "./pod-definition.ts";

/** Nothing is restarted, so that every probe sees the whole fault. */
const OUT_OF_REACH = 1_000_000;
const DEFAULT_LISTEN_PORT = 8086;

/**
 * `pod` with `words` as the liveness probe of its first container, asked every second with a timeout of 1 s unless that
 * container's own liveness probe says otherwise. "knell init --listen … --" is no exec: it becomes PID 1, and is asked
 * for /livez.
 */
export function withProbe(
  pod: PodDefinition,
  words: readonly string[],
  uid: string,
): PodDefinition {
  const [first, ...others] = pod.containers;
  if (!first) return pod;
  const isEndpoint = /(?:^|\/)knell$/.test(words[0] ?? "") && words[1] === "init";
  const changed = isEndpoint ? withEndpoint(first, words) : withExec(first, words);
  return { ...pod, uid, containers: [changed, ...others] };
}

function timing(container: ContainerDefinition): Omit<ProbeDefinition, "action"> {
  const own = container.probes.find(({ type }) => type === "liveness");
  return {
    type: "liveness",
    initialDelaySeconds: own?.initialDelaySeconds ?? 0,
    periodSeconds: own?.periodSeconds ?? 1,
    timeoutSeconds: own?.timeoutSeconds ?? 1,
    successThreshold: 1,
    failureThreshold: OUT_OF_REACH,
    terminationGracePeriodSeconds: undefined,
  };
}

function withExec(container: ContainerDefinition, command: readonly string[]): ContainerDefinition {
  const probe: ProbeDefinition = { ...timing(container), action: { kind: "exec", command } };
  return { ...container, probes: [probe] };
}

function withEndpoint(
  container: ContainerDefinition,
  words: readonly string[],
): ContainerDefinition {
  const listen = words[words.indexOf("--listen") + 1] ?? "";
  const port = Number(/:(\d+)$/.exec(listen)?.[1] ?? DEFAULT_LISTEN_PORT);
  const action = {
    kind: "httpGet" as const,
    path: "/livez",
    port,
    scheme: "HTTP" as const,
    host: undefined,
    headers: [],
  };
  const end = words.at(-1) === "--" ? [] : ["--"];
  return {
    ...container,
    command: [...words, ...end, ...container.command],
    probes: [{ ...timing(container), action }],
  };
}
