import { median, type Row } from "./row.ts";
import { startPod } from "./run-pods.ts";

const RUNS = 10;
/** Asked at once when the container runs, which a liveness probe is not. */
const POD = `apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: a, image: x, command: [sleep, "1000"], readinessProbe: {exec: {command: ["true"]}}}
`;

/** From starting \`knell run\` to the moment its first probe is asked. */
export async function measure(): Promise<Row[]> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const startedAtMs = performance.timeOrigin + performance.now();
    const pod = startPod(POD);
    const attempt = await pod.find(({ kind }) => kind === "attempt");
    if (attempt.kind === "attempt") times.push(attempt.startedAtMs - startedAtMs);
    await pod.stop();
  }
  return [
    {
      what: "`knell run`: start to first probe, namespaces",
      value: median(times),
      unit: "ms",
      good: "at most",
      bound: 400,
      detail: `median of ${RUNS}, worst ${Math.max(...times).toFixed(0)} ms`,
    },
  ];
}
