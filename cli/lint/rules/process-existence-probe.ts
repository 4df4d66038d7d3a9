import type { Command } from "../../probe/command.ts";
import type { Container } from "../../probe/container.ts";
import type { Invocation } from "../../probe/script.ts";
import type { Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN206",
    name: "process-existence-probe",
    severity: "warning",
    isOnByDefault: true,
    summary: "a probe that only looks whether a process is there",
    why: "A probe runs only while PID 1 does, and a hung process or a zombie is there too: it can hardly fail.",
    remedy: "Ask the program something that it has to answer.",
    link: "https://github.com/kyverno/policies/tree/main/other/deny-commands-in-exec-probe",
    fixKinds: [],
  },
  platforms: ["kubernetes", "compose", "dockerfile"],
  check: {
    probe({ command, container }, { report }) {
      if (command === undefined || isSupervised(container)) return;
      const look = lookFor(command);
      if (look === undefined) return;
      report({
        message: `"${look.text}" only tells that a process is there`,
        at: command.rangeOf(look.at),
      });
    },
  },
};

/** PID 1 watches others, or other containers' processes are seen: one of them may be gone while the container runs. */
function isSupervised({ start, image, workload, service }: Container): boolean {
  if (image.init?.isSupervisor || workload?.pod.shareProcessNamespace || workload?.pod.hostPID)
    return true;
  if (service?.pid !== undefined) return true;
  const { entrypoint, cmd } = start;
  const words = [...(entrypoint?.argv ?? []), ...(cmd?.argv ?? [])].map((word) =>
    word.slice(word.lastIndexOf("/") + 1),
  );
  const isManager = words.some((word) => SUPERVISORS.test(word)) || words[0] === "init";
  return (
    isManager ||
    [entrypoint, cmd].some((command) =>
      command?.invocations.some(({ isBackground }) => isBackground),
    )
  );
}

const SUPERVISORS =
  /^(?:supervisord|s6-svscan|runsvdir|runit|my_init|systemd|monit|pm2|pm2-runtime|foreman|honcho|circusd)$/;

interface Look {
  readonly text: string;
  readonly at: Pick<Invocation, "start" | "end">;
}

/** They shape what another program says. */
const FILTERS =
  /^(?:grep|egrep|fgrep|g?awk|sed|wc|head|tail|tr|cut|sort|xargs|cat|test|\[|echo|printf|exit|true|false|:|set|exec|read|pgrep|pidof|ps|kill|service)$/;

/** The part that the verdict rests on; undefined where anything else has a say in it. */
function lookFor(command: Command): Look | undefined {
  const { invocations, script } = command;
  if (script?.hasError || !invocations.every(({ program }) => FILTERS.test(program)))
    return undefined;
  const found = invocations.find(isLook);
  if (found === undefined) return undefined;
  const others = invocations.filter(readsFile).filter((invocation) => !isLook(invocation));
  if (others.length > 0) return undefined;
  const words = found.words.map(({ text }) => text);
  return { text: words.slice(0, 4).join(" "), at: found };
}

function isLook({ program, args }: Invocation): boolean {
  const texts = args.map(({ text }) => text);
  if (program === "ps" || program === "pgrep" || program === "pidof") return true;
  if (program === "kill") return texts[0] === "-0" || (texts[0] === "-s" && texts[1] === "0");
  if (program === "service") return texts[1] === "status";
  return READERS.test(program) && texts.some((text) => /^\/proc\/1(?:\/|$)|\.pid$/.test(text));
}

const READERS = /^(?:cat|test|\[|grep|egrep|head|ls)$/;

/** A file beside those of processes: its content may tell more. */
function readsFile({ program, args }: Invocation): boolean {
  return READERS.test(program) && args.some(({ text }) => text.startsWith("/"));
}
