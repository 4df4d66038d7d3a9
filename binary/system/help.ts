// Help texts lie in binary/help/*.txt, the one of "license" is the repository's LICENSE. They stay outside linear memory, like argv: they are seldom read.

import { buffer } from "./buffers";
import { copyText } from "./bytes";
import { FAIL, PASS } from "./exit-status";
import { help_length, help_read, ptr } from "./host";
import { out } from "./output";

const NAME_SIZE: i32 = 32;
const NAME: ptr = buffer(NAME_SIZE);
const CHUNK_SIZE: i32 = 512;
const CHUNK: ptr = buffer(CHUNK_SIZE);

/** Prints the text of `topic` to stdout. Gives the exit status: 1 if stdout refused it. */
export function printHelp(topic: string): i32 {
  store<u8>(NAME + copyText(NAME, topic), 0);
  printTopic(NAME);
  return out.flush() === 0 ? PASS : FAIL;
}

/** Appends the text of the topic at C string `name` to `out`; false if there is none. */
export function printTopic(name: ptr): bool {
  const length = help_length(name);
  for (let offset = 0; offset < length; ) {
    const copied = help_read(name, offset, CHUNK, CHUNK_SIZE);
    out.bytes(CHUNK, copied);
    offset += copied;
  }
  return length >= 0;
}
