// Any command as a probe of PID 1: a child of knell's becomes `knell exec` with its deadline, tree kill and limit on
// output, and its exit status is the verdict. init reaps the child and tells.

import { execUnderInit } from "../exec/exec";
import { readSettings, settings } from "../exec/options";
import { TARGET_SIZE, Target } from "../net/target";
import { Pollable } from "../probe/pollable";
import { LINE_SIZE, VerdictLine } from "../probe/verdict-line";
import { LF } from "../system/ascii";
import { buffer } from "../system/buffers";
import { indexOf } from "../system/bytes";
import { MILLISECOND, now } from "../system/clock";
import { aboveStandard, closeFrom } from "../system/descriptors";
import { EXEC_FAILED, FAIL, TIMED_OUT } from "../system/exit-status";
import { HAS_TLS } from "../system/flavour";
import {
  argv_read,
  chdir,
  close,
  dup2,
  exit,
  fcntl,
  fork,
  getcwd,
  getpid,
  kill,
  open,
  pid,
  pipe2,
  ptr,
  read,
  setpgid,
} from "../system/host";
import {
  F_SETFL,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
  PATH_MAX,
  POLLIN,
  SIGCONT,
  SIGTERM,
} from "../system/linux";
import { FATAL, log, say, WARN } from "../system/log";
import { setParentDeathSignal } from "../system/parent-death";
import { NOTHING, peekOnly } from "../system/reap";
import { terminal } from "../system/terminal";
import { copyPath, Writer } from "../system/writer";

/** The child keeps the deadline; so much later it is given up. */
const MARGIN: i64 = 200 * MILLISECOND;
/** Bytes of the output that are looked at for its first line, and how many of that are shown. */
const OUTPUT_SIZE: i32 = 1024;
const SHOWN: i32 = 200;
/** A command without end of output must not keep knell from its work. */
const READS_AT_ONCE: i32 = 4;
/** As for every probe: just under the second that the kubelet waits. */
const DEFAULT_TIMEOUT: i64 = 900 * MILLISECOND;
const NAME_SIZE: i32 = 64;
const NAME: ptr = buffer(NAME_SIZE);

const STDIN: i32 = 0;
const STDOUT: i32 = 1;
const STDERR: i32 = 2;

const ENDS: ptr = buffer(8);
const PATH: ptr = buffer(16);
const FOLDER: ptr = buffer(PATH_MAX);
const DISCARDED: ptr = buffer(OUTPUT_SIZE);

// verdict line | its target | output
const TARGET: i32 = LINE_SIZE;
const OUTPUT: i32 = TARGET + TARGET_SIZE;
export const EXEC_PROBE_SIZE: i32 = OUTPUT + OUTPUT_SIZE;

/** Remembers the current folder, which commands start in as a runtime's exec would; knell itself leaves it. */
export function rememberFolder(): void {
  if (getcwd(FOLDER, PATH_MAX) < 0) copyPath(FOLDER, "/");
}

/** A probe that only shows its help would have no verdict; gives false. */
export function refuseHelp(): bool {
  say(FATAL).text("help is no probe; see knell redis --help and knell exec --help").end();
  return false;
}

export class ExecProbe extends Pollable {
  /** The child while it runs, else 0. */
  child: pid = 0;
  /** The command is a probe of knell's: its line is the verdict's. */
  isKnell: bool = false;
  private readonly output: Writer;
  private giveUpAt: i64 = 0;

  /** The index of the options of `knell exec`, checked before, and the time that they give. */
  private words: i32 = 0;
  private timeout: i64 = 0;
  private readonly command: Target;

  /** `bytes` has room for EXEC_PROBE_SIZE bytes. */
  constructor(bytes: ptr) {
    const command = new Target(bytes + TARGET);
    super(new ExecVerdict(command, bytes, -1));
    this.command = command;
    this.output = new Writer(-1, bytes + OUTPUT, OUTPUT_SIZE, false);
  }

  /**
   * Reads the options of `knell exec` and the command from word `words` on. Gives the nanoseconds it may take, -1
   * after a message about a mistake.
   */
  configure(words: i32): i64 {
    if (!readSettings(words)) return -1;
    if (settings.wantsHelp) {
      refuseHelp();
      return -1;
    }
    this.words = words;
    this.timeout = settings.timeout > 0 ? settings.timeout : DEFAULT_TIMEOUT;
    const length = argv_read(settings.command, 0, NAME, NAME_SIZE);
    this.command.host.cut(NAME, length);
    return this.timeout;
  }

