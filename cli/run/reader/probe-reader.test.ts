import { expect, test } from "vitest";
import { type PodInput, readPods } from "./pod-reader.ts";

/** What becomes of a container whose fields are given in YAML flow style. */
function read(container: string, field = "containers"): PodInput {
  const others = field === "containers" ? "" : "\n  containers: [{name: main, image: x}]";
  const text = `apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  ${field}:
  - {name: c, image: x, ${container}}${others}
`;
  return readPods([{ name: "p.yaml", text }]);
}

function messages(container: string, field?: string): string[] {
  return read(container, field).faults.map(({ message }) => message);
}

const EXEC = "exec: {command: [x]}";

test("P1: an explicit 0 for period, timeout or a threshold becomes the default", () => {
  const zeros = "periodSeconds: 0, timeoutSeconds: 0, successThreshold: 0, failureThreshold: 0";
  const { pods, faults } = read(`livenessProbe: {${EXEC}, ${zeros}}`);
  expect(faults).toEqual([]);
  expect(pods[0]?.containers[0]?.probes[0]).toMatchObject({
    periodSeconds: 10,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
    initialDelaySeconds: 0,
  });
});

test.each(["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold"])(
  "P2: a negative %s is rejected at its place",
  (field) => {
    const [fault] = read(`livenessProbe: {${EXEC}, ${field}: -1}`).faults;
    expect(fault).toMatchObject({ file: "p.yaml", line: 6 });
    expect(fault?.message).toBe(`${field}: a whole number, 0 or more, is needed, not "-1"`);
  },
);

test("P2: a timeout above the period is accepted", () => {
  expect(messages(`livenessProbe: {${EXEC}, timeoutSeconds: 60, periodSeconds: 1}`)).toEqual([]);
});

test.each([
  ["periodSeconds: 5", "none is there"],
  [`${EXEC}, tcpSocket: {port: 1}`, "exec and tcpSocket are there"],
])("P3: a probe needs exactly one handler: %s", (fields, count) => {
  expect(messages(`livenessProbe: {${fields}}`)).toEqual([
    `livenessProbe: exactly one of exec, httpGet, tcpSocket, grpc is needed; ${count}`,
  ]);
});

test.each([
  ['"8080"', 'tcpSocket.port: "8080" is no port name; a port number stands without quotes'],
  ["a--b", 'tcpSocket.port: "a--b" is no port name'],
  ["-ab", 'tcpSocket.port: "-ab" is no port name'],
  ["abcdefghijklmnop", 'tcpSocket.port: "abcdefghijklmnop" is no port name'],
  ["0", 'port: a whole number, 1 to 65535, is needed, not "0"'],
  ["65536", 'port: a whole number, 1 to 65535, is needed, not "65536"'],
])("P4: the port %s is rejected", (port, message) => {
  const [found] = messages(`livenessProbe: {tcpSocket: {port: ${port}}}`);
  expect(found?.replace("livenessProbe.", "")).toBe(message);
});

test("P4: a name that no port of the container has is accepted", () => {
  expect(messages("livenessProbe: {tcpSocket: {port: nowhere}}")).toEqual([]);
});

test("P5: probes and hooks are rejected on an ordinary init container and accepted on a sidecar", () => {
  const probe = `livenessProbe: {${EXEC}}`;
  expect(messages(probe, "initContainers")).toEqual([
    "initContainers[]: livenessProbe needs restartPolicy: Always",
  ]);
  expect(messages(`lifecycle: {preStop: {${EXEC}}}`, "initContainers")).toEqual([
    "initContainers[]: lifecycle needs restartPolicy: Always",
  ]);
  expect(messages(`${probe}, restartPolicy: Always`, "initContainers")).toEqual([]);
});

test.each([
  [`livenessProbe: {${EXEC}, successThreshold: 2}`, "livenessProbe: successThreshold must be 1"],
  [
    `readinessProbe: {${EXEC}, terminationGracePeriodSeconds: 5}`,
    "readinessProbe: terminationGracePeriodSeconds is not allowed here",
  ],
  [
    "livenessProbe: {exec: {command: []}}",
    "livenessProbe.exec.command: at least one word is needed",
  ],
  ["livenessProbe: {httpGet: {port: 1, scheme: http}}", 'scheme: "http" is none of HTTP, HTTPS'],
  [`livenessProbe: {${EXEC}, periodSecond: 5}`, 'livenessProbe: unknown field "periodSecond"'],
  ["restartPolicy: Sometimes", 'restartPolicy: "Sometimes" is none of Always, OnFailure, Never'],
  ["volumeMounts: [{name: v, mountPath: /x}]", 'volumeMounts: the pod has no volume "v"'],
])("knell run: what the API rejects is a fault: %s", (fields, message) => {
  expect(messages(fields)).toEqual([message]);
});

test("knell run: a field that is not played is named once and the pod runs", () => {
  const text = `apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  nodeSelector: {a: b}
  containers: [{name: a, image: x, tty: true}, {name: b, image: x, tty: true}]
---
apiVersion: v1
kind: Service
metadata: {name: s}
`;
  const { pods, notes, faults } = readPods([{ name: "p.yaml", text }]);
  expect(faults).toEqual([]);
  expect(pods).toHaveLength(1);
  expect(notes).toEqual([
    "spec.nodeSelector: not played here",
    "containers[].tty: not played here",
    "Service: not played here",
  ]);
});

test.each([
  ["hostile YAML", "a: &a [*a]\n"],
  ["a duplicate key", "a: 1\na: 2\n"],
  ["no YAML at all", "{[}\n"],
])("knell run: %s is a fault with its place", (_, text) => {
  const { faults } = readPods([{ name: "x.yaml", text }]);
  expect(faults[0]).toMatchObject({ file: "x.yaml", line: expect.any(Number) });
});

test.each([
  ["a key that leads out of its folder", 'data: {"../../etc/passwd": x}'],
  ["a key that is the folder", 'data: {"..": x}'],
])("knell run: a ConfigMap cannot write outside its volume: %s", (_, data) => {
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n${data}\n`;
  expect(readPods([{ name: "x.yaml", text }]).faults[0]?.message).toMatch(/is no valid key$/);
});

test("knell run: env from literals, ConfigMaps and Secrets of the same input", () => {
  const text = `apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {A: "1"}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {B: Mg==}
stringData: {C: "3"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: c
        image: x
        command: [run, $(B), $(NONE), $$(A)]
        envFrom: [{configMapRef: {name: c}, prefix: X_}]
        env:
        - {name: B, valueFrom: {secretKeyRef: {name: s, key: B}}}
        - {name: C, valueFrom: {secretKeyRef: {name: s, key: C}}}
        - {name: D, value: "$(B)$(C)"}
        - {name: E, valueFrom: {configMapKeyRef: {name: none, key: x, optional: true}}}
`;
  const { pods, notes, faults } = readPods([{ name: "p.yaml", text }]);
  expect(faults).toEqual([]);
  expect(notes).toEqual(["spec.replicas 3: one pod is played"]);
  const container = pods[0]?.containers[0];
  expect(container?.command).toEqual(["run", "2", "$(NONE)", "$(A)"]);
  expect(Object.fromEntries(container?.env.map(({ name, value }) => [name, value]) ?? [])).toEqual({
    X_A: "1",
    B: "2",
    C: "3",
    D: "23",
  });
});
