// Answers on stdout: help, version, listings, verdicts.

import { Writer } from "./writer";

const STDOUT: i32 = 1;
const SIZE: i32 = 4096;

export const out = new Writer(STDOUT, memory.data(SIZE), SIZE, true);
