// A Dockerfile's stages and instructions. Where instructions begin and end, flags and heredocs are dockerfile-ast's work.

import { DockerfileParser, type Instruction, type ModifiableInstruction } from "dockerfile-ast";
import { parseDurationSeconds } from "./durations.ts";
import { LineIndex } from "./text.ts";

export interface Dockerfile {
  readonly text: string;
  readonly lines: LineIndex;
  readonly stages: readonly Stage[];
  /** Every instruction, those before the first FROM included. */
  readonly instructions: readonly DockerInstruction[];
  readonly comments: readonly DockerComment[];
}

export interface Stage {
  readonly file: Dockerfile;
  /** From 0. */
  readonly index: number;
  readonly name?: string;
  /** As written after FROM, variables unresolved: an image, or the name of an earlier stage. */
  readonly base: string;
  /** The earlier stage it builds on. */
  readonly parent?: Stage;
  readonly isFinal: boolean;
  readonly from: DockerInstruction;
  /** Those after FROM. */
  readonly instructions: readonly DockerInstruction[];
  /** What runs shell forms from the stage's end: SHELL, or ["/bin/sh", "-c"]. */
  readonly shell: readonly string[];
}

export interface DockerInstruction {
  /** In the file, from 0. */
  readonly index: number;
  /** Upper case. */
  readonly keyword: string;
  readonly start: number;
  readonly end: number;
  /** Where the keyword ends. */
  readonly keywordEnd: number;
  /** By name, without the dashes. */
  readonly flags: ReadonlyMap<string, DockerFlag>;
  /** The text after keyword and flags, continuations joined and comments left out; its characters' places in the file. */
  readonly argument: JoinedText;
  /** The SHELL in force. */
  readonly shell: readonly string[];
}

