// How the list may look where stdout goes: its width, its colours, its glyphs.

import { findVariable, readValue } from "../system/arguments";
import { buffer } from "../system/buffers";
import { equals, startsWith, toLower } from "../system/bytes";
import { isatty, ptr, terminal_columns } from "../system/host";
import { out } from "../system/output";

const VALUE_SIZE: i32 = 128;
const VALUE: ptr = buffer(VALUE_SIZE);

class View {
  /** True for a terminal that understands escape sequences. */
  isScreen: bool = false;
  hasColour: bool = false;
  isUtf8: bool = false;
  /** 0: lines may have any length. */
  columns: i32 = 0;

  detect(): void {
    const length = valueOf("TERM");
    this.isScreen = isatty(out.fd) === 1 && length > 0 && !equals(VALUE, length, "dumb");
    // https://no-color.org: set and not empty.
    this.hasColour = this.isScreen && valueOf("NO_COLOR") <= 0;
    this.isUtf8 = hasUtf8Locale();
  }

  /** Asks again for the width, which may have changed. */
  measure(): void {
    this.columns = max(terminal_columns(out.fd), 0);
  }

  dim(): void {
    this.colour("\x1b[2m");
  }

  red(): void {
    this.colour("\x1b[1;31m");
  }

  plain(): void {
    this.colour("\x1b[0m");
  }

  /** An empty screen to write on. */
  clear(): void {
    if (this.isScreen) out.text("\x1b[H\x1b[2J");
  }

  private colour(sequence: string): void {
    if (this.hasColour) out.text(sequence);
  }
}

export const view = new View();

/** Copies the value of `name` to VALUE; gives its length, -1 if it is not set. */
function valueOf(name: string): i32 {
  const index = findVariable(name);
  if (index < 0) return -1;
  return min(readValue(index, name.length, VALUE, VALUE_SIZE), VALUE_SIZE - 1);
}

/** locale(7): the first of these that is set and not empty decides; "C.UTF-8", "de_DE.utf8@euro". */
function hasUtf8Locale(): bool {
  let length = valueOf("LC_ALL");
  if (length <= 0) length = valueOf("LC_CTYPE");
  if (length <= 0) length = valueOf("LANG");
  for (let i = 0; i < length; i++) store<u8>(VALUE + i, toLower(load<u8>(VALUE + i)));
  for (let i = 0; i < length; i++) {
    if (startsWith(VALUE + i, length - i, "utf-8") || startsWith(VALUE + i, length - i, "utf8"))
      return true;
  }
  return false;
}
