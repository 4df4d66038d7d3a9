import type { Command } from "../../probe/command.ts";
import type { Container } from "../../probe/container.ts";
import { lastCommandOf } from "../../probe/last-command.ts";
import { fixWith, type Rule } from "../rule.ts";

const SIGNALLERS = new Set(["kill", "pkill", "killall", "killall5"]);

export const rule: Rule = {
  meta: {
    id: "KN105",
    name: "shell-stays-pid1",
    severity: "warning",
    isOnByDefault: true,
    summary: "a shell that stays PID 1 in front of the server",
    why: "The shell ignores SIGTERM as PID 1 and forwards nothing: each stop takes the whole grace period and ends in SIGKILL.",
    remedy: 'Put "exec" before the last command.',
    link: "https://github.com/cilium/cilium-cli/issues/276",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes", "compose"],
  check: {
    container(container, { report }) {
      const command = firstProcess(container);
      const last = command && lastCommandOf(command);
      if (command === undefined || last === undefined) return;
      if (last.isReplacing || last.kind === "compound" || isHandled(container, command)) return;
      const { shell, scriptSource } = command;
      const program = last.invocation?.program;
      const what =
        last.kind === "command" ? `"${program || "its last command"}"` : `a ${WORDS[last.kind]}`;
      const at = last.invocation?.words[0]?.start ?? last.start;
      const change = { start: at, end: at, text: "exec " };
      const isFixable = last.kind === "command" && scriptSource !== undefined;
      report({
        message: `"${shell?.name}" stays PID 1 and runs ${what} beside it: SIGTERM reaches neither`,
        at: command.rangeOf(last),
        fixes: [
          fixWith(
            "safe",
            `put "exec" before "${program}"`,
            isFixable ? scriptSource.splice([change]) : undefined,
          ),
        ],
      });
    },
  },
};

const WORDS = { command: "command", compound: "command", pipeline: "pipeline", background: "job" };

/** What the container starts, if that is PID 1 and nothing else is known to be. */
function firstProcess({
  start,
  image,
  platform,
  service,
  isShortLived,
}: Container): Command | undefined {
  const { outside, entrypoint, cmd } = start;
  if (outside !== undefined || isShortLived || image.init !== undefined || image.hint?.init) {
    return undefined;
  }
  if (entrypoint !== undefined) return isBareShell(entrypoint) ? entrypoint : undefined;
  // Docker's official images end their ENTRYPOINT with exec "$@"; what a build's does is not known.
  const isCompose = platform === "compose" && !service?.hasBuild;
  return isCompose && cmd !== undefined && isBareShell(cmd) ? cmd : undefined;
}

function isBareShell({ outer, shell }: Command): boolean {
  return shell !== undefined && outer.wrappers.every(({ name }) => name === "env");
}

/** A trap forwards the signal, or a preStop hook sends one itself. */
function isHandled({ hooks }: Container, { script }: Command): boolean {
  if (script?.invocations.some(({ program }) => program === "trap")) return true;
  return hooks.some(
    ({ type, command }) =>
      type === "preStop" && command?.invocations.some(({ program }) => SIGNALLERS.has(program)),
  );
}
