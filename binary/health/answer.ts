// What a client is told about one kind of probe: a line of text, phases with ?verbose, or JSON. Pure.

import { DOUBLE_QUOTE } from "../system/ascii";
import { buffer } from "../system/buffers";
import { Writer } from "../system/writer";
import { Asked } from "./asked";
import { kindName, READY } from "./kinds";
import { JSON_TYPE, TEXT_TYPE, writeHead } from "./response";
import { state } from "./state";
import { NO_SUCH_PATH, OK, UNAVAILABLE } from "./status";

/** A verdict line, escaped for JSON, with its phases. */
const BODY_SIZE: i32 = 2560;
const body = new Writer(-1, buffer(BODY_SIZE), BODY_SIZE, false);

/** Why a kind fails whatever its probe says (N4, N5); empty if nothing does. */
export function refusal(kind: i32): string {
  if (state.isMainGone) return "the main process has ended";
  return state.isStopping && kind === READY
    ? "a stop signal was forwarded, the container is ending"
    : "";
}

/** True if the endpoint knows the answer without running the probe. */
export function isDecided(asked: Asked): bool {
  return !asked.isConfigured || refusal(asked.kind).length > 0;
}

/** Writes the whole answer about `asked`, whose probe has run unless it `isDecided`; gives its status. */
export function writeAnswer(
  to: Writer,
  asked: Asked,
  isHead: bool,
  isVerbose: bool,
  wantsJson: bool,
): i32 {
  const isKnown = asked.isConfigured;
  const why = refusal(asked.kind);
  const passed = isKnown && why.length === 0 && asked.probe.verdict.passed;
  const status = !isKnown ? NO_SUCH_PATH : passed ? OK : UNAVAILABLE;
  body.length = 0;
  if (wantsJson) writeJson(asked, passed, why);
  else writeText(asked, why, isVerbose);
  writeHead(to, status, wantsJson ? JSON_TYPE : TEXT_TYPE, body.length);
  if (!isHead) to.bytes(body.buffer, body.length);
  return status;
}

function writeText(asked: Asked, why: string, isVerbose: bool): void {
  if (!asked.isConfigured) {
    body
      .text("no probe for this path; start knell init with --")
      .text(kindName(asked.kind))
      .line(" PROBE");
    return;
  }
  if (why.length > 0) {
    body.text("fail: ").line(why);
    return;
  }
  const line = asked.probe.verdict.line;
  if (isVerbose) asked.probe.writePhases(body);
  body.bytes(line.buffer, line.length).line("");
}

function writeJson(asked: Asked, passed: bool, why: string): void {
  body.text('{"probe":"').text(kindName(asked.kind));
  body
    .text('","verdict":"')
    .text(passed ? "pass" : "fail")
    .text('"');
  if (!asked.isConfigured || why.length > 0) {
    body
      .text(',"detail":"')
      .text(why.length > 0 ? why : "not configured")
      .line('"}');
    return;
  }
  const verdict = asked.probe.verdict;
  body.text(',"milliseconds":').milliseconds(verdict.duration).text(',"detail":"');
  writeEscaped(verdict.line);
  body.line('"}');
}

/** A verdict line is printable ASCII: only quotes and backslashes need care. */
function writeEscaped(line: Writer): void {
  for (let i = 0; i < line.length; i++) {
    const byte = load<u8>(line.buffer + i);
    if (byte === DOUBLE_QUOTE || byte === 92) body.byte(92);
    body.byte(byte);
  }
}
