import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, messagesOf } from "../../../test/lint/rule-tester.ts";
import { lint } from "../engine.ts";

const NAME = "probes-missing";
const BARE = deploymentWith("name: app\n  image: app:1");
const COMPOSE = "services:\n  web:\n    image: web:1\n";
const DOCKERFILE = 'FROM node:22\nCMD ["node", "a.js"]\n';
const SERVICE =
  "---\napiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {selector: {app: app}}\n";

function withOptions(options: Record<string, boolean>) {
  return { rules: { [NAME]: ["on", options] as const } };
}

test("off by default", () => {
  expect(lint([{ file: "a.yaml", text: BARE }]).findings).toEqual([]);
});

describe("reports", () => {
  test("both probes of a container, as an info", () => {
    expect(messagesOf(NAME, BARE)).toEqual([
      '13:17 "app" has no livenessProbe and no readinessProbe',
    ]);
    expect(findingsOf(NAME, BARE)[0]?.severity).toBe("info");
  });

  test("the one that is missing", () => {
    const text = deploymentWith(
      "name: app\n  image: app:1\n  readinessProbe: {tcpSocket: {port: 1}}",
    );
    expect(messagesOf(NAME, text)).toEqual(['13:17 "app" has no livenessProbe']);
  });

  test("a Compose service", () => {
    expect(messagesOf(NAME, COMPOSE)).toEqual(['2:3 "web" has no healthcheck']);
  });

  test("a Dockerfile, where the options ask for it", () => {
    const options = { file: "Dockerfile", ...withOptions({ dockerfiles: true }) };
    expect(messagesOf(NAME, DOCKERFILE, options)).toEqual(['1:1 "stage 1" has no healthcheck']);
  });

  test("pods behind a Service alone, where the options say so", () => {
    const options = withOptions({ "behind-service": true });
    expect(messagesOf(NAME, BARE, options)).toEqual([]);
    expect(messagesOf(NAME, BARE + SERVICE, options)).toHaveLength(1);
    expect(messagesOf(NAME, BARE + SERVICE.replace("app: app", "app: other"), options)).toEqual([]);
  });
});

describe("stays silent", () => {
  test("on what the options leave out", () => {
    expect(messagesOf(NAME, BARE, withOptions({ liveness: false }))).toEqual([
      '13:17 "app" has no readinessProbe',
    ]);
    expect(messagesOf(NAME, BARE, withOptions({ liveness: false, readiness: false }))).toEqual([]);
    expect(messagesOf(NAME, COMPOSE, withOptions({ healthcheck: false }))).toEqual([]);
  });

  test.each([
    [
      "both probes",
      deploymentWith(
        "name: a\n  livenessProbe: {tcpSocket: {port: 1}}\n  readinessProbe: {tcpSocket: {port: 1}}",
      ),
    ],
    ["a Job", BARE.replace("apps/v1", "batch/v1").replace("Deployment", "Job")],
    [
      "a CronJob",
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: '@daily', jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: a:1}]}}}}}\n",
    ],
    ["a patch", BARE.replace("\n          image: app:1", "")],
    ["init containers", `${BARE.replace("containers:", "initContainers:")}      containers: []\n`],
    [
      "a sidecar",
      `${BARE.replace("containers:", "initContainers:").replace("image: app:1", "restartPolicy: Always")}      containers: []\n`,
    ],
    ["a healthcheck", `${COMPOSE}    healthcheck: {test: [CMD, a]}\n`],
    ["a healthcheck that is switched off", `${COMPOSE}    healthcheck: {disable: true}\n`],
    ["a service that extends another", `${COMPOSE}    extends: {service: base}\n`],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });

  test("Dockerfiles, unless asked, and those with a HEALTHCHECK", () => {
    expect(messagesOf(NAME, DOCKERFILE, { file: "Dockerfile" })).toEqual([]);
    const options = { file: "Dockerfile", ...withOptions({ dockerfiles: true }) };
    expect(messagesOf(NAME, `${DOCKERFILE}HEALTHCHECK NONE\n`, options)).toEqual([]);
    const staged = "FROM node:22 AS base\nHEALTHCHECK CMD node a.js\nFROM base\nUSER node\n";
    expect(messagesOf(NAME, staged, options)).toEqual([]);
  });
});
