// Looks into a file that execve(2) refused, to say why (I11, I12). elf(5)

import { CR, LF, SPACE, TAB } from "./ascii";
import { buffer } from "./buffers";
import { indexOf } from "./bytes";
import { close, elf_machine, lseek, open, ptr, read } from "./host";
import { O_NONBLOCK, O_RDONLY } from "./linux";
import { Writer } from "./writer";

const HEAD_SIZE: i32 = 256;
const HEAD: ptr = buffer(HEAD_SIZE);
const SEGMENT_SIZE: i32 = 32;
const SEGMENT: ptr = buffer(SEGMENT_SIZE);
const INTERPRETER: ptr = buffer(HEAD_SIZE);

const ELF_MAGIC: u32 = 0x464c457f;
const ELF_CLASS: usize = 4;
const ELF_CLASS_64: u8 = 2;
const ELF_MACHINE: usize = 18;
const ELF_HEADER_SIZE: i32 = 52;
const PT_INTERP: u32 = 3;
/** More program headers than any real program has. */
const MOST_SEGMENTS: i32 = 64;

export function isElf(path: ptr): bool {
  return readHead(path) >= 4 && load<u32>(HEAD) === ELF_MAGIC;
}

/**
 * For an existing file that execve called missing: appends which interpreter is missing, from its "#!" line or
 * its PT_INTERP segment. False if the file does not exist or names none.
 */
export function missingInterpreter(path: ptr, line: Writer): bool {
  const length = readHead(path);
  if (length < 3) return false;
  let name: ptr = 0;
  let nameLength = 0;
  if (load<u16>(HEAD) === 0x2123) {
    let start = 2;
    while (start < length && isBlank(load<u8>(HEAD + start))) start++;
    let end = start;
    while (end < length && !isBlank(load<u8>(HEAD + end)) && load<u8>(HEAD + end) !== LF) end++;
    name = HEAD + start;
    nameLength = end - start;
  } else {
    name = INTERPRETER;
    nameLength = readInterpreter(path, length);
  }
  if (nameLength <= 0) return false;
  line.text("its interpreter ").quoted(name, nameLength).text(" does not exist");
  if (load<u8>(name + nameLength - 1) === CR) line.text("; the file has CRLF line ends");
  else line.text("; install it in the image, or use a static program");
  return true;
}

/** Appends what an ELF file was built for, and what this machine is. Nothing for any other file. */
export function describeExecutable(path: ptr, line: Writer): void {
  if (!isElf(path)) return;
  const machine: i32 = load<u16>(HEAD, ELF_MACHINE);
  const own = elf_machine();
  if (machine === own) line.text("a damaged ELF file for ").text(machineName(own));
  else
    line
      .text("built for ")
      .text(machineName(machine))
      .text(", but this machine is ")
      .text(machineName(own));
  line.text(": ");
}

/** The name that goes with e_machine; elf.h has the numbers. */
function machineName(machine: i32): string {
  switch (machine) {
    case 3:
      return "i386";
    case 8:
      return "mips";
    case 20:
      return "ppc";
    case 21:
      return "ppc64";
    case 22:
      return "s390x";
    case 40:
      return "arm";
    case 62:
      return "x86-64";
    case 183:
      return "aarch64";
    case 243:
      return "riscv64";
    case 258:
      return "loongarch64";
    default:
      return "an unknown machine";
  }
}

/** Fills HEAD with the beginning of the file; gives the length, or a negated errno. */
function readHead(path: ptr): i32 {
  memory.fill(HEAD, 0, HEAD_SIZE);
  return readAt(path, 0, HEAD, HEAD_SIZE - 1);
}

/** The length of the PT_INTERP text, copied to INTERPRETER; 0 if there is none. */
function readInterpreter(path: ptr, headLength: i32): i32 {
  if (headLength < ELF_HEADER_SIZE || load<u32>(HEAD) !== ELF_MAGIC) return 0;
  const is64 = load<u8>(HEAD, ELF_CLASS) === ELF_CLASS_64;
  const table: i64 = is64 ? load<i64>(HEAD, 32) : load<u32>(HEAD, 28);
  const entrySize: i32 = load<u16>(HEAD + (is64 ? 54 : 42));
  const count: i32 = min<i32>(load<u16>(HEAD + (is64 ? 56 : 44)), MOST_SEGMENTS);
  for (let index = 0; index < count; index++) {
    const at = table + <i64>index * entrySize;
    if (readAt(path, at, SEGMENT, SEGMENT_SIZE) < SEGMENT_SIZE) return 0;
    if (load<u32>(SEGMENT) !== PT_INTERP) continue;
    const offset: i64 = is64 ? load<i64>(SEGMENT, 8) : load<u32>(SEGMENT, 4);
    const length = readAt(path, offset, INTERPRETER, HEAD_SIZE);
    return max(indexOf(INTERPRETER, length, 0), 0);
  }
  return 0;
}

function readAt(path: ptr, offset: i64, to: ptr, size: i32): i32 {
  // Non-blocking: a FIFO of that name must not hold us.
  const file = open(path, O_RDONLY | O_NONBLOCK);
  if (file < 0) return file;
  let length = offset === 0 ? 0 : <i32>min(lseek(file, offset), 0);
  if (length === 0) length = read(file, to, size);
  close(file);
  return length;
}

function isBlank(byte: u8): bool {
  return byte === SPACE || byte === TAB;
}
