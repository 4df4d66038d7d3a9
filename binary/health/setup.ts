// From options and variables to an endpoint that listens: before the main child is started, so that a mistake is an
// exit status and no container without its probe.

import { buffer } from "../system/buffers";
import { now } from "../system/clock";
import { FATAL, log, say } from "../system/log";
import { Text } from "../system/text";
import { LISTEN_ADDRESS_SIZE, ListenAddress } from "./address";
import { rememberFolder } from "./exec-probe";
import { KIND_COUNT, LIVE, READY, STARTUP } from "./kinds";
import { openListener } from "./listener";
import { metrics } from "./metrics";
import { askedOf, server } from "./server";
import { state } from "./state";

/** The longest address: a unix socket's path with its prefix. */
const ADDRESS_SIZE: i32 = 128;
export const addressText = new Text(buffer(ADDRESS_SIZE), ADDRESS_SIZE);
const address = new ListenAddress(buffer(LISTEN_ADDRESS_SIZE));

/** Makes the probes and opens the listener at the address that is set; false after a message. */
export function openEndpoint(): bool {
  const mode = log.mode;
  let count = 0;
  for (let kind = 0; kind < KIND_COUNT; kind++) {
    const asked = askedOf(kind);
    if (asked.text.length === 0) continue;
    count++;
    log.mode = modeOf(kind);
    if (!asked.configure()) return false;
    log.mode = mode;
  }
  if (count === 0) {
    say(FATAL).text("--listen without a probe; add --live, --ready or --startup").end();
    return false;
  }
  return listenOn();
}

function listenOn(): bool {
  if (!address.parse(addressText.at, addressText.length)) {
    const line = say(FATAL).text("cannot listen on ").quoted(addressText.at, addressText.length);
    line.text(": use ").text(address.error).end();
    return false;
  }
  const listener = openListener(address);
  if (listener < 0) {
    const line = say(FATAL).text("cannot listen on ").quoted(addressText.at, addressText.length);
    line.text(": ").errno(listener).text("; choose another --listen").end();
    return false;
  }
  metrics.hasLive = askedOf(LIVE).isConfigured;
  metrics.hasReady = askedOf(READY).isConfigured;
  metrics.hasStartup = askedOf(STARTUP).isConfigured;
  rememberFolder();
  state.startedAt = now();
  server.open(listener);
  return true;
}

/** As diagnostics about a probe's text begin: "knell init --live: unknown option". */
function modeOf(kind: i32): string {
  if (kind === LIVE) return "init --live";
  return kind === READY ? "init --ready" : "init --startup";
}
