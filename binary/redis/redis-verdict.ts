// A verdict line with what is particular to Redis: errors are shown by their first word, and notes follow.

import { LINE_SIZE, VerdictLine } from "../probe/verdict-line";
import { fd, ptr } from "../system/host";
import { Text } from "../system/text";
import { RedisOptions } from "./options";
import { firstWordLength } from "./resp";

/** How much is kept of an error line that is not the verdict. */
const ERROR_SIZE: i32 = 64;
/** The most of a server's word that is shown. */
const WORD_LIMIT: i32 = 64;

// line | AUTH's error | HELLO's error
const AUTH_ERROR: i32 = LINE_SIZE;
const HELLO_ERROR: i32 = AUTH_ERROR + ERROR_SIZE;
export const REDIS_VERDICT_SIZE: i32 = HELLO_ERROR + ERROR_SIZE;

export class RedisVerdict extends VerdictLine {
  /** What AUTH and HELLO were refused with, for notes. */
  authError: Text;
  authFailed: bool = false;
  helloError: Text;
  helloFailed: bool = false;

  /** `bytes` has room for REDIS_VERDICT_SIZE bytes. The line is meant for descriptor `output`. */
  constructor(
    private readonly options: RedisOptions,
    bytes: ptr,
    output: fd,
  ) {
    super(options.target, bytes, output);
    this.authError = new Text(bytes + AUTH_ERROR, ERROR_SIZE);
    this.helloError = new Text(bytes + HELLO_ERROR, ERROR_SIZE);
  }

  start(): void {
    super.start();
    this.authFailed = false;
    this.helloFailed = false;
  }

  /** Appends the first word alone: the rest of an error line may repeat the password (R10). */
  word(at: ptr, length: i32): void {
    const wordLength = firstWordLength(at, length);
    if (wordLength === 0) this.line.text("an empty text");
    else this.line.escaped(at, min(wordLength, WORD_LIMIT));
  }

  protected writeNotes(): void {
    const line = this.line;
    if (this.authFailed) {
      line.text("; note: AUTH: ");
      this.word(this.authError.at, this.authError.length);
    }
    if (this.helloFailed) {
      line.text("; note: went on with RESP2, HELLO: ");
      this.word(this.helloError.at, this.helloError.length);
    }
    this.options.writeNotes(line);
  }
}
