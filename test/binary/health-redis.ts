// A redis-server as the main child of a knell that answers for it.

import { run, until } from "./harness.ts";
import {
  type Endpoint,
  type EndpointOptions,
  endpointPort,
  startEndpoint,
} from "./health-endpoint.ts";
import { makeFolder } from "./redis-server.ts";

export interface RedisEndpoint extends Endpoint {
  readonly redisPort: number;
  /** The server's pid on this machine. */
  readonly redis: number;
  /** Runs redis-cli on the server; gives what it prints. */
  cli(...words: string[]): Promise<string>;
}

export interface RedisEndpointOptions extends EndpointOptions {
  /** More options of redis-server. */
  readonly server?: readonly string[];
  /** More options of both probes. */
  readonly probe?: string;
}

/** Starts redis-server under knell init, and waits until both probes pass. */
export async function startRedisEndpoint(
  options: RedisEndpointOptions = {},
): Promise<RedisEndpoint> {
  const { server = [], probe = "", ...rest } = options;
  const redisPort = await endpointPort();
  const base = ["--port", String(redisPort), "--dir", makeFolder(), "--bind", "127.0.0.1"];
  const endpoint = await startEndpoint({
    live: `redis -p ${redisPort} --live ${probe}`,
    ready: `redis -p ${redisPort} ${probe}`,
    main: ["redis-server", ...server, "--save", "", ...base],
    ...rest,
  });
  for (const path of ["/livez", "/readyz"])
    await until(`200 for ${path}`, async () => (await endpoint.status(path)) === 200);
  return {
    ...endpoint,
    redisPort,
    redis: redisOf(endpoint),
    cli: async (...words) =>
      (await run("redis-cli", ["-p", String(redisPort), ...words])).stdout.trim(),
  };
}

/** The pid of the redis-server inside; throws if there is none. */
export function redisOf(endpoint: Endpoint): number {
  const found = endpoint.processes().find((entry) => entry.name === "redis-server");
  if (found === undefined) throw new Error("no redis-server inside");
  return found.pid;
}
