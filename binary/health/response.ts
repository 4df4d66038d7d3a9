// Answers of the health endpoint: the head of any, and whole ones that say what was wrong (RFC 9110, RFC 9112). Pure.

import { COLON, LF, SPACE } from "../system/ascii";
import { Writer } from "../system/writer";
import {
  BAD_REQUEST,
  CONTENT_TOO_LARGE,
  HEAD_TOO_LARGE,
  METHOD_NOT_ALLOWED,
  NO_SUCH_PATH,
  REQUEST_TIMEOUT,
  reasonPhrase,
  UNAVAILABLE,
  VERSION_NOT_SUPPORTED,
} from "./status";

export const TEXT_TYPE: string = "text/plain; charset=utf-8";
export const JSON_TYPE: string = "application/json";

/** Room for any head, its content type up to 64 bytes long. */
export const HEAD_ROOM: i32 = 256;
/** Room for any answer that `writeError` makes. */
export const ERROR_ROOM: i32 = 512;

/** "404: " */
const PREFIX_LENGTH: i32 = 5;

/**
 * Writes the head of an answer of `contentLength` bytes, up to and with the empty line; the one to HEAD gives the
 * length that GET would have. Probed anew each time, so nothing may be stored; one request a connection (RFC 9112
 * section 9.6). 405 names the methods there are (RFC 9110 section 15.5.6). No Date: knell reads no calendar.
 */
export function writeHead(to: Writer, status: i32, contentType: string, contentLength: i32): void {
  to.text("HTTP/1.1 ").number(status).byte(SPACE).text(reasonPhrase(status));
  to.text("\r\nContent-Type: ").text(contentType);
  to.text("\r\nContent-Length: ").number(contentLength);
  to.text("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff");
  if (status === METHOD_NOT_ALLOWED) to.text("\r\nAllow: GET, HEAD");
  to.text("\r\nConnection: close\r\n\r\n");
}

/** Writes a whole answer: the head and, unless it answers HEAD, one line that says what was wrong and what to do. */
export function writeError(to: Writer, status: i32, isHead: bool): void {
  const text = errorText(status);
  writeHead(to, status, TEXT_TYPE, PREFIX_LENGTH + text.length + 1);
  if (!isHead) to.number(status).byte(COLON).byte(SPACE).text(text).byte(LF);
}

function errorText(status: i32): string {
  switch (status) {
    case BAD_REQUEST:
      return "malformed request; send GET /livez HTTP/1.1 and one Host header, or check what speaks to this port";
    case NO_SUCH_PATH:
      return "no such path; use /livez, /readyz, /startupz, /healthz or /metrics";
    case METHOD_NOT_ALLOWED:
      return "no such method here; use GET or HEAD";
    case REQUEST_TIMEOUT:
      return "the request did not arrive in time; send its whole head at once";
    case CONTENT_TOO_LARGE:
      return "a request with a body; send it without Content-Length and Transfer-Encoding";
    case HEAD_TOO_LARGE:
      return "the request's head is longer than 4096 bytes; send fewer or shorter headers";
    case UNAVAILABLE:
      return "no answer can be given now; ask again later";
    case VERSION_NOT_SUPPORTED:
      return "not a version of HTTP spoken here; use HTTP/1.1";
    default:
      return "the answer could not be made; see what knell wrote to stderr";
  }
}
