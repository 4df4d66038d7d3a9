// Reads options as getopt_long(3) does, but always stops at the first word that is none (I1): short ones in
// clusters and with glued values (-vvv, -gs, -e143), long ones whole, with "=value" or the value as next word.

import { readArgument, WORD_SIZE } from "./arguments";
import { DASH, DOUBLE_QUOTE, EQUALS_SIGN, SEMICOLON, SPACE } from "./ascii";
import { buffer } from "./buffers";
import { byteOf, equals } from "./bytes";
import { ptr } from "./host";
import { FATAL, say } from "./log";
import { Suggestion } from "./suggestion";
import { Writer } from "./writer";

const WORD: ptr = buffer(WORD_SIZE);
const VALUE: ptr = buffer(WORD_SIZE);

class OptionScanner {
  /** After `next()` gave false: the index of the first word that is no option. */
  index: i32 = 0;
  /** After `value()` gave true: the value, NUL-terminated, and its length. It stays until the next call. */
  valueAt: ptr = 0;
  valueLength: i32 = 0;
  /** The index of the argument that holds the value, and where in it the value begins (for argv_scrub). */
  valueIndex: i32 = 0;
  valueOffset: i32 = 0;
  /** True once an option was unknown, or its value missing or refused: the message is written. */
  failed: bool = false;

  private help: string = "";
  private wordLength: i32 = 0;
  /** The current short option, 0 for a long one; and where the cluster goes on. */
  private letter: u8 = 0;
  private offset: i32 = 0;
  /** Length of a long option's name, without "=value". */
  private nameLength: i32 = 0;
  private suggestion: Suggestion = new Suggestion();

  /** Begins at argument `index`; `help` is the command that a failure points to. */
  start(index: i32, help: string): void {
    this.help = help;
    this.index = index;
    this.wordLength = 0;
    this.offset = 0;
    this.failed = false;
  }

  /** Moves to the next option; false at the end of options, or after a failure. A "--" is eaten. */
  next(): bool {
    if (this.failed) return false;
    this.suggestion.clear();
    if (this.letter !== 0 && this.offset < this.wordLength) return this.nextLetter();
    if (this.wordLength > 0) this.index++;
    this.letter = 0;
    this.wordLength = max(readArgument(this.index, WORD), 0);
    if (this.wordLength < 2 || load<u8>(WORD) !== DASH) return this.stop();
    if (load<u8>(WORD + 1) !== DASH) {
      this.offset = 1;
      return this.nextLetter();
    }
    if (this.wordLength === 2) {
      this.index++;
      return this.stop();
    }
    this.nameLength = 2;
    const end = min(this.wordLength, WORD_SIZE - 1);
    while (this.nameLength < end && load<u8>(WORD + this.nameLength) !== EQUALS_SIGN)
      this.nameLength++;
    return true;
  }

  /** True if the current option is `letter` (one character, or "" for none) or the long `name` ("--timeout"). */
  is(letter: string, name: string): bool {
    if (this.letter !== 0) return letter.length === 1 && this.letter === <u8>letter.charCodeAt(0);
    if (equals(WORD, this.nameLength, name)) return true;
    this.suggestion.offer(WORD, this.nameLength, name);
    return false;
  }

  /** True if the current option is one of the long `names`, which stand with a space behind each of them. */
  isAnyOf(names: string): bool {
    if (this.letter !== 0) return false;
    for (let start = 0; start < names.length; ) {
      let end = start;
      while (byteOf(names, end) !== SPACE) end++;
      if (this.nameLength === end - start && matches(WORD, names, start, end)) return true;
      start = end + 1;
    }
    return false;
  }

  /** As `is`, for an option without a value: "--name=x" is refused. */
  isFlag(letter: string, name: string): bool {
    if (!this.is(letter, name)) return false;
    if (this.letter === 0 && this.nameLength < this.wordLength) {
      this.complain().text(" takes no value").end();
    }
    return true;
  }

  /** True if the current option carries "=value": for options whose value may be left out. */
  hasGluedValue(): bool {
    return this.letter === 0 ? this.nameLength < this.wordLength : this.offset < this.wordLength;
  }

  /** True for a short option with more behind it in the same word. */
  isJoined(): bool {
    return this.letter !== 0 && this.offset < this.wordLength;
  }

  /** Takes the current option's value: what is glued to it, or else the next word. False if there is none. */
  value(): bool {
    if (this.hasGluedValue()) {
      this.valueIndex = this.index;
      this.valueOffset = this.letter === 0 ? this.nameLength + 1 : this.offset;
      this.valueAt = WORD + this.valueOffset;
      this.valueLength = this.wordLength - this.valueOffset;
      this.offset = this.wordLength;
      return this.fits(this.wordLength);
    }
    this.valueLength = readArgument(this.index + 1, VALUE);
    if (this.valueLength < 0) {
      this.complain().text(" needs a value; see ").text(this.help).end();
      return false;
    }
    this.index++;
    this.valueIndex = this.index;
    this.valueOffset = 0;
    this.valueAt = VALUE;
    return this.fits(this.valueLength);
  }

  /** Refuses what `value()` took: names the option, the value, and what is allowed. Gives false. */
  refuse(allowed: string): bool {
    this.complain()
      .text(": bad value ")
      .quoted(this.valueAt, this.valueLength)
      .text("; use ")
      .text(allowed)
      .end();
    return false;
  }

  /** Says that the current option is unknown, with the nearest name if one was compared, and where help is. */
  unknown(): void {
    this.failed = true;
    const line = this.name(say(FATAL).text("unknown option "));
    if (this.suggestion.name.length > 0)
      line.text('; did you mean "').text(this.suggestion.name).text('"?');
    else line.byte(SEMICOLON);
    line.text(" see ").text(this.help).end();
  }

  /** Begins a line of failure about the current option: `option "--timeout"`. */
  complain(): Writer {
    this.failed = true;
    return this.name(say(FATAL).text("option "));
  }

  private name(line: Writer): Writer {
    if (this.letter === 0) return line.quoted(WORD, this.nameLength);
    return line.text('"-').escapedByte(this.letter).byte(DOUBLE_QUOTE);
  }

  private nextLetter(): bool {
    this.letter = load<u8>(WORD + this.offset++);
    return true;
  }

  private fits(length: i32): bool {
    if (length < WORD_SIZE) return true;
    this.complain().text(": the value is longer than 16383 bytes").end();
    return false;
  }

  private stop(): bool {
    this.wordLength = 0;
    return false;
  }
}

function matches(at: ptr, text: string, start: i32, end: i32): bool {
  for (let i = start; i < end; i++) {
    if (load<u8>(at + i - start) !== byteOf(text, i)) return false;
  }
  return true;
}

export const options = new OptionScanner();
