// Answers on stdout: help, version, listings, verdicts.

import { buffer } from "./buffers";
import { Writer } from "./writer";

const STDOUT: i32 = 1;
const SIZE: i32 = 4096;

export const out = new Writer(STDOUT, buffer(SIZE), SIZE, true);
