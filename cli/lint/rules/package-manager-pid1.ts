import type { Command } from "../../probe/command.ts";
import type { Container } from "../../probe/container.ts";
import type { Invocation } from "../../probe/script.ts";
import type { Report, Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN606",
    name: "package-manager-pid1",
    severity: "warning",
    isOnByDefault: true,
    summary: "a container whose main process is npm, yarn, pnpm or npx",
    why: "The package manager takes SIGTERM and may not pass it on: the server is killed in the middle of its requests.",
    remedy: 'Start the program itself: ["node", "server.js"].',
    link: "https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#cmd",
    fixKinds: [],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  check: {
    container(container, { report }) {
      const { start, isShortLived } = container;
      if (isShortLived || isDevelopment(container)) return;
      const command = [start.entrypoint, start.cmd].find((given) => given && given.argv.length > 0);
      const main = command && mainProcess(command);
      if (command === undefined || main === undefined || !isPackageManager(main)) return;
      const words = [main.program, ...main.args.map(({ text }) => text)].slice(0, 3).join(" ");
      report({
        message: `"${words}" is the main process: it stands between the container's signals and the server`,
        at: placeOf(container, command),
      });
    },
  },
};

/** The last program that runs, unless something before it passes signals on to a whole process group. */
function mainProcess(command: Command): Invocation | undefined {
  const outer = command.script === undefined ? afterScript(command.outer) : command.outer;
  const main =
    command.script === undefined
      ? outer
      : command.script.invocations.findLast(
          ({ isCaptured, isBackground }) => !isCaptured && !isBackground,
        );
  const wrappers = [...command.outer.wrappers, ...(main?.wrappers ?? [])];
  const isForwarded = wrappers.some(
    ({ name, args }) => name === "dumb-init" || args.some(({ text }) => text === "-g"),
  );
  return isForwarded ? undefined : main;
}

/** docker-entrypoint.sh npm start: the image's script runs the rest. */
function afterScript(invocation: Invocation): Invocation {
  const [first, ...rest] = invocation.args;
  if (!invocation.program.endsWith(".sh") || first === undefined) return invocation;
  return { ...invocation, program: first.text, args: rest };
}

/** Scripts that end by themselves, or that a developer runs. */
const OTHER_SCRIPT = /(?:^|:)(?:dev|develop|development|watch|test|lint|build|migrate|seed)(?:$|:)/;

function isPackageManager({ program, args }: Invocation): boolean {
  const words = args.filter(({ text }) => !text.startsWith("-")).map(({ text }) => text);
  if (program === "npx") return words.length > 0;
  if (!/^(?:npm|yarn|pnpm)$/.test(program)) return false;
  if (words[0] === "start") return true;
  const isRun = words[0] === "run" || words[0] === "run-script";
  return isRun && words[1] !== undefined && !OTHER_SCRIPT.test(words[1]);
}

function isDevelopment({ stage, service }: Container): boolean {
  return [stage?.name, service?.build?.target].some((name) => /^dev/i.test(name ?? ""));
}

function placeOf({ stage, service, spec }: Container, command: Command): Report["at"] {
  if (stage !== undefined) {
    const instruction = stage.instructions.findLast(
      ({ keyword }) => keyword === "CMD" || keyword === "ENTRYPOINT",
    );
    return instruction && [instruction.start, instruction.end];
  }
  const [start, end] = command.rangeOf();
  if (end > start) return [start, end];
  const place = spec?.place ?? service?.place;
  return [place?.at("command"), place?.at("entrypoint")].find((candidate) => candidate?.exists);
}
