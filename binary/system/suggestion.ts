// Finds the name a misspelt word was meant to be.

import { buffer } from "./buffers";
import { byteOf } from "./bytes";
import { ptr } from "./host";

const ROW_SIZE: i32 = 64;
const ROW: ptr = buffer(ROW_SIZE);
/** A word further away than this from every name gets no suggestion. */
const FURTHEST: i32 = 2;

/** Keeps the nearest of the names it is shown. */
export class Suggestion {
  name: string = "";
  private distance: i32 = FURTHEST + 1;

  clear(): void {
    this.name = "";
    this.distance = FURTHEST + 1;
  }

  offer(word: ptr, length: i32, name: string): void {
    const distance = editDistance(word, length, name);
    if (distance >= this.distance) return;
    this.distance = distance;
    this.name = name;
  }
}

/** Levenshtein distance; anything above FURTHEST may come back as FURTHEST + 1. */
function editDistance(word: ptr, length: i32, name: string): i32 {
  const width = name.length;
  if (abs(length - width) > FURTHEST || width >= ROW_SIZE) return FURTHEST + 1;
  for (let column = 0; column <= width; column++) store<u8>(ROW + column, <u8>column);
  for (let row = 1; row <= length; row++) {
    let diagonal: i32 = load<u8>(ROW);
    store<u8>(ROW, <u8>row);
    for (let column = 1; column <= width; column++) {
      const above: i32 = load<u8>(ROW + column);
      const left: i32 = load<u8>(ROW + column - 1);
      const change = load<u8>(word + row - 1) === byteOf(name, column - 1) ? 0 : 1;
      store<u8>(ROW + column, <u8>min(min(above, left) + 1, diagonal + change));
      diagonal = above;
    }
  }
  return load<u8>(ROW + width);
}
