// The final stage of a Dockerfile as a container.

import { posix } from "node:path";
import {
  type DockerCommand,
  type Dockerfile,
  type DockerInstruction,
  dockerCommandOf,
  durationFlag,
  type Stage,
} from "../kube/dockerfile.ts";
import { formatDuration } from "../kube/durations.ts";
import { applyChanges, type Rewrite, type SourceText, type TextChange } from "../kube/rewrite.ts";
import { Command, type CommandContext } from "./command.ts";
import { Container, DOCKER_NAMES, Probe, type Setting, type TimingName } from "./container.ts";
import { parseImage } from "./image.ts";
import type { Start } from "./reaper.ts";
import type { Surroundings } from "./surroundings.ts";

/** The container that the Dockerfile at `path` describes; undefined without a stage. */
export function containerOfDockerfile(
  file: Dockerfile,
  path: string,
  surroundings: Surroundings,
): Container | undefined {
  const stage = file.stages.at(-1);
  if (stage === undefined) return undefined;
  const base = chainOf(stage).at(-1)!.base;
  const image = parseImage(base, surroundings.hintFor(base));
  const context: CommandContext = {
    image,
    readFile: (wanted) => readCopied(wanted, stage, posix.dirname(path), surroundings),
  };
  const container = new Container({
    platform: "dockerfile",
    name: `stage ${stage.index + 1}`,
    path: `stage ${stage.index + 1}`,
    image,
    start: startOf(stage, context),
    env: new Map(),
    isShortLived: false,
    stage,
  });
  const healthcheck = lastOf(stage, "HEALTHCHECK");
  const command = healthcheck && dockerCommandOf(healthcheck);
  if (healthcheck !== undefined && command !== undefined) {
    container.probes.push(probeOf(container, healthcheck, command, context));
  }
  return container;
}

/** The stage and those it builds on, itself first. */
export function chainOf(stage: Stage): Stage[] {
  const chain = [stage];
  for (let parent = stage.parent; parent !== undefined; parent = parent.parent) chain.push(parent);
  return chain;
}

function lastOf(stage: Stage, keyword: string): DockerInstruction | undefined {
  for (const { instructions } of chainOf(stage)) {
    const found = instructions.findLast((instruction) => instruction.keyword === keyword);
    if (found !== undefined) return found;
  }
  return undefined;
}

function startOf(stage: Stage, context: CommandContext): Start {
  const { image } = context;
  const [entrypoint, cmd] = ["ENTRYPOINT", "CMD"].map((keyword) => {
    const instruction = lastOf(stage, keyword);
    return instruction && dockerCommandOf(instruction);
  });
  if (entrypoint === undefined) {
    // Without its own ENTRYPOINT the base's runs, of which only the table of images tells.
    return { image, cmd: cmd && new Command(cmd.argv, [], context) };
  }
  const argv = entrypoint.isShellForm
    ? entrypoint.argv
    : [...entrypoint.argv, ...(cmd?.argv ?? [])];
  return { image, entrypoint: new Command(argv, [], context) };
}

/** A file that COPY or ADD brings from the build context. */
function readCopied(
  wanted: string,
  stage: Stage,
  folder: string,
  surroundings: Surroundings,
): string | undefined {
  for (const { instructions } of chainOf(stage)) {
    for (const { keyword, flags, argument } of instructions.toReversed()) {
      if ((keyword !== "COPY" && keyword !== "ADD") || flags.has("from")) continue;
      const words = argument.text.trim().split(/\s+/);
      const target = words.pop() ?? "";
      for (const source of words) {
        const isFolder = target.endsWith("/") || words.length > 1;
        const path = isFolder ? posix.join(target, posix.basename(source)) : target;
        // As BuildKit does: `..` does not lead out of the context.
        const inContext = posix.join("/", source);
        if (path === wanted) return surroundings.readFile(posix.join(folder, `.${inContext}`));
      }
    }
  }
  return undefined;
}

function probeOf(
  container: Container,
  instruction: DockerInstruction,
  command: DockerCommand,
  context: CommandContext,
): Probe {
  const { start, end } = instruction;
  return new Probe({
    container,
    role: "healthcheck",
    handler: "exec",
    command: new Command(command.argv, sourcesOf(instruction, command), context),
    timing: {
      initialDelaySeconds: setting(undefined, 0),
      periodSeconds: setting(durationFlag(instruction, "interval"), 30),
      timeoutSeconds: setting(durationFlag(instruction, "timeout"), 30),
      successThreshold: setting(undefined, 1),
      failureThreshold: setting(retriesOf(instruction), 3),
      startPeriodSeconds: setting(durationFlag(instruction, "start-period"), 0),
    },
    instruction,
    range: [start, end],
    setTiming: (name, value) => setFlag(instruction, name, value),
    setCommand: (argv) => setJsonForm(instruction, command, argv),
  });
}

