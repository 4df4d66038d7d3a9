// What is sent: one request with the headers of the kubelet's httpGet (pkg/probe/http, newProbeRequest). Pure.

import { lengthWithoutZone } from "../net/ip-address";
import { CLOSE_BRACKET, COLON, CR, LF, OPEN_BRACKET, PERCENT, SPACE } from "../system/ascii";
import { equals, indexOf } from "../system/bytes";
import { HAS_TLS } from "../system/flavour";
import { VERSION } from "../system/version";
import { Writer } from "../system/writer";
import { Location } from "./location";
import { HttpOptions } from "./options";
import { HTTP_PORT, HTTPS_PORT } from "./url";

// Headers that are sent unless the command line has its own, as a set.
export const HOST: i32 = 1;
export const USER_AGENT: i32 = 2;
export const ACCEPT: i32 = 4;
export const CONNECTION: i32 = 8;
export const CONTENT_LENGTH: i32 = 16;

export function writeRequest(options: HttpOptions, location: Location, to: Writer): void {
  writeMethod(options, location, to);
  to.byte(SPACE);
  writePath(location, to);
  line(to, " HTTP/1.1");
  const replaced = options.replaced;
  if ((replaced & HOST) === 0 || location.isNamed) writeHost(options, location, to);
  else if (options.hostHeader.length > 0) {
    to.text("Host: ").bytes(options.hostHeader.at, options.hostHeader.length);
    line(to, "");
  }
  if ((replaced & USER_AGENT) === 0) {
    to.text("User-Agent: knell/");
    line(to, VERSION);
  }
  if ((replaced & ACCEPT) === 0) line(to, "Accept: */*");
  if ((replaced & CONNECTION) === 0) line(to, "Connection: close");
  if ((replaced & CONTENT_LENGTH) === 0 && sendsLength(options, location))
    line(to, "Content-Length: 0");
  to.bytes(options.headers.at, options.headers.length);
  line(to, "");
}

/** Appends the method of the current request. */
export function writeMethod(options: HttpOptions, location: Location, to: Writer): void {
  if (location.isGet) to.text("GET");
  else to.bytes(options.method.at, options.method.length);
}

/** RFC 9110 section 8.6: methods that usually have a body say that they have none. */
function sendsLength(options: HttpOptions, location: Location): bool {
  const method = options.method;
  if (location.isGet) return false;
  return (
    equals(method.at, method.length, "POST") ||
    equals(method.at, method.length, "PUT") ||
    equals(method.at, method.length, "PATCH")
  );
}

/** Bytes above ASCII go as %XX, as from the kubelet. */
function writePath(location: Location, to: Writer): void {
  const path = location.path;
  for (let i = 0; i < path.length; i++) {
    const byte = load<u8>(path.at + i);
    if (byte < 128) to.byte(byte);
    else
      to.byte(PERCENT)
        .byte(hexDigitOf(byte >> 4))
        .byte(hexDigitOf(byte & 15));
  }
}

function writeHost(options: HttpOptions, location: Location, to: Writer): void {
  const host = options.host;
  const isIpv6 = indexOf(host.at, host.length, COLON) >= 0;
  to.text("Host: ");
  if (isIpv6) to.byte(OPEN_BRACKET);
  to.bytes(host.at, lengthWithoutZone(host.at, host.length));
  if (isIpv6) to.byte(CLOSE_BRACKET);
  const usual = HAS_TLS && location.isTls ? HTTPS_PORT : HTTP_PORT;
  if (location.port !== usual) to.byte(COLON).number(location.port);
  line(to, "");
}

function line(to: Writer, text: string): void {
  to.text(text).byte(CR).byte(LF);
}

function hexDigitOf(value: u8): u8 {
  return value < 10 ? 48 + value : 55 + value;
}
