/// <reference lib="dom" />

type Attributes = Readonly<Record<string, string | number>>;

/** An element with attributes and children. Text is text, whatever it holds. */
export function element(
  name: string,
  attributes: Attributes = {},
  children: readonly (Node | string)[] = [],
): HTMLElement {
  return fill(document.createElement(name), attributes, children);
}

/** The same in SVG. */
export function svg(
  name: string,
  attributes: Attributes = {},
  children: readonly (Node | string)[] = [],
): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  return fill(made as SVGElement, attributes, children);
}

function fill<T extends Element>(
  made: T,
  attributes: Attributes,
  children: readonly (Node | string)[],
): T {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

export function replaceContent(parent: Element, children: readonly (Node | string)[]): void {
  parent.replaceChildren(...children);
}
