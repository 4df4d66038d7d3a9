import { describe, expect, test } from "vitest";
import { deploymentWith, findingsOf, fixedBy, messagesOf } from "../../../test/lint/rule-tester.ts";
import { lint } from "../engine.ts";

const NAME = "client-outlives-probe";

function probe(argv: string, timing = ""): string {
  return deploymentWith(
    `name: db\n  image: example/db:1\n  readinessProbe:\n    exec:\n      command: ${argv}${timing}`,
  );
}

describe("reports", () => {
  test.each([
    [
      "a tool's own default against the probe's default",
      probe("[pg_isready]"),
      '17:25 "pg_isready" without -t may take 3 s, and timeoutSeconds is 1 s by default',
    ],
    [
      "equal limits, which race",
      probe("[sh, -c, timeout 5 redis-cli ping]", "\n    timeoutSeconds: 5"),
      '17:41 "timeout 5" may take 5 s, and timeoutSeconds is 5 s',
    ],
    [
      "curl's retries",
      probe("[curl, -m, '4', --retry, '2', http://localhost]", "\n    timeoutSeconds: 10"),
      '17:25 "curl -m 4" in 3 attempts may take 12 s, and timeoutSeconds is 10 s',
    ],
    [
      "Docker's timeout",
      "services:\n  a:\n    image: a\n    healthcheck:\n      test: curl -m 10 -f http://x\n      timeout: 5s\n",
      '5:13 "curl -m 10" may take 10 s, and timeout is 5 s',
    ],
  ])("%s", (_, text, message) => {
    expect(messagesOf(NAME, text)).toEqual([message]);
  });

  test("a limit that is written is an error, a tool's default a warning", () => {
    expect(findingsOf(NAME, probe("[pg_isready, -t, '3']"))[0]?.severity).toBe("error");
    expect(findingsOf(NAME, probe("[pg_isready]"))[0]?.severity).toBe("warning");
  });

  test("it stands for KN302", () => {
    const { findings } = lint([{ file: "a.yaml", text: probe("[pg_isready]") }]);
    expect(findings.map(({ id }) => id)).toEqual(["KN301"]);
  });
});

describe("stays silent", () => {
  test.each([
    ["an inner limit that is shorter", probe("[pg_isready, -t, '3']", "\n    timeoutSeconds: 5")],
    [
      "Bitnami's timeout inside, 1 s under the probe's",
      probe("[sh, -c, timeout -s 15 5 redis-cli ping]", "\n    timeoutSeconds: 6"),
    ],
    ["no limit inside", probe("[redis-cli, ping]")],
    ["a limit that is expanded", probe(`[sh, -c, 'timeout "$1" redis-cli ping', sh, "5"]`)],
    ["an outer limit that is no number", probe("[pg_isready]", '\n    timeoutSeconds: "${T}"')],
    [
      "Docker's 30 s by default",
      "services:\n  a:\n    image: a\n    healthcheck: {test: [CMD, pg_isready]}\n",
    ],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});

test("fix: the outer limit is one second longer than the inner one", () => {
  expect(fixedBy(NAME, probe("[pg_isready]", "\n    periodSeconds: 5"))).toBe(
    probe("[pg_isready]", "\n    periodSeconds: 5\n    timeoutSeconds: 4"),
  );
  expect(fixedBy(NAME, probe("[curl, -m, '4.5', x]", "\n    timeoutSeconds: 2 # short"))).toBe(
    probe("[curl, -m, '4.5', x]", "\n    timeoutSeconds: 5 # short"),
  );
  const dockerfile = "FROM a\nHEALTHCHECK --timeout=3s CMD curl -m 3 -f http://x\n";
  expect(fixedBy(NAME, dockerfile, ["safe"], { file: "Dockerfile" })).toBe(
    dockerfile.replace("timeout=3s", "timeout=4s"),
  );
});
