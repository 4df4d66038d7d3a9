// E14: no process, no pipe and no zombie, whatever the command does and however it ends.

import { expect, test } from "vitest";
import { EXEC, GONE_MS, others, startContainer, wrapperIn } from "./execs.ts";
import { until } from "./harness.ts";
import { signal } from "./launch.ts";
import { program } from "./programs.ts";

/** What a command does; `ends` if it does so by itself. */
const BEHAVIOURS: { does: string; script: string; ends: boolean }[] = [
  { does: "exits", script: "exit 0", ends: true },
  { does: "hangs", script: "echo ready; sleep 60", ends: false },
  { does: "ignores TERM", script: 'trap "" TERM; echo ready; sleep 60; sleep 60', ends: false },
  { does: "daemonises", script: "(setsid sh -c 'sleep 60 & sleep 60 &' &)", ends: true },
  { does: "daemonises and hangs", script: "setsid -f sleep 60; echo ready; sleep 60", ends: false },
  { does: "holds stdout", script: "sleep 60 & exit 0", ends: true },
  { does: "forks without end", script: `${program("fork-storm")} & echo ready; wait`, ends: false },
];

const ROWS = BEHAVIOURS.flatMap((behaviour) =>
  [
    ["--timeout", "400ms"],
    ["--grace", "50ms"],
  ].flatMap((limit) =>
    [[], ["--no-guard"]].map((guard) => ({ ...behaviour, limit, options: [...limit, ...guard] })),
  ),
);

test.each(ROWS)(
  "E14: $does, $options: nothing is left under a PID 1 that never waits",
  async (row) => {
    const space = await startContainer();
    const running = space.startExec([...EXEC, ...row.options, "--", "sh", "-c", row.script]);
    const hasDeadline = row.limit[0] === "--timeout";
    if (!row.ends && !hasDeadline) {
      await until("the command", () => running.stdout() === "ready\n");
      signal((await wrapperIn(space)).pid, "SIGTERM");
    }
    // Settles at the end of stdout and stderr: a held pipe would be a test without end.
    const { status } = await running.finished;
    expect(status).toBe(row.ends ? 0 : hasDeadline ? 124 : 143);
    await until("nothing to be left", () => others(space).length === 0, GONE_MS);
    await space.stop();
  },
);
