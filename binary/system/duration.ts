import { DIGIT_0, DOT } from "./ascii";
import { isDigit } from "./bytes";
import { MILLISECOND, SECOND } from "./clock";
import { ptr } from "./host";

/** One day: longer deadlines are a mistake, and the sum with any instant cannot overflow. */
const LONGEST: i64 = 86_400 * SECOND;

/**
 * Nanoseconds of "900ms", "1s", "1.5", "2m" or "1h"; without a unit, seconds. Up to nine decimals.
 * -1 for anything else, a sign, or more than a day.
 */
export function parseDuration(at: ptr, length: i32): i64 {
  let whole: i64 = 0;
  let index = 0;
  let digits = 0;
  for (; index < length && isDigit(load<u8>(at + index)); index++, digits++) {
    whole = whole * 10 + (load<u8>(at + index) - DIGIT_0);
    if (whole > LONGEST) return -1;
  }
  let billionths: i64 = 0;
  if (index < length && load<u8>(at + index) === DOT) {
    index++;
    let place: i64 = 100_000_000;
    for (; index < length && isDigit(load<u8>(at + index)); index++, digits++) {
      billionths += place * (load<u8>(at + index) - DIGIT_0);
      place /= 10;
    }
  }
  if (digits === 0) return -1;
  const unit = unitOf(at + index, length - index);
  if (unit < 0 || whole > LONGEST / unit) return -1;
  const duration = whole * unit + mulBillionths(billionths, unit);
  return duration <= LONGEST ? duration : -1;
}

/** `billionths` / 1e9 × `unit` without overflow: the units are whole milliseconds. */
function mulBillionths(billionths: i64, unit: i64): i64 {
  return (billionths * (unit / MILLISECOND)) / 1_000;
}

function unitOf(at: ptr, length: i32): i64 {
  if (length === 0) return SECOND;
  const first = load<u8>(at);
  if (length === 1) {
    if (first === 115) return SECOND;
    if (first === 109) return 60 * SECOND;
    if (first === 104) return 3_600 * SECOND;
  }
  if (length === 2 && first === 109 && load<u8>(at + 1) === 115) return MILLISECOND;
  return -1;
}
