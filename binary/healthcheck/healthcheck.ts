// `knell healthcheck`: asks the endpoint of `knell init --listen` from inside the container, for Docker and Compose.

import { LISTEN_ADDRESS_SIZE, ListenAddress } from "../health/address";
import { setPath } from "../http/location";
import { HTTP_TEXTS_SIZE, HttpOptions } from "../http/options";
import { HTTP_PROBE_SIZE, HttpProbe } from "../http/probe";
import { HTTP_PORT, isVisible } from "../http/url";
import { takeDuration } from "../probe/option-values";
import { runAttempts } from "../probe/run";
import { findVariable, readArgument, readValue, WORD_SIZE } from "../system/arguments";
import { SLASH } from "../system/ascii";
import { buffer } from "../system/buffers";
import { copyText } from "../system/bytes";
import { USAGE } from "../system/exit-status";
import { printHelp } from "../system/help";
import { ptr } from "../system/host";
import { FATAL, say } from "../system/log";
import { options } from "../system/options";

const STDOUT: i32 = 1;
const HELP: string = "knell healthcheck --help";
const VARIABLE: string = "KNELL_LISTEN";
const DEFAULT_ADDRESS: string = ":8086";
const DEFAULT_PATH: string = "/livez";

const WORD: ptr = buffer(WORD_SIZE);

const address = new ListenAddress(buffer(LISTEN_ADDRESS_SIZE));
const request = new HttpOptions(buffer(HTTP_TEXTS_SIZE));
const probe = new HttpProbe(request, buffer(HTTP_PROBE_SIZE), STDOUT);

let asksForHelp: bool = false;

/** Runs `knell healthcheck` with the options from argument `first` on; gives the exit status. */
export function healthcheck(first: i32): i32 {
  const status = parse(first);
  if (status >= 0) return status;
  if (asksForHelp) return printHelp("healthcheck");
  address.setTarget(request.target);
  if (request.target.isSocket) request.target.port = HTTP_PORT;
  request.setMethod("GET");
  request.host.length = copyText(request.host.at, "localhost");
  request.accepted.length = copyText(request.accepted.at, "200");
  request.follows = false;
  request.showsBody = true;
  probe.connectHint = "is PID 1 `knell init --listen`?";
  return runAttempts(probe, request.timeout, 0);
}

/** -1, or the exit status after a message. */
function parse(first: i32): i32 {
  let hasPath = false;
  options.start(first, HELP);
  while (true) {
    while (options.next()) takeOption();
    if (options.failed) return USAGE;
    const length = readArgument(options.index, WORD);
    if (length < 0) break;
    if (hasPath || !takePath(length)) return refuse("path", length, "one that begins with /");
    hasPath = true;
    options.start(options.index + 1, HELP);
  }
  if (!hasPath) request.path.length = copyText(request.path.at, DEFAULT_PATH);
  return asksForHelp || address.family !== 0 ? -1 : takeVariable();
}

function takeOption(): void {
  if (options.is("", "--listen")) {
    if (options.value() && !address.parse(options.valueAt, options.valueLength))
      options.refuse(address.error);
  } else if (options.is("t", "--timeout")) request.timeout = takeDuration();
  else if (options.isFlag("h", "--help")) asksForHelp = true;
  else options.unknown();
}

/** Takes the path at WORD. */
function takePath(length: i32): bool {
  if (length < 1 || load<u8>(WORD) !== SLASH || !isVisible(WORD, length)) return false;
  return setPath(request.path, WORD, length);
}

/** An empty variable counts as none. */
function takeVariable(): i32 {
  const index = findVariable(VARIABLE);
  let length = index < 0 ? 0 : readValue(index, VARIABLE.length, WORD, WORD_SIZE);
  if (length === 0) length = copyText(WORD, DEFAULT_ADDRESS);
  return address.parse(WORD, length) ? -1 : refuse(VARIABLE, length, address.error);
}

function refuse(what: string, length: i32, allowed: string): i32 {
  say(FATAL)
    .text("bad ")
    .text(what)
    .text(" ")
    .quoted(WORD, min(length, WORD_SIZE - 1))
    .text("; use ")
    .text(allowed)
    .end();
  return USAGE;
}
