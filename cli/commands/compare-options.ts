import type { CommandHelp } from "../command-line/help.ts";
import { SHARED_RUN_OPTIONS } from "./run-options.ts";

const { help, ...shared } = SHARED_RUN_OPTIONS;

export const COMPARE_OPTIONS = {
  probe: {
    group: "What is compared",
    value: "COMMAND",
    isRepeatable: true,
    summary:
      "a probe in place of the pod's own; \"knell init --listen :8086 --live '…'\" is asked by httpGet",
  },
  for: { group: "When it ends", value: "DURATION", summary: "how long each runs (default 25s)" },
  ...shared,
  output: {
    group: "Output",
    value: "FORMAT",
    choices: ["plain", "markdown", "json"],
    summary: "plain (default), markdown or json",
  },
  help,
} as const;

export const COMPARE_HELP: CommandHelp = {
  usage: "knell compare [OPTION…] FILE… --probe COMMAND --probe COMMAND…",
  description: [
    "Runs the same pod once for each probe, side by side, with the same faults at the same time, and says",
    "what each probe saw: failures, how long until the first, the longest time without a verdict, zombies",
    "left behind, CPU time. Without --fault: the first container is frozen for 15 s after 5 s.",
  ].join("\n"),
  example:
    "knell compare redis.yaml --probe 'tini -s -- redis-cli ping' --probe 'knell redis --live'",
  options: COMPARE_OPTIONS,
  notes: "exit status: 0 all ran to the end, 2 could not do the job",
};
