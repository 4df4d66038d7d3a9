// What a reply to PING means for the two questions a probe may ask (R2, R3), and what to do about it. Pure.

import { COMMA } from "../system/ascii";
import { equals, indexOf, sameBytes, startsWith } from "../system/bytes";
import { HAS_TLS } from "../system/flavour";
import { ptr } from "../system/host";
import { Text } from "../system/text";
import { isString } from "./resp";

/** PONG in any of the types that carry a string (R20, R21). */
export function isPong(kind: u8, at: ptr, length: i32): bool {
  return isString(kind) && equals(at, length, "PONG");
}

/**
 * Whether an error reply passes; `code` is its first word. *live*: it proves that an event loop answers, unless
 * `refused` lists it (R4, R7). *ready*: only if `accepted` lists it (R6).
 */
export function errorPasses(
  isLive: bool,
  code: ptr,
  length: i32,
  accepted: Text,
  refused: Text,
): bool {
  return isLive ? !listHas(refused, code, length) : listHas(accepted, code, length);
}

/** True if `list`, codes with commas between them, has exactly this one. */
function listHas(list: Text, code: ptr, length: i32): bool {
  for (let from = 0; from < list.length; ) {
    const rest = list.length - from;
    const comma = indexOf(list.at + from, rest, COMMA);
    const end = comma < 0 ? rest : comma;
    if (end === length && sameBytes(list.at + from, code, length)) return true;
    from += end + 1;
  }
  return false;
}

/** True if `at` is codes as servers write them (upper case, digits, "_"), with single commas between. */
export function isCodeList(at: ptr, length: i32): bool {
  let wordLength = 0;
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (byte === COMMA) {
      if (wordLength === 0) return false;
      wordLength = 0;
    } else if ((byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57) || byte === 95) {
      wordLength++;
    } else {
      return false;
    }
  }
  return wordLength > 0;
}

/**
 * What to do about an error line, "" if nothing is known. Only for the reader: servers word their sentences
 * differently, so that no verdict depends on one (R6).
 */
export function hintFor(line: ptr, length: i32): string {
  if (startsWith(line, length, "NOAUTH")) return "give a password, see knell redis --help";
  if (startsWith(line, length, "NOPERM")) return "grant the user +ping";
  if (startsWith(line, length, "LOADING")) return "the server is loading its data";
  if (startsWith(line, length, "MASTERDOWN")) return "the replica has lost its master";
  if (startsWith(line, length, "BUSY")) return "a script runs; SCRIPT KILL ends it";
  if (startsWith(line, length, "MISCONF")) return "the last save failed; see the server's log";
  if (startsWith(line, length, "DENIED")) return "protected mode; set a password or bind";
  if (startsWith(line, length, "ERR max number of clients"))
    return "all clients are in use; raise maxclients";
  if (startsWith(line, length, "ERR unknown command")) return "PING is renamed or this is no Redis";
  if (startsWith(line, length, "ERR Bad TLS")) return TLS_HINT;
  return "";
}

export const TLS_HINT: string = HAS_TLS
  ? "a TLS port? add --tls"
  : "a TLS port? this build has no TLS";

/** True for the answer to a password that is not needed (R24): Redis 6 and later, and those before. */
export function isNeedlessPassword(line: ptr, length: i32): bool {
  return (
    startsWith(line, length, "ERR AUTH <password> called without any password") ||
    startsWith(line, length, "ERR Client sent AUTH, but no password is set")
  );
}

/** What a first byte that is no RESP may mean, "" if nothing is known (R57). */
export function hintForByte(byte: u8): string {
  if (byte === 72) return "an HTTP server?";
  if (byte === 60) return "a web or XML server?";
  if (byte === 83) return "an SSH server?";
  if (byte === 0x15) return TLS_HINT;
  return "not a Redis server?";
}
