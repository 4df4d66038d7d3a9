import {
  type DockerCommand,
  type DockerInstruction,
  dockerCommandOf,
} from "../../kube/dockerfile.ts";
import { splitWords } from "../../kube/words.ts";
import { isOneSimpleCommand } from "../../probe/command.ts";
import { setJsonForm, sourcesOf } from "../../probe/dockerfile-containers.ts";
import { parseScript } from "../../probe/script.ts";
import { needsShell } from "../../probe/shell-words.ts";
import type { Fix } from "../finding.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN604",
    name: "shell-form-entrypoint",
    severity: "warning",
    isOnByDefault: true,
    summary: "a CMD or ENTRYPOINT in shell form",
    why: "The shell is PID 1 and passes no signal on: every stop takes the whole grace period and ends with SIGKILL.",
    remedy: 'Write a JSON list, CMD ["program", "argument"], or begin with exec.',
    link: "https://docs.docker.com/reference/build-checks/json-args-recommended/",
    fixKinds: ["safe"],
  },
  platforms: ["dockerfile"],
  check: {
    container({ stage, path }, { report }) {
      for (const instruction of stage?.instructions ?? []) {
        const { keyword } = instruction;
        if (keyword !== "CMD" && keyword !== "ENTRYPOINT") continue;
        const command = dockerCommandOf(instruction);
        if (command === undefined || !isFault(instruction, command, stage!.from.argument.text))
          continue;
        report({
          message: `${keyword} in shell form: "/bin/sh -c" is PID 1 in front of "${firstWord(command)}"`,
          at: [instruction.start, instruction.end],
          path: `${path}/${keyword}`,
          fixes: [inJsonForm(instruction, command) ?? withExec(instruction, command)],
        });
      }
    },
  },
};

const WINDOWS = /windows|nanoserver|servercore/i;

function isFault({ shell }: DockerInstruction, command: DockerCommand, from: string): boolean {
  if (!command.isShellForm || WINDOWS.test(from) || shell.join(" ") !== "/bin/sh -c") return false;
  const text = command.body.text.trim();
  if (text === "" || text.startsWith("[")) return false;
  return parseScript(text).invocations.at(-1)?.isExec !== true;
}

function firstWord({ body }: DockerCommand): string {
  return body.text.trim().split(/\s+/)[0] ?? "";
}

function inJsonForm(instruction: DockerInstruction, command: DockerCommand): Fix | undefined {
  const words = needsShell(command.body.text) ? undefined : splitWords(command.body.text);
  if (words === undefined) return undefined;
  const description = `write ${JSON.stringify(words)}`;
  return fixWith("safe", description, setJsonForm(instruction, command, words));
}

/** `exec` before a script's one command. */
function withExec(instruction: DockerInstruction, command: DockerCommand): Fix | undefined {
  const script = parseScript(command.body.text);
  const [invocation] = script.invocations.filter(({ isCaptured }) => !isCaptured);
  const statement = script.ast.commands.at(-1);
  const isLast = invocation !== undefined && statement?.command === invocation.node;
  if (script.hasError || !isLast || invocation.isBuiltin || statement?.background) return undefined;
  if (!isOneSimpleCommand(script) && script.ast.commands.length > 1) return undefined;
  const at = invocation.words[0]!.start;
  const source = sourcesOf(instruction, command).at(-1);
  const rewrite = source?.splice([{ start: at, end: at, text: "exec " }]);
  return fixWith("safe", `put "exec" before "${invocation.program}"`, rewrite);
}