function setting(value: number | undefined, fallback: number): Setting {
  return { value: value || fallback, isExplicit: (value ?? 0) !== 0, isUnreadable: false };
}

function retriesOf({ flags }: DockerInstruction): number | undefined {
  const count = Number(flags.get("retries")?.value);
  return Number.isInteger(count) ? count : undefined;
}

function setFlag(instruction: DockerInstruction, name: TimingName, value: number): Rewrite {
  const flag = DOCKER_NAMES[name].replace("_", "-");
  const text = name === "failureThreshold" ? String(value) : formatDuration(value);
  const present = instruction.flags.get(flag);
  const { keywordEnd } = instruction;
  const edit = present
    ? { start: present.start, end: present.end, text }
    : { start: keywordEnd, end: keywordEnd, text: ` --${flag}=${text}` };
  return {
    edits: [edit],
    intents: [{ document: instruction.index, path: ["flags", flag], value: text }],
  };
}

/** Writes a command as a JSON array in place of the present one. */
export function setJsonForm(
  instruction: DockerInstruction,
  { body, bodyStart }: DockerCommand,
  argv: readonly string[],
): Rewrite {
  const text = `[${argv.map((word) => JSON.stringify(word)).join(", ")}]`;
  const value = instruction.argument.text.slice(0, bodyStart) + text;
  return {
    edits: [{ start: body.offsets[0]!, end: body.offsets.at(-1)!, text }],
    intents: [{ document: instruction.index, path: ["argument"], value }],
  };
}

/** Where each word of a command is written. */
export function sourcesOf(
  instruction: DockerInstruction,
  command: DockerCommand,
): (SourceText | undefined)[] {
  const { body, bodyStart, argv, isShellForm } = command;
  if (isShellForm) {
    const source = new DockerText(instruction, body.text, bodyStart, bodyStart + body.text.length);
    return [...argv.slice(0, -1).map(() => undefined), source];
  }
  const tokens = [...body.text.matchAll(/"(?:[^"\\]|\\.)*"/g)];
  return tokens.map(({ 0: token, index }, position) => {
    const start = bodyStart + index;
    return new DockerText(instruction, argv[position]!, start, start + token.length);
  });
}

/** A part of an instruction's argument: a shell form, or a JSON string with its quotes. */
class DockerText implements SourceText {
  readonly text: string;
  readonly #instruction: DockerInstruction;
  readonly #start: number;
  readonly #end: number;

  constructor(instruction: DockerInstruction, text: string, start: number, end: number) {
    this.#instruction = instruction;
    this.text = text;
    this.#start = start;
    this.#end = end;
  }

  get range(): readonly [number, number] {
    return this.#offsets(this.#start, this.#end);
  }

  rangeOf(start: number, end: number): readonly [number, number] {
    const at = this.#textStart;
    return at === undefined ? this.range : this.#offsets(at + start, at + end);
  }

  splice(changes: readonly TextChange[]): Rewrite {
    const { index, argument } = this.#instruction;
    const at = this.#textStart;
    const inArgument =
      at === undefined
        ? [
            {
              start: this.#start,
              end: this.#end,
              text: JSON.stringify(applyChanges(this.text, changes)),
            },
          ]
        : changes.map(({ start, end, text }) => ({
            start: at + start,
            end: at + end,
            text: this.#isQuoted ? JSON.stringify(text).slice(1, -1) : text,
          }));
    const edits = inArgument.map(({ start, end, text }) => {
      const [first, last] =
        start === end
          ? [argument.offsets[start]!, argument.offsets[start]!]
          : this.#offsets(start, end);
      return { start: first, end: last, text };
    });
    const value = applyChanges(argument.text, inArgument);
    return { edits, intents: [{ document: index, path: ["argument"], value }] };
  }

  get #isQuoted(): boolean {
    return this.#end - this.#start !== this.text.length;
  }

  /** Where `text` begins, if each of its characters stands for itself. */
  get #textStart(): number | undefined {
    if (!this.#isQuoted) return this.#start;
    return this.#end - this.#start === this.text.length + 2 ? this.#start + 1 : undefined;
  }

  #offsets(start: number, end: number): [number, number] {
    const { offsets } = this.#instruction.argument;
    return [offsets[start]!, end > start ? offsets[end - 1]! + 1 : offsets[start]!];
  }
}
