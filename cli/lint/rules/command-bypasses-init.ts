import { setStrings } from "../../kube/yaml-edits.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN104",
    name: "command-bypasses-init",
    severity: "warning",
    isOnByDefault: true,
    summary: "a command that replaces an ENTRYPOINT which starts an init",
    why: "The image's own protection against zombies is lost without a word.",
    remedy: "Start the init first, or set only the arguments.",
    link: "https://docs.docker.com/reference/compose-file/services/#entrypoint",
    fixKinds: ["unsafe"],
  },
  platforms: ["kubernetes", "compose"],
  check: {
    container({ image, start, reaper, isShortLived, place, platform }, { report }) {
      const { init } = image;
      if (init === undefined || start.entrypoint === undefined) return;
      if (reaper.answer === "yes" || isShortLived || place === undefined) return;
      const at = place.at(platform === "kubernetes" ? "command" : "entrypoint");
      const [program] = start.entrypoint.argv;
      const words = init.argv.join(" ");
      report({
        message: `"${program}" replaces the ENTRYPOINT of "${image.repository}", which is "${words}"`,
        at,
        fixes: [
          fixWith(
            "unsafe",
            `put "${words}" in front`,
            at.strings && setStrings(at, [...init.argv, ...at.strings]),
          ),
        ],
      });
    },
  },
};
