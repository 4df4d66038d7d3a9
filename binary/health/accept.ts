// Which of text/plain and application/json the Accept headers of a request prefer (RFC 9110 section 12.5.1). Pure.

import { COMMA, DIGIT_0, DOT, EQUALS_SIGN, SEMICOLON } from "../system/ascii";
import { equalsIgnoringCase, isDigit } from "../system/bytes";
import { ptr } from "../system/host";
import { findSeparator, skipSpaces, trimSpaces } from "./grammar";

/** A quality of 1, in thousandths. */
const FULL: i32 = 1000;

// How closely a media range names a type: the closest range decides its quality.
const NONE: i32 = 0;
const ANY: i32 = 1;
const MAJOR: i32 = 2;
const EXACT: i32 = 3;

/** The quality that the closest range so far gives a type. */
class Preference {
  closeness: i32 = NONE;
  quality: i32 = 0;

  clear(): void {
    this.closeness = NONE;
    this.quality = 0;
  }

  take(closeness: i32, quality: i32): void {
    if (closeness < this.closeness || closeness === NONE) return;
    this.quality = closeness > this.closeness ? quality : max(quality, this.quality);
    this.closeness = closeness;
  }
}

export class Accept {
  private json: Preference = new Preference();
  private text: Preference = new Preference();

  clear(): void {
    this.json.clear();
    this.text.clear();
  }

  /** Takes one header's list of media ranges. One that is malformed says nothing. */
  take(at: ptr, length: i32): void {
    const end = at + length;
    for (let from = at; from < end; ) {
      const comma = findSeparator(from, end, COMMA);
      this.takeRange(from, comma);
      from = comma + 1;
    }
  }

  /** True if JSON has the higher quality, or the same and is named more closely: any type at all means text. */
  wantsJson(): bool {
    const json = this.json;
    const text = this.text;
    if (json.quality !== text.quality) return json.quality > text.quality;
    return json.quality > 0 && json.closeness > text.closeness;
  }

  private takeRange(at: ptr, end: ptr): void {
    const parameters = findSeparator(at, end, SEMICOLON);
    const quality = findQuality(parameters, end);
    if (quality < 0) return;
    const type = skipSpaces(at, parameters);
    const length = <i32>(trimSpaces(type, parameters) - type);
    const isAny = equalsIgnoringCase(type, length, "*/*");
    this.json.take(closenessTo(type, length, isAny, "application/json", "application/*"), quality);
    this.text.take(closenessTo(type, length, isAny, "text/plain", "text/*"), quality);
  }
}

function closenessTo(at: ptr, length: i32, isAny: bool, exact: string, major: string): i32 {
  if (isAny) return ANY;
  if (equalsIgnoringCase(at, length, exact)) return EXACT;
  return equalsIgnoringCase(at, length, major) ? MAJOR : NONE;
}

/** The quality among ";name=value;q=0.5" in thousandths, FULL if it is not there, -1 if it is malformed. */
function findQuality(at: ptr, end: ptr): i32 {
  while (at < end) {
    const next = findSeparator(at + 1, end, SEMICOLON);
    const sign = findSeparator(at + 1, next, EQUALS_SIGN);
    const name = skipSpaces(at + 1, sign);
    if (equalsIgnoringCase(name, <i32>(trimSpaces(name, sign) - name), "q")) {
      const value = skipSpaces(min(sign + 1, next), next);
      return parseQuality(value, <i32>(trimSpaces(value, next) - value));
    }
    at = next;
  }
  return FULL;
}

/** "0.25" in thousandths, -1 for what is no qvalue (RFC 9110 section 12.4.2). */
function parseQuality(at: ptr, length: i32): i32 {
  if (length < 1 || length > 5 || !isDigit(load<u8>(at))) return -1;
  if (length > 1 && load<u8>(at + 1) !== DOT) return -1;
  let quality = (load<u8>(at) - DIGIT_0) * FULL;
  let unit = FULL;
  for (let i = 2; i < length; i++) {
    const byte = load<u8>(at + i);
    if (!isDigit(byte)) return -1;
    unit /= 10;
    quality += (byte - DIGIT_0) * unit;
  }
  return quality <= FULL ? quality : -1;
}
