import { describe, expect, test } from "vitest";
import { parseManifest } from "./manifest.ts";
import { objectsOf } from "./object.ts";
import { workloadOf } from "./pod-spec.ts";

const SPEC = "{containers: [{name: a, image: b}]}";

function workloadsIn(text: string) {
  return objectsOf(parseManifest(text)).map(workloadOf);
}

describe("every object with a pod template is a workload", () => {
  test.each([
    ["v1", "Pod", `spec: ${SPEC}`, false, true],
    ["apps/v1", "Deployment", `spec: {template: {spec: ${SPEC}}}`, false, true],
    ["apps/v1", "StatefulSet", `spec: {template: {spec: ${SPEC}}}`, false, true],
    ["apps/v1", "DaemonSet", `spec: {template: {spec: ${SPEC}}}`, false, true],
    ["apps/v1", "ReplicaSet", `spec: {template: {spec: ${SPEC}}}`, false, true],
    ["v1", "ReplicationController", `spec: {template: {spec: ${SPEC}}}`, false, true],
    ["v1", "PodTemplate", `template: {spec: ${SPEC}}`, false, true],
    ["batch/v1", "Job", `spec: {template: {spec: ${SPEC}}}`, true, true],
    ["batch/v1", "CronJob", `spec: {jobTemplate: {spec: {template: {spec: ${SPEC}}}}}`, true, true],
    ["argoproj.io/v1alpha1", "Rollout", `spec: {template: {spec: ${SPEC}}}`, false, false],
  ])("%s %s", (apiVersion, kind, body, isBatch, isBuiltIn) => {
    const [workload] = workloadsIn(
      `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: x}\n${body}\n`,
    );
    expect(workload).toMatchObject({ isBatch, isBuiltIn, pod: { containers: [{ name: "a" }] } });
  });

  test.each(["Service", "ConfigMap", "Deployment"])("a %s without one is none", (kind) => {
    expect(workloadsIn(`apiVersion: v1\nkind: ${kind}\nspec: {template: x}\n`)).toEqual([
      undefined,
    ]);
  });
});

describe("a pod spec", () => {
  const [workload] = workloadsIn(`apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  shareProcessNamespace: true
  hostPID: "true"
  initContainers:
    - {name: init}
    - {name: side, restartPolicy: Always}
  containers:
    - name: a
      command: [x, 1, true]
      args: y
      env:
        - {name: A, value: b}
        - {name: N}
        - {name: S, valueFrom: {secretKeyRef: {name: s, key: k}}}
      envFrom: [{secretRef: {name: s}}]
      ports: [{name: http, containerPort: 80}, oops]
      livenessProbe: {exec: {command: [a]}, httpGet: {port: 80}}
      readinessProbe: nonsense
      lifecycle: {preStop: {sleep: {seconds: 5}}}
    - 5
`);
  const { pod } = workload!;
  const container = pod.containers[2]!;

  test("init containers come first; one that restarts always is a sidecar", () => {
    expect(pod.containers.map(({ name, isInit, isSidecar }) => [name, isInit, isSidecar])).toEqual([
      ["init", true, false],
      ["side", true, true],
      ["a", false, false],
    ]);
  });

  test("values of a wrong type read as missing, defaults are filled in", () => {
    expect(pod).toMatchObject({
      hostPID: false,
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: 30,
      restartPolicy: "Always",
    });
    expect(container).toMatchObject({ command: ["x", "1", "true"], args: undefined, image: "" });
    expect(container.probes.map(({ type, handlers }) => [type, handlers])).toEqual([
      ["livenessProbe", ["exec", "httpGet"]],
    ]);
  });

  test("environment: a value, an empty one, and where one comes from", () => {
    expect(container.env.map(({ name, value, valueFrom }) => [name, value, valueFrom])).toEqual([
      ["A", "b", undefined],
      ["N", "", undefined],
      ["S", undefined, "secretKeyRef"],
    ]);
    expect(container.hasEnvFrom).toBe(true);
  });

  test("hooks", () => {
    expect(container.hooks).toMatchObject([{ type: "preStop", sleepSeconds: 5 }]);
  });
});
