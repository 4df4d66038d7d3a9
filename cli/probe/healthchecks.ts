// The healthcheck that a service of a known family gets: one process, no shell (shape single).

import type { Container } from "./container.ts";
import { demandedPassword } from "./redis-server.ts";

/** The `test` list of a Compose healthcheck; undefined where the family, or what the client needs, is not known. */
export function healthcheckFor(container: Container): readonly string[] | undefined {
  const { image, env } = container;
  switch (image.family) {
    case "postgres": {
      const user = env.get("POSTGRES_USER") ?? (env.has("POSTGRES_USER") ? undefined : "postgres");
      return user === undefined ? undefined : ["CMD", "pg_isready", "-U", user];
    }
    case "redis":
      return demandedPassword(container) ? undefined : ["CMD", "redis-cli", "-e", "ping"];
    case "valkey":
      return demandedPassword(container) ? undefined : ["CMD", "valkey-cli", "-e", "ping"];
    case "mariadb":
      return ["CMD", "healthcheck.sh", "--connect", "--innodb_initialized"];
    case "mysql":
      return ["CMD", "mysqladmin", "ping", "-h", "127.0.0.1"];
    case "rabbitmq":
      return ["CMD", "rabbitmq-diagnostics", "-q", "ping"];
    default:
      return undefined;
  }
}
