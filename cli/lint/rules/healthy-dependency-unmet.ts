import { setValue } from "../../kube/yaml-edits.ts";
import type { Container } from "../../probe/container.ts";
import { healthcheckFor } from "../../probe/healthchecks.ts";
import type { Fix } from "../finding.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN603",
    name: "healthy-dependency-unmet",
    severity: "error",
    isOnByDefault: true,
    summary: "a service that waits for one to become healthy which has no healthcheck",
    why: "Without a healthcheck a container is never healthy: what depends on it does not start.",
    remedy: "Give the service a healthcheck, or wait for service_started.",
    link: "https://github.com/Arriven/db1000n/issues/444",
    fixKinds: ["unsafe"],
  },
  platforms: ["compose"],
  check: {
    container({ service, path }, { servicesOf, report }) {
      for (const { service: name, condition, place } of service?.dependsOn ?? []) {
        if (condition !== "service_healthy" || service === undefined) continue;
        const target = servicesOf(service.file).get(name);
        if (target === undefined || !isNeverHealthy(target)) continue;
        const isDisabled = target.service?.healthcheck?.isDisabled === true;
        report({
          message: `"${name}" is never healthy: ${isDisabled ? "its healthcheck is disabled" : `neither it nor the image "${target.image.text}" has a healthcheck`}`,
          at: place.at("condition"),
          path: `${path}/depends_on`,
          fixes: [isDisabled ? undefined : addHealthcheck(target)],
        });
      }
    },
  },
};

/** Official images without HEALTHCHECK in their Dockerfiles (docker-library). */
const OFFICIAL =
  /^(?:postgres|redis|valkey\/valkey|mysql|mariadb|mongo|rabbitmq|memcached|nginx|httpd|elasticsearch|cassandra|neo4j|influxdb|clickhouse|node|python|ruby|php|golang|alpine|debian|ubuntu|busybox|caddy|traefik|haproxy|zookeeper|eclipse-mosquitto|nats|couchdb|telegraf)$/;

function isNeverHealthy({ service, image }: Container): boolean {
  if (service === undefined || service.hasBuild || service.isPartial) return false;
  if (service.file.document.root.at("include").exists) return false;
  const { healthcheck } = service;
  if (healthcheck !== undefined && !healthcheck.isDisabled) return false;
  if (service.place.at("healthcheck").exists && healthcheck === undefined) return false;
  return OFFICIAL.test(image.repository) && !hasRegistry(image.text) && !/[${}]/.test(image.text);
}

function hasRegistry(text: string): boolean {
  return /^(?!docker\.io\/)[^/]*[.:][^/]*\//.test(text);
}

function addHealthcheck(target: Container): Fix | undefined {
  const test = healthcheckFor(target);
  const { service } = target;
  if (test === undefined || service === undefined) return undefined;
  const place = service.place.at("healthcheck");
  const value = { test, interval: "5s", timeout: "5s", retries: 10 };
  return fixWith(
    "unsafe",
    `add a healthcheck to "${target.name}": ${JSON.stringify(test)}`,
    setValue(place, value),
  );
}
