// The command line of one process (proc(5), /proc/PID/cmdline): its arguments, each ended by a NUL.

import { SPACE } from "../system/ascii";
import { buffer } from "../system/buffers";
import { pid, ptr } from "../system/host";
import { procPath, readFile } from "../system/proc";

/** A longer command line is cut. */
const SIZE: i32 = 32_768;

class CommandLine {
  readonly at: ptr = buffer(SIZE);
  /** Without the NULs at its end: programs that set their own title leave many. 0 for a zombie or kernel thread. */
  length: i32 = 0;
  isCut: bool = false;

  read(process: pid): void {
    this.length = max(readFile(procPath(process, "cmdline"), this.at, SIZE), 0);
    this.isCut = this.length === SIZE;
    while (this.length > 0 && load<u8>(this.at + this.length - 1) === 0) this.length--;
  }

  /** Byte `index`, with a space for the NUL between two arguments. */
  byteAt(index: i32): u8 {
    const byte = load<u8>(this.at + index);
    return byte === 0 ? SPACE : byte;
  }
}

export const command = new CommandLine();
