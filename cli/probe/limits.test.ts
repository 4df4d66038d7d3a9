import { describe, expect, test } from "vitest";
import { Command } from "./command.ts";
import { parseImage } from "./image.ts";
import { innerLimitOf } from "./limits.ts";

function limit(...argv: string[]) {
  const context = { image: parseImage("debian:12"), readFile: () => undefined };
  const found = innerLimitOf(new Command(argv, [], context));
  return found && [found.seconds, found.isExplicit];
}

describe("the longest that a command may take", () => {
  test.each<[number, boolean, string[]]>([
    [5, true, ["timeout", "5", "redis-cli", "ping"]],
    [5, true, ["timeout", "-s", "KILL", "5s", "redis-cli", "ping"]],
    [0.3, true, ["timeout", "0.3", "a"]],
    [60, true, ["sh", "-c", "timeout 1m a"]],
    [10, true, ["curl", "-m", "10", "http://x"]],
    [10, true, ["curl", "-m10", "http://x"]],
    [40, true, ["curl", "--max-time", "10", "--retry", "3", "http://x"]],
    [6, true, ["wget", "-T", "3", "-t", "2", "http://x"]],
    [3, true, ["wget", "--timeout=3", "http://x"]],
    [3, false, ["pg_isready"]],
    [7, true, ["pg_isready", "-t", "7"]],
    [2, true, ["timeout", "2", "pg_isready", "-t", "7"]],
    [2, true, ["timeout", "2", "sh", "-c", "pg_isready -t 7"]],
    [7, true, ["sh", "-c", "nc -w 2 h 1 && pg_isready -t 7"]],
    [4, true, ["sh", "-c", "PGCONNECT_TIMEOUT=4 psql -c 'select 1'"]],
    [2, false, ["grpc_health_probe", "-addr=:1"]],
    [4, true, ["grpc_health_probe", "-addr=:1", "-rpc-timeout=3s"]],
    [1, false, ["celery", "-A", "app", "inspect", "ping"]],
    [30, true, ["sh", "-c", "a; sleep 30; b"]],
  ])("%s s (explicit: %s): %j", (seconds, isExplicit, argv) => {
    expect(limit(...argv)).toEqual([seconds, isExplicit]);
  });

  test.each([
    [["curl", "http://x"]],
    [["sh", "-c", 'timeout "$T" a']],
    [["redis-cli", "ping"]],
    [["celery", "worker"]],
    [["timeout", "0", "a"]],
  ])("nothing is known of %j", (argv) => {
    expect(limit(...argv)).toBeUndefined();
  });
});
