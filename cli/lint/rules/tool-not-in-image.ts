import { isMissing } from "../../probe/image-tools.ts";
import type { Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN208",
    name: "tool-not-in-image",
    severity: "warning",
    isOnByDefault: true,
    summary: "a HEALTHCHECK that needs a shell or a tool which the image does not hold",
    why: "The check can never start: Docker calls the container unhealthy, and as a Kubernetes probe it errors for ever.",
    remedy: "Run a program of the image, or install the tool in the final stage.",
    link: "https://github.com/kubernetes/kubernetes/issues/106682",
    fixKinds: [],
  },
  platforms: ["dockerfile"],
  check: {
    probe({ command, container }, { report }) {
      const { image, stage } = container;
      if (command === undefined || stage === undefined) return;
      const { shell, outer, invocations } = command;
      const message = (program: string) =>
        `"${program}" is not in "${image.text}", and nothing here installs it`;
      if (shell !== undefined && !outer.words[0]?.text.startsWith("/busybox/")) {
        const isScript = shell.scriptIndex === undefined && outer.program !== shell.name;
        if (isMissing(shell.name, image, stage)) {
          const why = isScript ? `: "${outer.program}" begins with it` : "";
          report({ message: message(shell.name) + why, at: command.rangeOf() });
          return;
        }
      }
      const missing = invocations.find(
        ({ program, isBuiltin }) => !isBuiltin && isMissing(program, image, stage),
      );
      if (missing === undefined) return;
      report({ message: message(missing.program), at: command.rangeOf(missing) });
    },
  },
};
