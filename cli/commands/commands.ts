// Every command of the program: what it is called, what it takes, where it is. Its code is loaded when it is called.

import type { CommandHelp } from "../command-line/help.ts";
import type { OptionTable } from "../command-line/options.ts";
import type { Environment } from "../environment.ts";
import { COMPARE_HELP } from "./compare-options.ts";
import { FIX_HELP } from "./fix-options.ts";
import { LINT_HELP } from "./lint-options.ts";
import { RUN_HELP } from "./run-options.ts";

/** Reads the words after the command's name. Gives the exit status; throws a UsageError for what cannot be followed. */
export type RunCommand = (
  args: readonly string[],
  environment: Environment,
) => number | Promise<number>;

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly options: OptionTable;
  readonly help: CommandHelp;
  /** "file", or the only words it takes. */
  readonly argument: "file" | readonly string[];
  load(): Promise<RunCommand>;
}

export const SHELLS = ["bash", "zsh", "fish"] as const;

const COMPLETIONS_HELP: CommandHelp = {
  usage: "knell completions SHELL",
  description: "Prints a script that completes knell's commands and options in bash, zsh or fish.",
  example: 'eval "$(knell completions bash)"',
  options: { help: { group: "Options", short: "h", summary: "this text" } },
};

export const COMMANDS: readonly Command[] = [
  {
    name: "lint",
    summary: "find probes that leave zombies or lie, in manifests, Compose files and Dockerfiles",
    options: LINT_HELP.options,
    help: LINT_HELP,
    argument: "file",
    load: async () => (await import("./lint.ts")).lintCommand,
  },
  {
    name: "fix",
    summary: "repair them in the files, and touch nothing else",
    options: FIX_HELP.options,
    help: FIX_HELP,
    argument: "file",
    load: async () => (await import("./fix.ts")).fixCommand,
  },
  {
    name: "run",
    summary: "run a pod on this machine, probed as the kubelet does",
    options: RUN_HELP.options,
    help: RUN_HELP,
    argument: "file",
    load: async () => (await import("./run.ts")).runCommand,
  },
  {
    name: "compare",
    summary: "run the same pod once per probe, side by side, and say what each probe saw",
    options: COMPARE_HELP.options,
    help: COMPARE_HELP,
    argument: "file",
    load: async () => (await import("./compare.ts")).compareCommand,
  },
  {
    name: "completions",
    summary: "completion script for bash, zsh or fish",
    options: COMPLETIONS_HELP.options,
    help: COMPLETIONS_HELP,
    argument: SHELLS,
    load: async () => (await import("./completions.ts")).completionsCommand,
  },
];

/** The modes of the program inside containers, which this command hands on to. */
export const BINARY_MODES: Readonly<Record<string, string>> = {
  redis: "ask a Redis, as a probe",
  exec: "run a command under a deadline",
  http: "one HTTP request, as a probe",
  tcp: "one connection, as a probe",
  healthcheck: "ask the endpoint of knell init",
  ps: "the process tree, with its zombies",
  init: "PID 1",
  pause: "PID 1 of a pod",
};
