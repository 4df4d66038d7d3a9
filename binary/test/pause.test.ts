import { expect, test } from "vitest";
import { SIGHUP, SIGINT, SIGTERM } from "../system/linux.ts";
import { Kernel } from "./fake/kernel.ts";
import { sentBy } from "./fake/signals.ts";
import { FakeHost } from "./fake-host.ts";
import { knellModule } from "./load.ts";

test.each([SIGTERM, SIGINT])("P1: signal %i ends it although a HUP is always pending", (signal) => {
  const kernel = new Kernel();
  kernel.callLimit = 10_000;
  const { processes, program } = kernel;
  const send = (which: number) => processes.send(program, sentBy(processes.outside, which));
  let taken = 0;
  const host = new FakeHost(kernel, {
    args: ["knell", "pause"],
    observe: (name) => {
      send(SIGHUP);
      if (name === "rt_sigtimedwait" && ++taken === 100) send(signal);
    },
  });
  expect(host.run(knellModule())).toEqual({ kind: "exited", status: 0 });
  expect(taken).toBeLessThanOrEqual(103);
});
