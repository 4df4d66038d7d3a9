// Names that are mistyped by one character. Pure.

/** The one of `names` that is a character more, less, other or swapped away from `text`; undefined if none or several are. */
export function nearestName(text: string, names: readonly string[]): string | undefined {
  const near = [...new Set(names)].filter((name) => isOneEditApart(text, name));
  return near.length === 1 ? near[0] : undefined;
}

function isOneEditApart(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let head = 0;
  while (head < a.length && a[head] === b[head]) head++;
  const [restA, restB] = [a.slice(head), b.slice(head)];
  if (restA.length > restB.length) return restA.slice(1) === restB;
  if (restA.length < restB.length) return restA === restB.slice(1);
  const isSwapped =
    restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return isSwapped || restA.slice(1) === restB.slice(1);
}
