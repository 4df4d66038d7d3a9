import type { Command } from "../../probe/command.ts";
import type { Container } from "../../probe/container.ts";
import { mustBePid1 } from "../../probe/reaper-fixes.ts";
import type { Context, Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN106",
    name: "pid1-assumption-broken",
    severity: "error",
    isOnByDefault: true,
    summary: "a program that takes PID 1 for the container's own, where it is not",
    why: "In a shared process namespace PID 1 is the pause process or the host's init: signals go to the wrong process, and s6 refuses to start.",
    remedy:
      "Find the process by its name (pidof), or give the container its own process namespace.",
    link: "https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",
    fixKinds: [],
  },
  platforms: ["kubernetes", "compose"],
  check: {
    container(container, { report }) {
      const shared = sharedBy(container);
      const { image, service, start } = container;
      const outside = shared ?? (service?.isInit ? "init: true" : undefined);
      if (outside !== undefined && mustBePid1(container)) {
        report({ message: `"${image.text}" must be PID 1 itself, which ${outside} prevents` });
      }
      for (const command of [start.entrypoint, start.cmd]) {
        if (command !== undefined) reportUse(command, shared, report);
      }
    },
    probe({ command, container }, { report }) {
      if (command !== undefined) reportUse(command, sharedBy(container), report);
    },
    hook({ command, container }, { report }) {
      if (command !== undefined) reportUse(command, sharedBy(container), report);
    },
  },
};

/** What gives the container another PID 1 than its own. */
function sharedBy({ workload, service }: Container): string | undefined {
  if (workload?.pod.shareProcessNamespace) return "shareProcessNamespace";
  if (workload?.pod.hostPID) return "hostPID";
  return service?.pid === undefined ? undefined : `pid: ${service.pid}`;
}

function reportUse(command: Command, shared: string | undefined, report: Context["report"]): void {
  if (shared === undefined) return;
  for (const { program, args, start, end } of command.invocations) {
    if (program !== "kill" || args.at(-1)?.text !== "1" || args[0]?.text === "-0") continue;
    const message = `"kill … 1" signals the PID 1 of ${shared}, not this container's process`;
    report({ message, at: command.rangeOf({ start, end }) });
    return;
  }
  const read = procOne(command);
  if (read === undefined) return;
  const message = `"/proc/1" is the PID 1 of ${shared}, not this container's process`;
  report({ message, at: command.rangeOf(read) });
}

const PROC_ONE = /\/proc\/1(?![\w-])/;

function procOne({ script, argv }: Command): { start: number; end: number } | undefined {
  if (script !== undefined) {
    const start = script.text.search(PROC_ONE);
    return start === -1 ? undefined : { start, end: start + "/proc/1".length };
  }
  const index = argv.findIndex((word) => PROC_ONE.test(word));
  return index === -1 ? undefined : { start: index, end: index + 1 };
}
