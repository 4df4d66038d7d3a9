// exec: a command in the container (kubelet, probe/exec/exec.go; container/helpers.go).

import type { ContainerProcess } from "../engine.ts";
import type { ExecResult } from "../exec-sync.ts";
import type { Instance } from "../instances.ts";
import type { KubeVersion } from "../kube-version.ts";
import type {
  ContainerDefinition,
  EnvironmentVariable,
  ExecAction,
  ProbeDefinition,
} from "../pod-definition.ts";
import type { Outcome } from "../prober.ts";

/** So much output is reported (P41). */
const MOST_OUTPUT_BYTES = 10_240;

export type Exec = (
  process: ContainerProcess,
  command: readonly string[],
  timeoutMs: number,
) => Promise<ExecResult>;

/** One try of an exec probe. */
export async function execProbe(
  container: ContainerDefinition,
  instance: Instance,
  probe: ProbeDefinition,
  version: KubeVersion,
  exec: Exec,
): Promise<Outcome> {
  if (probe.action.kind !== "exec" || !instance.process) {
    return { result: "error", output: "container is not running" };
  }
  const command = probe.action.command.map((word) => expandVariables(word, container.env));
  const { timeoutSeconds } = probe;
  const result = await exec(instance.process, command, timeoutSeconds * 1000);
  switch (result.kind) {
    case "refused":
      return { result: "error", output: result.message };
    case "timed-out":
      return {
        result: "failure",
        isTimeout: true,
        output: timeoutText(command, timeoutSeconds, version),
      };
    case "exited":
      return {
        result: result.code === 0 ? "success" : "failure",
        // CRI-O tells of its timeout this way (P45).
        isTimeout: result.code === -1,
        output: result.output.subarray(0, MOST_OUTPUT_BYTES).toString("utf8"),
      };
  }
}

/** What the event says of a command whose time was over (P44). */
function timeoutText(
  command: readonly string[],
  timeoutSeconds: number,
  version: KubeVersion,
): string {
  const words = command.join(" ");
  if (version.isAtLeast(31)) {
    return `command timed out: "${words}" timed out after ${timeoutSeconds}s`;
  }
  return version.isAtLeast(23) ? `command "${words}" timed out` : "";
}

/**
 * $(NAME) from literal values; empty where the value came from elsewhere, as it stands where there is no such variable;
 * $$ is one dollar sign (P38).
 */
export function expandVariables(word: string, env: readonly EnvironmentVariable[]): string {
  return word.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (found, name?: string) => {
    if (name === undefined) return "$";
    const variable = env.findLast((candidate) => candidate.name === name);
    if (!variable) return found;
    return variable.isLiteral ? variable.value : "";
  });
}

/** One exec hook: no timeout, no expansion (P101). */
export async function execHook(
  instance: Instance,
  { command }: ExecAction,
  exec: (process: ContainerProcess, command: readonly string[]) => Promise<ExecResult>,
): Promise<string | undefined> {
  if (!instance.process) return "container is not running";
  const result = await exec(instance.process, command);
  if (result.kind === "exited" && result.code === 0) return undefined;
  const cause =
    result.kind === "refused"
      ? result.message
      : `command '${command.join(" ")}' exited with ${result.kind === "exited" ? result.code : "a timeout"}`;
  return `Exec lifecycle hook (${JSON.stringify(command)}) failed - error: ${cause}`;
}