/** "--interval=5s": its value, and the value's place. */
export interface DockerFlag {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** A text made of parts of the file. */
export interface JoinedText {
  readonly text: string;
  /** The offset in the file of each character, and of the end. */
  readonly offsets: readonly number[];
}

export interface DockerComment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The command of a CMD, ENTRYPOINT, or HEALTHCHECK CMD. */
export interface DockerCommand {
  /** Not a JSON array. */
  readonly isShellForm: boolean;
  /** What the engine executes: the SHELL's words first in shell form. */
  readonly argv: readonly string[];
  /** The text after CMD. */
  readonly body: JoinedText;
  /** Where the body begins in the instruction's argument. */
  readonly bodyStart: number;
}

const DEFAULT_SHELL = ["/bin/sh", "-c"];

/** Never throws; a text that is no Dockerfile has no stage. */
export function parseDockerfile(text: string): Dockerfile {
  const bomLength = text.startsWith("\uFEFF") ? 1 : 0;
  const ast = DockerfileParser.parse(text.slice(bomLength));
  const starts = [bomLength, ...newlines(text)];
  const offsetOf = ({ line, character }: LinePosition) => starts[line]! + character;
  const comments = ast.getComments().map((comment) => {
    const range = comment.getRange();
    const [start, end] = [offsetOf(range.start), offsetOf(range.end)];
    return { start, end, text: text.slice(start, end) };
  });
  const instructions: DockerInstruction[] = [];
  const stages: Mutable<Stage>[] = [];
  const file = { text, lines: new LineIndex(text), stages, instructions, comments };
  let shell: readonly string[] = DEFAULT_SHELL;
  for (const [index, node] of ast.getInstructions().entries()) {
    const bare = instructionOf(node, text, offsetOf, ast.getEscapeCharacter());
    if (bare.keyword === "FROM") shell = DEFAULT_SHELL;
    if (bare.keyword === "SHELL") shell = parseJsonForm(bare.argument) ?? shell;
    const instruction = { ...bare, index, shell };
    instructions.push(instruction);
    if (bare.keyword === "FROM") stages.push(stageOf(file, instruction, stages));
    else addTo(stages.at(-1), instruction);
  }
  const last = stages.at(-1);
  if (last !== undefined) last.isFinal = true;
  return file;
}

interface LinePosition {
  line: number;
  character: number;
}

function instructionOf(
  node: Instruction,
  text: string,
  offsetOf: (position: LinePosition) => number,
  escapeMark: string,
) {
  const range = node.getRange();
  const [start, end] = [offsetOf(range.start), offsetOf(range.end)];
  const keywordEnd = offsetOf(node.getInstructionRange().end);
  const flags = new Map<string, DockerFlag>();
  let bodyStart = keywordEnd;
  for (const flag of "getFlags" in node ? (node as ModifiableInstruction).getFlags() : []) {
    bodyStart = offsetOf(flag.getRange().end);
    const value = flag.getValue() ?? "";
    flags.set(flag.getName(), { value, start: bodyStart - value.length, end: bodyStart });
  }
  const argument = joinLines(text, Math.min(bodyStart, end), end, escapeMark);
  return { keyword: node.getKeyword(), start, end, keywordEnd, flags, argument };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function newlines(text: string): number[] {
  const starts: number[] = [];
  for (const { index } of text.matchAll(/\r?\n|\r/g)) starts.push(index);
  return starts.map((at) => at + (text.startsWith("\r\n", at) ? 2 : 1));
}

/** The text between two offsets without continuation marks, comment lines and leading space. */
function joinLines(source: string, start: number, end: number, escapeMark: string): JoinedText {
  let text = "";
  const offsets: number[] = [];
  let at = start;
  let isContinued = false;
  while (at < end) {
    const newline = source.indexOf("\n", at);
    const lineEnd = newline === -1 || newline >= end ? end : newline;
    const line = source.slice(at, lineEnd);
    const isComment: boolean = isContinued && /^\s*(?:#|\r?$)/.test(line);
    const trimmed = line.replace(/\s+$/, "");
    const endsWithMark = trimmed.endsWith(escapeMark) && lineEnd < end;
    const kept = isComment ? "" : endsWithMark ? trimmed.slice(0, -1) : line.replace(/\r$/, "");
    for (let index = 0; index < kept.length; index++) offsets.push(at + index);
    text += kept;
    if (!isComment && !endsWithMark && lineEnd < end) {
      offsets.push(lineEnd);
      text += "\n";
    }
    isContinued = isComment || endsWithMark;
    at = lineEnd + 1;
  }
  const indent = text.length - text.trimStart().length;
  return { text: text.slice(indent), offsets: [...offsets.slice(indent), end] };
}

function stageOf(
  file: Dockerfile,
  from: DockerInstruction,
  earlier: readonly Stage[],
): Mutable<Stage> {
  const [base = "", , name] = from.argument.text.trim().split(/\s+/);
  const parent = earlier.findLast((stage) => stage.name?.toLowerCase() === base.toLowerCase());
  return {
    file,
    index: earlier.length,
    name,
    base,
    parent,
    isFinal: false,
    from,
    instructions: [],
    shell: parent?.shell ?? DEFAULT_SHELL,
  };
}

function addTo(stage: Mutable<Stage> | undefined, instruction: DockerInstruction): void {
  if (stage === undefined) return;
  (stage.instructions as DockerInstruction[]).push(instruction);
  if (instruction.keyword === "SHELL") stage.shell = instruction.shell;
}

/** The strings of a JSON form; undefined if it is none, which makes it a shell form (Dockerfile reference, "Shell and exec form"). */
export function parseJsonForm({ text }: JoinedText): string[] | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    const isStrings = Array.isArray(value) && value.every((item) => typeof item === "string");
    return isStrings ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The command of `instruction`; undefined for HEALTHCHECK NONE and other keywords. */
export function dockerCommandOf(instruction: DockerInstruction): DockerCommand | undefined {
  const { keyword, argument, shell } = instruction;
  if (keyword === "CMD" || keyword === "ENTRYPOINT") return commandIn(argument, shell, 0);
  if (keyword !== "HEALTHCHECK") return undefined;
  const cmd = /^CMD\s+/i.exec(argument.text)?.[0];
  if (cmd === undefined) return undefined;
  const { text, offsets } = argument;
  const body = { text: text.slice(cmd.length), offsets: offsets.slice(cmd.length) };
  return commandIn(body, shell, cmd.length);
}

function commandIn(body: JoinedText, shell: readonly string[], bodyStart: number): DockerCommand {
  const strings = parseJsonForm(body);
  const argv = strings ?? [...shell, body.text];
  return { isShellForm: strings === undefined, argv, body, bodyStart };
}

/** Seconds of a HEALTHCHECK's duration flag; undefined if it is absent or unreadable. */
export function durationFlag(instruction: DockerInstruction, name: string): number | undefined {
  const flag = instruction.flags.get(name);
  return flag && parseDurationSeconds(flag.value);
}
