// Who waits for a service of a Compose file.

import type { Container } from "./container.ts";

/** True if a service of the same file starts only when this one is healthy. */
export function isAwaited({ service }: Container): boolean {
  return (
    service?.file.services.some(({ dependsOn }) =>
      dependsOn.some(
        (dependency) =>
          dependency.service === service.name && dependency.condition === "service_healthy",
      ),
    ) ?? false
  );
}