  start(deadline: i64): void {
    this.verdict.start();
    this.output.length = 0;
    this.giveUpAt = deadline + MARGIN;
    this.wakeAt = this.giveUpAt;
    const error = pipe2(ENDS, O_CLOEXEC);
    if (error < 0) {
      this.fail("cannot make a pipe: ", error);
      return;
    }
    this.fd = load<i32>(ENDS);
    // Only this end: with --output=inherit the command has the other one, and waits for room as with any pipe.
    fcntl(this.fd, F_SETFL, O_NONBLOCK);
    this.events = POLLIN;
    const knell = getpid();
    this.child = fork();
    if (this.child === 0) exit(this.becomeExec(knell, load<i32>(ENDS, 4)));
    close(load<i32>(ENDS, 4));
    if (this.child > 0) return;
    this.fail("cannot fork: ", this.child);
    this.child = 0;
  }

  advance(revents: i32): void {
    if (revents !== 0 && this.fd >= 0) this.readOutput();
    if (this.verdict.isDone || now() < this.giveUpAt) return;
    // On a machine that is too busy it is only late, and was it stopped, it goes on now: either way it ends its
    // command, which a KILL would leave to run for ever. It is reaped like any orphan.
    kill(this.child, SIGTERM);
    kill(this.child, SIGCONT);
    this.child = 0;
    this.verdict.fail("exec").text("it does not end");
    this.finish("");
  }

  /** The end of the child counts, not that of its output. */
  mayBeOver(): bool {
    return peekOnly(this.child) !== NOTHING;
  }

  /** The child has ended with `status` as the shell counts it. */
  ended(status: i32): void {
    this.child = 0;
    if (this.fd >= 0) this.readOutput();
    const end = indexOf(this.output.buffer, this.output.length, LF);
    if (HAS_TLS && this.isKnell && end > 0 && status <= FAIL) {
      this.verdict.takeLine(this.output.buffer, end, status === 0);
      this.closeOutput();
      return;
    }
    if (status === 0) this.verdict.pass("exec").text("exit status 0");
    else if (status === TIMED_OUT) this.verdict.fail("exec").text("not done in time");
    else this.verdict.fail("exec").text("exit status ").number(status);
    const line = this.verdict.line;
    const length = end < 0 ? this.output.length : end;
    if (length > 0) line.text(": ").quoted(this.output.buffer, min(length, SHOWN));
    this.finish("");
  }

  writePhases(to: Writer): void {
    to.text("command ").milliseconds(this.verdict.duration).line(" ms");
  }

  private fail(what: string, error: i32): void {
    this.verdict.fail("exec").text(what).errno(error);
    this.finish("");
  }

  private finish(hint: string): void {
    this.verdict.finish(hint);
    this.closeOutput();
  }

  private closeOutput(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
  }

  /** Keeps the beginning and drops the rest, so that the command never waits for room. */
  private readOutput(): void {
    const output = this.output;
    for (let count = 0; count < READS_AT_ONCE; count++) {
      const room = output.capacity - output.length;
      const at = room > 0 ? output.buffer + output.length : DISCARDED;
      const result = read(this.fd, at, room > 0 ? room : OUTPUT_SIZE);
      if (result > 0) {
        if (room > 0) output.length += result;
        continue;
      }
      if (result === 0) {
        close(this.fd);
        this.fd = -1;
      }
      return;
    }
  }

  /** In the child: gives the exit status of `knell exec`. */
  private becomeExec(knell: pid, output: i32): i32 {
    setpgid(0, 0);
    terminal.forget();
    log.mode = "exec";
    log.verbosity = WARN;
    dup2(output, STDOUT);
    dup2(output, STDERR);
    copyPath(PATH, "/dev/null");
    // Not straight into the place of 0: what open(2) gives is close-on-exec, and the command would have no stdin.
    const input = aboveStandard(open(PATH, O_RDWR));
    if (input < 0 || dup2(input, STDIN) < 0) close(STDIN);
    closeFrom(STDERR + 1, -1);
    if (chdir(FOLDER) < 0) return EXEC_FAILED;
    if (setParentDeathSignal(SIGTERM, knell) < 0) return EXEC_FAILED;
    return execUnderInit(this.words, this.timeout);
  }
}

class ExecVerdict extends VerdictLine {
  protected writeTarget(): void {
    this.line.quoted(this.target.host.at, this.target.host.length);
  }
}
