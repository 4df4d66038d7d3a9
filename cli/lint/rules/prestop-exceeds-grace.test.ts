import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "prestop-exceeds-grace";

function pod(preStop: string, grace = ""): string {
  return `${deploymentWith(`name: app\n  image: example/app:1\n  lifecycle:\n    preStop: ${preStop}`)}${grace}`;
}

const grace = (seconds: number | string) => `      terminationGracePeriodSeconds: ${seconds}\n`;

describe("reports", () => {
  test.each([
    [
      "a sleep as long as the default",
      pod("{exec: {command: [sleep, '30']}}"),
      "16:22 preStop sleeps 30 s, and terminationGracePeriodSeconds is 30 s by default",
    ],
    [
      "sleeps in a script, together",
      pod("{exec: {command: [sh, -c, 'sleep 20; drain && sleep 1m']}}", grace(60)),
      "16:22 preStop sleeps 80 s, and terminationGracePeriodSeconds is 60 s",
    ],
    [
      "the sleep action",
      pod("{sleep: {seconds: 40}}"),
      "16:22 preStop sleeps 40 s, and terminationGracePeriodSeconds is 30 s by default",
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });
});

describe("stays silent", () => {
  test.each([
    ["a grace that is longer", pod("{exec: {command: [sleep, '60']}}", grace(75))],
    ["a short sleep", pod("{exec: {command: [sh, -c, sleep 10]}}")],
    ["a number that is expanded", pod("{exec: {command: [sh, -c, 'sleep $DRAIN']}}")],
    ["a sleep in a loop", pod("{exec: {command: [sh, -c, 'while busy; do sleep 60; done']}}")],
    ["a grace that is no number", pod("{exec: {command: [sleep, '60']}}", grace('"${G}"'))],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("fix: the grace period covers the hook and the shutdown", () => {
  const hook = "{exec: {command: [sleep, '60']}}";
  expect(fixedBy(NAME, pod(hook, grace("30 # s")))).toBe(pod(hook, grace("75 # s")));
  expect(fixedBy(NAME, pod(hook))).toBe(pod(hook, grace(75)));
});
