/// <reference lib="dom" />

import type { ProcessView } from "../../engine.ts";
import { element, replaceContent } from "./dom.ts";

type Processes = Readonly<Record<string, readonly ProcessView[]>>;

/** Each container's processes, children below their parents, zombies marked. */
export function drawProcesses(parent: HTMLElement, containers: Processes): void {
  const parts = Object.entries(containers).flatMap(([name, processes]) => [
    element("h3", {}, [name]),
    listOf(rootsOf(processes), processes),
  ]);
  replaceContent(parent, parts.length > 0 ? parts : ["nothing runs"]);
}

function rootsOf(processes: readonly ProcessView[]): readonly ProcessView[] {
  const known = new Set(processes.map(({ pid }) => pid));
  return processes.filter(({ parent }) => !known.has(parent));
}

function listOf(shown: readonly ProcessView[], all: readonly ProcessView[]): HTMLElement {
  return element(
    "ul",
    {},
    shown.map((process) => {
      const isDead = process.state === "Z";
      const text = isDead
        ? `${process.pid} ${process.command} ZOMBIE`
        : `${process.pid} ${process.command}`;
      const stopped = process.state === "T" ? " (stopped)" : "";
      const label = element("span", isDead ? { class: "zombie" } : {}, [text + stopped]);
      const children = all.filter(
        ({ parent, pid }) => parent === process.pid && pid !== process.pid,
      );
      return element("li", {}, children.length > 0 ? [label, listOf(children, all)] : [label]);
    }),
  );
}
