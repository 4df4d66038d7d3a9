// Copies what the command writes to knell's own stdout and stderr, so that no descendant ever holds the runtime's
// pipes (E11). Neither a reader that stalls nor one that is gone holds anybody up: it costs output only (E12).

import { buffer } from "../system/buffers";
import { earlier, MILLISECOND, NEVER, now, timeLeft } from "../system/clock";
import { close, getpid, ppoll, ptr, rt_sigtimedwait, signalfd4 } from "../system/host";
import { POLLIN, SIGCHLD, SIGPIPE, SIGTTIN, SIGTTOU } from "../system/linux";
import { say, WARN } from "../system/log";
import { ALL_SIGNALS } from "../system/signals";
import { terminal } from "../system/terminal";
import { RELAY, settings } from "./options";
import { Stream } from "./stream";

const STDIN: i32 = 0;
const STDOUT: i32 = 1;
const STDERR: i32 = 2;

/** Above the default of --max-output: by default there is always room, and the command never waits for a reader. */
const BUFFER_SIZE: i32 = 65_536;
const MESSAGES_SIZE: i32 = 8192;

export const stdout = new Stream(STDOUT, buffer(BUFFER_SIZE), BUFFER_SIZE);
export const stderr = new Stream(STDERR, buffer(BUFFER_SIZE), BUFFER_SIZE);
/** What knell's own processes have to say, apart from the command's stderr and its limit. */
export const messages = new Stream(STDERR, buffer(MESSAGES_SIZE), MESSAGES_SIZE);

// struct pollfd { fd: i32, events: i16, revents: i16 }: the signalfd, then two of each stream.
const RECORD_SIZE: usize = 8;
const RECORDS: ptr = buffer(56);
const RECORD_COUNT: i32 = 7;
const OF_STDOUT: ptr = RECORDS + RECORD_SIZE;
const OF_STDERR: ptr = RECORDS + 3 * RECORD_SIZE;
const OF_MESSAGES: ptr = RECORDS + 5 * RECORD_SIZE;

/** Between two looks for signals on a kernel or under a filter without signalfd (I66). */
const SLICE: i64 = 10 * MILLISECOND;

const UNOPENED: i32 = -1;
const UNAVAILABLE: i32 = -2;

// { signal: i32, code: i32, pid: i32, uid: i32, value: u64 }
const SIGNAL_INFO: ptr = buffer(24);

class Relay {
  private signals: i32 = UNOPENED;
  /** The command and what it left are gone, or out of time: what is not in the pipes now will not be waited for. */
  private isEnding: bool = false;

  /** Makes the pipes; 0 or a negated errno. */
  open(): i32 {
    const error = messages.open(i64.MAX_VALUE);
    if (error < 0 || settings.output !== RELAY) return error;
    return min(stdout.open(settings.maxOutput), stderr.open(settings.maxOutput));
  }

  /** Keeps of each pipe only the end that is read, and of knell's own descriptors only what is still used: when the
   * command closes its own, the other side sees it. */
  closeInputs(): void {
    stdout.closeInput();
    stderr.closeInput();
    messages.closeInput();
    if (terminal.fd !== STDIN) close(STDIN);
    if (settings.output !== RELAY) close(STDOUT);
  }

  /** In the guard: nothing is copied here. */
  closeOutputs(): void {
    stdout.closeOutput();
    stderr.closeOutput();
    messages.closeOutput();
  }

  /** Takes one signal, waiting until the instant `until` and copying output all the while; 0 if none came. */
  nextSignal(until: i64): i32 {
    if (this.isIdle()) return max(rt_sigtimedwait(ALL_SIGNALS, SIGNAL_INFO, timeLeft(until)), 0);
    if (this.signals === UNOPENED) this.openSignals();
    while (true) {
      const isSignalled = this.pass(until);
      if (isSignalled || this.signals < 0) {
        const signal = rt_sigtimedwait(ALL_SIGNALS, SIGNAL_INFO, 0);
        if (signal > 0) return signal;
      }
      if (until !== NEVER && now() >= until) return 0;
    }
  }

  /** Copies what is left in the pipes, until the instant `until` at the latest, and says what was cut. */
  finish(until: i64): void {
    this.isEnding = true;
    this.signals = UNAVAILABLE;
    while (true) {
      stdout.drain();
      stderr.drain();
      messages.drain();
      if (this.isIdle() || now() >= until) break;
      this.pass(until);
    }
    this.explainCut(stdout, "stdout");
    this.explainCut(stderr, "stderr");
  }

  private isIdle(): bool {
    return stdout.isDone() && stderr.isDone() && messages.isDone();
  }

  private openSignals(): void {
    this.signals = max(signalfd4(ALL_SIGNALS), UNAVAILABLE);
  }

  /** Waits for output, for a reader or for a signal, and copies. True if a signal is there. */
  private pass(until: i64): bool {
    const time = now();
    let wake = earlier(until, stdout.giveUpAt(time, this.isEnding));
    wake = earlier(wake, stderr.giveUpAt(time, this.isEnding));
    wake = earlier(wake, messages.giveUpAt(time, this.isEnding));
    if (this.signals < 0 && !this.isEnding) wake = earlier(wake, time + SLICE);
    store<i32>(RECORDS, this.signals);
    store<i32>(RECORDS, POLLIN, 4);
    stdout.prepare(OF_STDOUT);
    stderr.prepare(OF_STDERR);
    messages.prepare(OF_MESSAGES);
    if (ppoll(RECORDS, RECORD_COUNT, timeLeft(wake)) <= 0) return false;
    stdout.move(OF_STDOUT);
    stderr.move(OF_STDERR);
    messages.move(OF_MESSAGES);
    return load<u16>(RECORDS, 6) !== 0;
  }

  private explainCut(stream: Stream, name: string): void {
    if (stream.dropped === 0 || stream.isReaderGone) return;
    const line = say(WARN).text(name).text(": ").number(stream.dropped);
    if (stream.hasReaderStalled) line.text(" bytes dropped, nobody read them").end();
    else
      line
        .text(" bytes dropped after the first ")
        .number(settings.maxOutput)
        .text("; raise --max-output")
        .end();
  }
}

export const relay = new Relay();

/** True if the signal of the last `nextSignal` is somebody's message to the command. */
export function isToForward(signal: i32): bool {
  const isOfKernel = load<i32>(SIGNAL_INFO, 4) > 0;
  if (signal === SIGCHLD || (isOfKernel && (signal === SIGTTIN || signal === SIGTTOU)))
    return false;
  // From a write of this process to a reader that is gone.
  return signal !== SIGPIPE || load<i32>(SIGNAL_INFO, 8) !== getpid();
}
