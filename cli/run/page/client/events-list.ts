/// <reference lib="dom" />

import type { EventEntry } from "../../timeline.ts";
import { element } from "./dom.ts";

/** No more than one looks through; the terminal and --output json have all of them. */
const SHOWN = 50;
let drawn: EventEntry | undefined;

/** The newest first. Only what is new is added: a screen reader reads what is added. */
export function drawEvents(parent: HTMLElement, events: readonly EventEntry[]): void {
  const fresh = events.slice(drawn ? events.lastIndexOf(drawn) + 1 : 0);
  drawn = events.at(-1);
  for (const { atMs, type, reason, container, message } of fresh) {
    const time = new Date(atMs).toLocaleTimeString();
    const text = `${time} ${container} ${reason}: ${message}`;
    const item = element("li", type === "Warning" ? { class: "odd" } : {}, [text]);
    parent.prepend(item);
  }
  while (parent.childElementCount > SHOWN) parent.lastElementChild?.remove();
}
