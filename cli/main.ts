// Arguments to command to exit code (D8: 0 clean, 1 findings, 2 could not do the job).

import { columns, commandHelp } from "./command-line/help.ts";
import { Failure, UsageError } from "./command-line/options.ts";
import { BINARY_MODES, COMMANDS, type Command } from "./commands/commands.ts";
import type { Environment } from "./environment.ts";
import { suggestion } from "./nearest.ts";
import { VERSION } from "./version.ts";

const CANNOT = 2;

/** Runs one command line, without the program's name. Gives the exit status and throws nothing but bugs. */
export async function main(args: readonly string[], environment: Environment): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    environment.writeErr(programHelp());
    return CANNOT;
  }
  if (["--help", "-h", "help"].includes(name)) return printHelp(rest[0], environment);
  if (["--version", "-V", "version"].includes(name)) {
    environment.writeOut(`knell ${VERSION}\n`);
    return 0;
  }
  if (Object.hasOwn(BINARY_MODES, name)) {
    const { runBinary } = await import("./commands/binary.ts");
    // `knell pause --help` would pause.
    const words = rest.length === 1 && isHelpOption(rest[0]!) ? ["help", name] : args;
    return reported(`knell ${name}`, environment, () => runBinary(words));
  }
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) return unknownCommand(name, environment);
  if (rest.some((word, index) => isHelpOption(word) && !rest.slice(0, index).includes("--"))) {
    environment.writeOut(commandHelp(command.help));
    return 0;
  }
  return reported(`knell ${name}`, environment, async () =>
    (await command.load())(rest, environment),
  );
}

function isHelpOption(word: string): boolean {
  return word === "--help" || word === "-h";
}

/** What `run` gives, or 2 with one line for a Failure. */
async function reported(
  prefix: string,
  environment: Environment,
  run: () => number | Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const hint = error instanceof UsageError ? `; see ${prefix} --help` : "";
    environment.writeErr(`${prefix}: ${error.message}${hint}\n`);
    return CANNOT;
  }
}

async function printHelp(name: string | undefined, environment: Environment): Promise<number> {
  if (name === undefined) {
    environment.writeOut(programHelp());
    return 0;
  }
  if (Object.hasOwn(BINARY_MODES, name)) return main([name, "--help"], environment);
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) return unknownCommand(name, environment);
  environment.writeOut(commandHelp(command.help));
  return 0;
}

function unknownCommand(name: string, environment: Environment): number {
  const what = name.startsWith("-") ? "option" : "command";
  const names = [...COMMANDS.map((command) => command.name), ...Object.keys(BINARY_MODES)];
  const known = name.startsWith("-") ? ["--help", "--version"] : names;
  environment.writeErr(
    `knell: unknown ${what} "${name}"${suggestion(name, known)}; see knell --help\n`,
  );
  return CANNOT;
}

function programHelp(): string {
  const commandRows = COMMANDS.map(({ name, summary }: Command) => [name, summary] as const);
  return [
    "usage: knell COMMAND [OPTION…]",
    "Finds and repairs container probes that leave zombies or lie.",
    "example: knell lint deploy/",
    `Commands:\n${columns(commandRows)}`,
    `In containers, handed on to the Linux program:\n${columns(Object.entries(BINARY_MODES))}`,
    "knell COMMAND --help has the options.",
  ]
    .join("\n\n")
    .concat("\n");
}
