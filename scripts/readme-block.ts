// The parts of README.md that programs write: between `<!-- NAME -->` and `<!-- end -->`. Pure.

/** `text` with `block` between the marks of `name`. Throws if they are not there. */
export function replaceBlock(text: string, name: string, block: string): string {
  const [begin, end] = [`<!-- ${name} -->`, "<!-- end -->"];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`README.md: no "${begin}" with "${end}" behind it`);
  return `${text.slice(0, from + begin.length)}\n${block}\n${text.slice(to)}`;
}
