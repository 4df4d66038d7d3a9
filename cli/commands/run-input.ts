// What run and compare are given: files to pods, words to settings. Throws a Failure or a UsageError for what is wrong.

import { Failure, UsageError } from "../command-line/options.ts";
import type { Environment } from "../environment.ts";
import { readText, STDIN_NAME, systemMessage, UnreadableError } from "../input/read.ts";
import { parseDurationSeconds } from "../kube/durations.ts";
import { decodeText } from "../kube/text.ts";
import { type Fault, parseFault } from "../run/faults.ts";
import { DEFAULT_KUBE_VERSION, type KubeVersion, parseKubeVersion } from "../run/kube-version.ts";
import type { PodDefinition } from "../run/pod-definition.ts";
import { type PodInput, readPods } from "../run/reader/pod-reader.ts";

/** When a run ends by itself. */
export type Until =
  | { readonly kind: "ready" }
  | { readonly kind: "restarted" }
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "container"; readonly name: string }
  | { readonly kind: "interrupt" };

export function readVersion(text = DEFAULT_KUBE_VERSION): KubeVersion {
  const version = parseKubeVersion(text);
  if (version) return version;
  throw new UsageError(`--kube-version: "${text}" is not a release from 1.20 to 1.37`);
}

const LONGEST_MS = 2 ** 31 - 1;

export function readUntil(text: string | undefined, container: string | undefined): Until {
  if (container !== undefined) {
    if (text === undefined) return { kind: "container", name: container };
    throw new UsageError("--exit-code-from: ends with its container; leave --until out");
  }
  if (text === undefined) return { kind: "interrupt" };
  if (text === "ready" || text === "restarted") return { kind: text };
  const ms = (parseDurationSeconds(text) ?? 0) * 1000;
  if (ms >= 1 && ms <= LONGEST_MS) return { kind: "duration", ms };
  throw new UsageError(`--until: "${text}" is none of ready, restarted or a duration such as 20s`);
}

export function readFault(text: string): Fault {
  const fault = parseFault(text);
  if (typeof fault !== "string") return fault;
  throw new UsageError(`--fault "${text}": ${fault}`);
}

/** The pods in the files; `-` is stdin. Throws a Failure with every fault on a line. */
export function readInput(names: readonly string[], environment: Environment): PodInput {
  if (names.length === 0) throw new UsageError("no file; give a manifest, or - for stdin");
  const files = names.map((name) => {
    try {
      if (name !== "-") return { name, text: readText(name) };
      return { name: STDIN_NAME, text: decodeText(environment.readStdin()).text };
    } catch (error) {
      const isKnown = error instanceof UnreadableError;
      throw new Failure(`${name}: ${isKnown ? error.message : systemMessage(error)}`);
    }
  });
  const input = readPods(files);
  const { faults } = input;
  if (faults.length === 0) return input;
  const lines = faults.map(
    ({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`,
  );
  throw new Failure(lines.join("\nknell run: "));
}

export function choosePod({ pods }: PodInput, name: string | undefined): PodDefinition {
  const [first, ...others] = pods;
  const names = pods.map((pod) => `"${pod.name}"`).join(", ");
  if (first === undefined) throw new Failure("no Pod and nothing with a pod template in the input");
  if (name === undefined) {
    if (others.length === 0) return withCommands(first);
    throw new UsageError(`the input has ${pods.length} pods; choose one with --pod: ${names}`);
  }
  const chosen = pods.find((pod) => pod.name === name);
  if (chosen) return withCommands(chosen);
  throw new UsageError(`--pod: "${name}" is none of ${names}`);
}

export function checkContainers(
  { initContainers, containers }: PodDefinition,
  names: readonly (string | undefined)[],
): void {
  const known = [...initContainers, ...containers].map((container) => container.name);
  for (const name of names) {
    if (name === undefined || known.includes(name)) continue;
    throw new UsageError(`no container "${name}"; the pod has ${known.join(", ")}`);
  }
}

/** No image is used, so none can say what to run. */
function withCommands(pod: PodDefinition): PodDefinition {
  for (const { name, command } of [...pod.initContainers, ...pod.containers]) {
    if (command.length > 0) continue;
    throw new Failure(
      `container "${name}": no command; programs of this machine are run, not the image, so give it one`,
    );
  }
  return pod;
}
