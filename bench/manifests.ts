// Manifests as people write them, from a seed: the same seed gives the same bytes.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Uniform in [0, 1), from a 32-bit seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const APPS = ["api", "web", "worker", "billing", "search", "auth", "mailer", "reports"];

/** Image, container port, probe commands in flow style. */
const SERVERS = [
  {
    image: "redis:7.2-alpine",
    port: 6379,
    probes: ["[redis-cli, ping]", '[sh, -c, "redis-cli ping | grep PONG"]'],
  },
  {
    image: "postgres:16",
    port: 5432,
    probes: ["[pg_isready, -U, app]", "[sh, -c, 'exec pg_isready -U app']"],
  },
  { image: "rabbitmq:3.13-management", port: 5672, probes: ["[rabbitmq-diagnostics, -q, ping]"] },
  {
    image: "registry.example.com/shop/app:1.42.0",
    port: 8080,
    probes: ["[curl, -f, http://localhost:8080/health]", "[cat, /tmp/healthy]"],
  },
];

/** One file: a workload with its Service, often a ConfigMap, as one stream. About 3 KB. */
export function manifest(index: number, seed: number): string {
  const random = randomFrom(seed * 1_000_003 + index);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const name = `${pick(APPS)}-${index}`;
  const server = pick(SERVERS);
  const hasHttpProbes = random() < 0.5;
  const handler = (path: string) =>
    hasHttpProbes
      ? `            httpGet:\n              path: ${path}\n              port: http`
      : `            exec:\n              command: ${pick(server.probes)}`;
  const kind = random() < 0.25 ? "StatefulSet" : "Deployment";
  const environment = Array.from({ length: 3 + Math.floor(random() * 8) }, (_, at) =>
    random() < 0.3
      ? `            - name: SETTING_${at}\n              valueFrom:\n                secretKeyRef:\n                  name: ${name}\n                  key: setting-${at}`
      : `            - name: SETTING_${at}\n              value: "${Math.floor(random() * 1e6)}"`,
  ).join("\n");
  const workload = `# ${name}: rolled out by the ${pick(APPS)} team
apiVersion: apps/v1
kind: ${kind}
metadata:
  name: ${name}
  namespace: shop
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: shop
spec:
  replicas: ${1 + Math.floor(random() * 4)}
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
      containers:
        - name: main
          image: ${server.image}
          imagePullPolicy: IfNotPresent
          ports:
            - name: http
              containerPort: ${server.port}
          env:
${environment}
          livenessProbe:
${handler("/livez")}
            initialDelaySeconds: ${Math.floor(random() * 30)}
            periodSeconds: 10
            timeoutSeconds: ${1 + Math.floor(random() * 5)}
            failureThreshold: 3
          readinessProbe:
${handler("/readyz")}
            periodSeconds: 5
          resources:
            requests:
              cpu: 100m
              memory: 128Mi  # measured in May
            limits:
              memory: 512Mi
          volumeMounts:
            - name: config
              mountPath: /etc/app
      volumes:
        - name: config
          configMap:
            name: ${name}
`;
  const service = `---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`;
  const settings = Array.from(
    { length: 4 + Math.floor(random() * 12) },
    (_, at) => `    option.${at} = ${Math.floor(random() * 1e9).toString(36)}`,
  );
  const configMap = `---
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: shop
data:
  app.properties: |
${settings.join("\n")}
`;
  return workload + service + (random() < 0.6 ? configMap : "");
}

/** Writes `count` files into folders of a hundred below `folder`. */
export function writeManifests(folder: string, count: number, seed: number): void {
  for (let index = 0; index < count; index++) {
    const group = join(folder, String(Math.floor(index / 100)).padStart(3, "0"));
    if (index % 100 === 0) mkdirSync(group, { recursive: true });
    writeFileSync(
      join(group, `${String(index % 100).padStart(2, "0")}.yaml`),
      manifest(index, seed),
    );
  }
}
