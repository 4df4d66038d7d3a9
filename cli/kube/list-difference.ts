// How one list becomes another. Pure.

export interface Gap {
  /** The elements of the old list that go. */
  readonly from: number;
  readonly to: number;
  readonly added: readonly string[];
}

/** What differs between two lists, around the longest part that both have in the same order. */
export function gapsBetween(before: readonly string[], after: readonly string[]): Gap[] {
  // A rewrite changes a few words: what is equal at both ends keeps the table below small.
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const middles = [before, after].map((list) => list.slice(head, list.length - tail));
  return gapsInside(middles[0]!, middles[1]!).map(({ from, to, added }) => ({
    from: from + head,
    to: to + head,
    added,
  }));
}

function gapsInside(before: readonly string[], after: readonly string[]): Gap[] {
  const lengths = commonLengths(before, after);
  const gaps: Gap[] = [];
  let [from, addedFrom] = [0, 0];
  let [at, other] = [0, 0];
  const close = () => {
    if (at > from || other > addedFrom) {
      gaps.push({ from, to: at, added: after.slice(addedFrom, other) });
    }
  };
  while (at < before.length || other < after.length) {
    if (at < before.length && before[at] === after[other]) {
      close();
      [at, other] = [at + 1, other + 1];
      [from, addedFrom] = [at, other];
    } else if (
      other >= after.length ||
      (at < before.length && lengths[at + 1]![other]! >= lengths[at]![other + 1]!)
    ) {
      at++;
    } else other++;
  }
  close();
  return gaps;
}

/** At [i][j]: how many elements the lists from i and from j on have in common, in order. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const isSame = before[i] === after[j];
      lengths[i]![j] = isSame
        ? lengths[i + 1]![j + 1]! + 1
        : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}
