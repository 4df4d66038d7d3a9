import { describe, expect, test } from "vitest";
import { deploymentWith, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "pid1-assumption-broken";

function shared(container: string): string {
  return deploymentWith(container).replace(
    "spec:\n      c",
    "spec:\n      shareProcessNamespace: true\n      c",
  );
}

const HOOK =
  "name: a\n  image: app:1\n  lifecycle:\n    preStop:\n      exec: {command: [sh, -c, kill -TERM 1]}";

describe("reports", () => {
  test.each([
    [
      "a hook that signals PID 1",
      shared(HOOK),
      '18:40 "kill … 1" signals the PID 1 of shareProcessNamespace, not this container\'s process',
    ],
    [
      "a probe that reads /proc/1",
      shared(
        "name: a\n  image: app:1\n  livenessProbe:\n    exec: {command: [cat, /proc/1/status]}",
      ),
      '17:35 "/proc/1" is the PID 1 of shareProcessNamespace, not this container\'s process',
    ],
    [
      "s6 in a shared namespace",
      shared("name: a\n  image: linuxserver/sonarr:4"),
      '14:17 "linuxserver/sonarr:4" must be PID 1 itself, which shareProcessNamespace prevents',
    ],
    [
      "s6 under init: true",
      "services:\n  a:\n    image: lscr.io/linuxserver/sonarr\n    init: true\n",
      '2:3 "lscr.io/linuxserver/sonarr" must be PID 1 itself, which init: true prevents',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    ["its own namespace", deploymentWith(HOOK)],
    [
      "a process found by its name",
      shared(HOOK.replace("kill -TERM 1", "kill -TERM $(pidof app)")),
    ],
    [
      "/proc/1 of its own namespace",
      deploymentWith(
        "name: a\n  image: app:1\n  livenessProbe:\n    exec: {command: [cat, /proc/1/status]}",
      ),
    ],
    ["another number", shared(HOOK.replace("kill -TERM 1", "kill -TERM 12"))],
    ["init: true before a plain image", "services:\n  a:\n    image: redis:7\n    init: true\n"],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});
