import type { Rule } from "../rule.ts";

const LAST_WINS = ["HEALTHCHECK", "CMD", "ENTRYPOINT"];

export const rule: Rule = {
  meta: {
    id: "KN605",
    name: "duplicate-instruction",
    severity: "error",
    isOnByDefault: true,
    summary: "a HEALTHCHECK, CMD or ENTRYPOINT that a later one in its stage replaces",
    why: "The last one wins without a word: the check or program that stands first never runs.",
    remedy: "Keep one, the last; put several commands into one script.",
    link: "https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/",
    fixKinds: [],
  },
  platforms: ["dockerfile"],
  check: {
    dockerfile({ stages, lines }, { report }) {
      for (const { index, instructions } of stages) {
        for (const keyword of LAST_WINS) {
          const all = instructions.filter((instruction) => instruction.keyword === keyword);
          const last = all.at(-1);
          for (const { start, end } of all.slice(0, -1)) {
            report({
              message: `this ${keyword} has no effect: the one in line ${lines.positionAt(last!.start).line} replaces it`,
              at: [start, end],
              path: `stage ${index + 1}/${keyword}`,
            });
          }
        }
      }
    },
  },
};
