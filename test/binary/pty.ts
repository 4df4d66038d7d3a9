// A terminal with a program on it, and a person at the keyboard.

import { type ChildProcess, spawn } from "node:child_process";
import { until } from "./harness.ts";
import { program } from "./programs.ts";

export const CTRL_C = "\x03";
export const CTRL_D = "\x04";
export const CTRL_Z = "\x1a";

const PROMPT = "ready> ";

export class Terminal {
  readonly process: ChildProcess;
  /** Everything shown so far. */
  shown = "";
  /** The code of the program on the terminal, 128 + n for a signal. */
  readonly finished: Promise<number | null>;
  private seen = 0;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.process = spawn(program("pty"), command, { env, stdio: ["pipe", "pipe", "inherit"] });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.shown += text;
    });
    this.process.stdin?.on("error", () => {});
    this.finished = new Promise((resolve) => this.process.on("close", resolve));
  }

  /** Nothing typed is shown: the terminal has no echo. */
  type(text: string): void {
    this.process.stdin?.write(text);
  }

  enter(line: string): void {
    this.type(`${line}\n`);
  }

  /** Waits for `pattern` in what was shown since the last match. */
  async expect(pattern: RegExp | string, deadlineMs = 5_000): Promise<string> {
    const find = () => {
      const rest = this.shown.slice(this.seen);
      const match =
        typeof pattern === "string" ? literal(rest, pattern) : (pattern.exec(rest) ?? undefined);
      if (match) this.seen += match.index + match[0].length;
      return match?.[0];
    };
    return until(`"${pattern}" on the terminal`, find, deadlineMs).catch((error: Error) => {
      throw new Error(`${error.message}; shown: ${JSON.stringify(this.shown)}`);
    });
  }

  /** Waits for the shell's next prompt. */
  prompt(): Promise<string> {
    return this.expect(PROMPT);
  }

  /** Changes the size of the terminal, which makes the kernel send WINCH to its foreground group. */
  resize(): void {
    this.process.kill("SIGUSR1");
  }

  /** Hangs up: the kernel sends HUP to the session. */
  async close(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.finished;
  }
}

function literal(text: string, wanted: string): { 0: string; index: number } | undefined {
  const index = text.indexOf(wanted);
  return index < 0 ? undefined : { 0: wanted, index };
}

/** An interactive bash with job control, at its first prompt. */
export async function openShell(env: NodeJS.ProcessEnv = {}): Promise<Terminal> {
  const shell = ["bash", "--norc", "--noprofile", "--noediting", "-i"];
  const terminal = new Terminal(shell, { ...process.env, PS1: PROMPT, HISTFILE: "", ...env });
  await terminal.prompt();
  return terminal;
}
