import { describe, expect, test } from "vitest";
import { deploymentWith, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "command-bypasses-init";

function container(more: string, image = "jenkins/jenkins:lts"): string {
  return deploymentWith(`name: app\n  image: ${image}${more}`);
}

test("a command that replaces an init is reported", () => {
  expect(messagesOf(NAME, container("\n  command: [java, -jar, /jenkins.war]"))).toEqual([
    '15:20 "java" replaces the ENTRYPOINT of "jenkins/jenkins", which is "/usr/bin/tini --"',
  ]);
  const compose = "services:\n  ci:\n    image: jenkins/jenkins\n    entrypoint: [java, -jar, w]\n";
  expect(messagesOf(NAME, compose)).toHaveLength(1);
});

describe("stays silent", () => {
  test.each([
    ["args only", container("\n  args: [--httpPort=8080]")],
    ["the init first", container("\n  command: [/usr/bin/tini, --, java, -jar, w]")],
    ["an image without a known init", container("\n  command: [java]", "example/app:1")],
    [
      "a shared process namespace",
      container("\n  command: [java]").replace(
        "spec:\n      c",
        "spec:\n      shareProcessNamespace: true\n      c",
      ),
    ],
    [
      "an init container",
      container("\n  command: [java]").replace("containers:", "initContainers:") +
        "      containers: [{name: a}]\n",
    ],
    [
      "Compose init: true",
      "services:\n  ci:\n    image: jenkins/jenkins\n    init: true\n    entrypoint: [java]\n",
    ],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("unsafe fix: the init goes first", () => {
  expect(fixedBy(NAME, container("\n  command:\n  - java # main\n  - -jar"), ["unsafe"])).toBe(
    container("\n  command:\n  - /usr/bin/tini\n  - --\n  - java # main\n  - -jar"),
  );
});
