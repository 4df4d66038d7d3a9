// Patterns P1–P14: what replaces a probe's command. Each original runs in the real shell with a redis-cli that prints one
// reply after the other, and each replacement in the real knell.

import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askWithKnell } from "../../cli/probe/knell-command.ts";
import { findQuestion } from "../../cli/probe/redis-question.ts";
import { answerOf, ERROR_CODES, HEALTHY } from "../../cli/probe/redis-state.ts";
import { invocationOfArgv } from "../../cli/probe/script.ts";
import { KNELL } from "../binary/harness.ts";
import { probesIn } from "./probes.ts";

type Role = "readinessProbe" | "livenessProbe" | "startupProbe";

const SCRIPTS: Readonly<Record<string, string>> = {
  "bitnami-readiness.sh": `#!/bin/bash
[[ -f $REDIS_PASSWORD_FILE ]] && export REDIS_PASSWORD="$(< "\${REDIS_PASSWORD_FILE}")"
[[ -n "$REDIS_PASSWORD" ]] && export REDISCLI_AUTH="$REDIS_PASSWORD"
response=$(
  timeout -s 15 $1 \\
  redis-cli \\
    -h localhost \\
    -p $REDIS_PORT \\
    ping
)
if [ "$?" -eq "124" ]; then
  echo "Timed out"
  exit 1
fi
if [ "$response" != "PONG" ]; then
  echo "$response"
  exit 1
fi
`,
  "bitnami-liveness.sh": `#!/bin/bash
[[ -n "$REDIS_PASSWORD" ]] && export REDISCLI_AUTH="$REDIS_PASSWORD"
response=$(timeout -s 15 $1 redis-cli -h localhost ping)
if [ "$?" -eq "124" ]; then echo "Timed out"; exit 1; fi
responseFirstWord=$(echo "$response" | head -n1 | awk '{print $1;}')
if [ "$response" != "PONG" ] && [ "$responseFirstWord" != "LOADING" ] && [ "$responseFirstWord" != "MASTERDOWN" ]; then
  echo "$response"
  exit 1
fi
`,
  "redis-ha-liveness.sh": `#!/bin/sh
if ! [ -z "$AUTH" ]; then export REDISCLI_AUTH=$AUTH; fi
response=$(redis-cli -h localhost -p 6379 ping)
echo "response=$response"
case $response in
  PONG|LOADING*) ;;
  *) exit 1 ;;
esac
exit 0
`,
  "redis-ha-readiness.sh": `#!/bin/sh
response=$(redis-cli -h localhost ping)
if [ "$response" != "PONG" ] ; then echo "ping=$response"; exit 1; fi
response=$(redis-cli -h localhost role)
role=$( echo "$response" | sed "1!d" )
if [ "$role" = "master" ]; then exit 0
elif [ "$role" = "slave" ]; then
  repl=$( echo "$response" | sed "4!d" )
  if [ "$repl" = "connected" ]; then exit 0; else exit 1; fi
else exit 1
fi
`,
};

const VARIABLES: Readonly<Record<string, string>> = {
  REDIS_PORT: "6379",
  REDIS_PASSWORD: "secret",
  VAR: "x",
};

function pod(argv: readonly string[], role: Role, timeoutSeconds?: number): string {
  const container = {
    name: "redis",
    image: "redis:7",
    env: [
      { name: "REDIS_PORT", value: "6379" },
      { name: "REDIS_PASSWORD", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
    ],
    volumeMounts: [{ name: "health", mountPath: "/health" }],
    [role]: { exec: { command: argv }, ...(timeoutSeconds && { timeoutSeconds }) },
  };
  const volumes = [{ name: "health", configMap: { name: "health" } }];
  const objects = [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "health" }, data: SCRIPTS },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { volumes, containers: [container] },
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}

const sh = (script: string) => ["sh", "-c", script];
const bash = (script: string) => ["bash", "-c", script];
const R = "readinessProbe";
const L = "livenessProbe";

type Row = readonly [
  label: string,
  argv: readonly string[],
  role: Role,
  expected: readonly string[] | string,
  timeoutSeconds?: number,
];

const REPLACED: readonly Row[] = [
  ["P1: exec form", ["redis-cli", "ping"], R, ["knell", "redis"]],
  ["P1, R130: exec form on liveness", ["redis-cli", "ping"], L, ["knell", "redis", "--live"]],
  [
    "P1: options in order",
    ["/usr/bin/valkey-cli", "-p", "6380", "-h", "10.0.0.1", "PING"],
    R,
    ["knell", "redis", "-p", "6380", "-h", "10.0.0.1"],
  ],
  [
    "P1, R133: the kubelet's reference to a variable",
    ["redis-cli", "-a", "$(REDIS_PASSWORD)", "ping"],
    R,
    ["knell", "redis", "--password-env", "REDIS_PASSWORD"],
  ],
  [
    "P1: a reference with a value stays",
    ["redis-cli", "-p", "$(REDIS_PORT)", "ping"],
    R,
    ["knell", "redis", "-p", "$(REDIS_PORT)"],
  ],
  ["P2: shell string", sh("redis-cli ping || exit 1"), R, ["knell", "redis"]],
  ["P2: quiet", sh("redis-cli ping > /dev/null 2>&1"), R, ["knell", "redis"]],
  [
    "P2: the host is expanded",
    sh("redis-cli -h $(hostname) ping"),
    L,
    'exec knell redis --live -h "$(hostname)"',
  ],
  [
    "P2: a default is kept",
    sh('redis-cli -p "${REDIS_PORT:-6379}" ping || false'),
    R,
    'exec knell redis -p "${REDIS_PORT:-6379}"',
  ],
  ["P3: grep", sh("redis-cli ping | grep -q PONG"), L, ["knell", "redis"]],
  [
    "P3: anchored, quoted, case-blind",
    sh("redis-cli ping 2>/dev/null | grep -i '^pong$' || exit 1"),
    R,
    ["knell", "redis"],
  ],
  [
    "P3: a tail that does something stays",
    sh("redis-cli ping | grep -q PONG || (echo dead; kill 1)"),
    L,
    "knell redis || (echo dead; kill 1)",
  ],
  [
    "P4: grep -E",
    sh("redis-cli -p 6666 PING | grep -E '(PONG|NOAUTH)' || exit 1"),
    R,
    ["knell", "redis", "--accept", "NOAUTH", "-p", "6666"],
  ],
  [
    "P4: egrep, in its order",
    sh("redis-cli ping | egrep 'PONG|NOAUTH|LOADING'"),
    L,
    ["knell", "redis", "--accept", "NOAUTH,LOADING"],
  ],
  ["P5: [[ ]]", bash("res=$(redis-cli ping); [[ $res = 'PONG' ]]"), R, ["knell", "redis"]],
  ["P5: [ ] inline", sh('[ "$(redis-cli ping)" = PONG ]'), R, ["knell", "redis"]],
  ["P5: unquoted", sh("[ $(redis-cli ping) = PONG ]"), R, ["knell", "redis"]],
  [
    "P5: case",
    sh("case $(redis-cli ping) in PONG|LOADING*) exit 0;; *) exit 1;; esac"),
    L,
    ["knell", "redis", "--accept", "LOADING"],
  ],
  ["P5: expr", sh('PONG=$(redis-cli ping); expr "$PONG" : PONG'), R, ["knell", "redis"]],
  [
    "P5: set -e",
    [
      "sh",
      "-ec",
      'r=$(redis-cli -h $(hostname) ping)\nif [ "$r" != PONG ]; then echo "$r"; exit 1; fi',
    ],
    R,
    'exec knell redis -h "$(hostname)"',
  ],
  [
    "P6: password if there is one",
    sh(
      'if [ -z "$REDIS_PASSWORD" ]; then redis-cli ping; else redis-cli -a $REDIS_PASSWORD ping; fi',
    ),
    R,
    ["knell", "redis", "--password-env", "REDIS_PASSWORD"],
  ],
  [
    "P6: password of a file",
    sh("redis-cli -a $(cat /run/secrets/redis_password) ping"),
    R,
    ["knell", "redis", "--password-file", "/run/secrets/redis_password"],
  ],
  [
    "P6: password before the client",
    sh('REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli -e ping'),
    R,
    ["knell", "redis", "-e", "--password-env", "REDIS_PASSWORD"],
  ],
  [
    "P6: bitnami's readiness script",
    sh("/health/bitnami-readiness.sh 1"),
    R,
    'exec knell redis -h localhost -p "$REDIS_PORT" --password-env REDIS_PASSWORD --password-file "$REDIS_PASSWORD_FILE" --timeout 1s',
    5,
  ],
  [
    "P6: bitnami's liveness script",
    sh("/health/bitnami-liveness.sh 5"),
    L,
    [
      "knell",
      "redis",
      "--accept",
      "LOADING,MASTERDOWN",
      "-h",
      "localhost",
      "--password-env",
      "REDIS_PASSWORD",
      "--timeout",
      "4500ms",
    ],
    5,
  ],
  [
    "P6: redis-ha's liveness script",
    sh("/health/redis-ha-liveness.sh"),
    L,
    [
      "knell",
      "redis",
      "--accept",
      "LOADING",
      "-h",
      "localhost",
      "-p",
      "6379",
      "--password-env",
      "AUTH",
    ],
  ],
  ["P7: -e", ["redis-cli", "-e", "ping"], R, ["knell", "redis", "-e"]],
  ["P8: a write", ["redis-cli", "--raw", "incr", "ping"], R, ["knell", "redis", "--raw"]],
  [
    "P9: nc",
    sh("echo PING | nc -w 1 127.0.0.1 6379 | grep PONG"),
    R,
    ["knell", "redis", "-h", "127.0.0.1", "-p", "6379", "--timeout", "1s"],
    5,
  ],
  ["P9: the client's stdin", sh("echo ping | redis-cli | grep PONG"), R, ["knell", "redis"]],
  [
    "P10: INFO persistence",
    sh("redis-cli info persistence | grep -q ^loading:0"),
    R,
    ["knell", "redis", "--loaded"],
  ],
  [
    "P10: CLUSTER INFO",
    sh("redis-cli cluster info | grep -q cluster_state:ok"),
    R,
    ["knell", "redis", "--cluster-ok"],
  ],
  [
    "P10: redis-ha's readiness script",
    sh("/health/redis-ha-readiness.sh"),
    R,
    ["knell", "redis", "-h", "localhost", "--link-up"],
  ],
  [
    "P11: another host is kept",
    ["redis-cli", "-h", "redis-master", "ping"],
    L,
    ["knell", "redis", "--live", "-h", "redis-master"],
  ],
  ["P12: tini", ["tini", "-s", "--", "redis-cli", "ping"], R, ["knell", "redis"]],
  [
    "P12: timeout",
    ["timeout", "0.5", "redis-cli", "ping"],
    R,
    ["knell", "redis", "--timeout", "500ms"],
  ],
  [
    "P12: env is kept",
    ["env", "REDISCLI_AUTH=x", "redis-cli", "ping"],
    R,
    ["env", "REDISCLI_AUTH=x", "knell", "redis"],
  ],
  [
    "P12: a user switch is kept",
    ["gosu", "redis", "redis-cli", "ping"],
    R,
    ["gosu", "redis", "knell", "redis"],
  ],
  [
    "P12: a wrapper before the shell goes",
    ["timeout", "5", ...sh("redis-cli -h $(hostname) ping")],
    R,
    'exec knell redis -h "$(hostname)"',
  ],
  [
    "R131: a tenth under the outer limit",
    ["redis-cli", "ping"],
    R,
    ["knell", "redis", "--timeout", "18s"],
    20,
  ],
];

/** For test.each: an optional last element would be lost in its types. */
function rows(table: readonly Row[]) {
  return table.map(
    ([label, argv, role, expected, timeoutSeconds]) =>
      [label, { argv, role, expected, timeoutSeconds }] as const,
  );
}

function replacementOf(argv: readonly string[], role: Role, timeoutSeconds?: number) {
  const [probe] = probesIn(pod(argv, role, timeoutSeconds));
  return askWithKnell(probe!);
}

describe("what replaces a command", () => {
  test.each(rows(REPLACED))("%s", (_, { argv, role, expected, timeoutSeconds }) => {
    const replacement = replacementOf(argv, role, timeoutSeconds);
    expect(replacement).toMatchObject({ isRefused: false });
    if (replacement.isRefused) return;
    expect(replacement.argv ?? replacement.script).toEqual(expected);
    expect(replacement.rewrite).toBeDefined();
  });
});

describe("what is refused, and why", () => {
  test.each<readonly [string, readonly string[], string]>([
    [
      "P1: a reference that the kubelet leaves empty",
      ["redis-cli", "-h", "$(REDIS_PASSWORD)", "ping"],
      '"$(REDIS_PASSWORD)" is not expanded in a probe',
    ],
    [
      "P1: a variable that no shell expands",
      ["redis-cli", "-a", "$SECRET", "ping"],
      'no shell expands "$SECRET"',
    ],
    [
      "P1, R88: an option of redis-cli alone",
      ["redis-cli", "-r", "3", "ping"],
      'knell redis does not take "-r"',
    ],
    ["P1: joined -p6379", ["redis-cli", "-p6379", "ping"], 'knell redis does not take "-p6379"'],
    ["TLS", ["redis-cli", "--tls", "ping"], "knell redis speaks no TLS"],
    [
      "P2: other commands around it",
      sh("redis-cli ping && curl -f localhost"),
      'it also runs "curl"',
    ],
    [
      "P3: an inverted grep",
      sh("redis-cli ping | grep -v LOADING"),
      "it accepts error replies by what they are not",
    ],
    ["it cannot fail", sh("redis-cli ping || true"), "it passes when nothing answers"],
    [
      "P6: an argument that is not known",
      sh("timeout $1 redis-cli ping"),
      'the script\'s argument "$1" is not known',
    ],
    [
      "P10: one role only",
      sh("redis-cli info replication | grep -q role:master"),
      "it passes for one role only",
    ],
    ["P10: a marker file", sh("redis-cli ping && touch /tmp/ready"), 'it also runs "touch"'],
    ["P12: tini -g", ["tini", "-g", "--", "redis-cli", "ping"], '"tini -g" does more than reap'],
    [
      "P14: a wait loop",
      sh("until redis-cli ping; do sleep 1; done"),
      'it waits in a loop, "until": "knell redis --wait" does that',
    ],
    [
      "R135: a variable for the client",
      sh("CLI=redis-cli; $CLI ping"),
      'the program\'s name is a variable, "$CLI"',
    ],
    ["R135: a function", sh("ask() { redis-cli ping; }; ask"), 'it defines a function, "ask"'],
    ["C49: no command", sh("redis-cli -h localhost | grep -q PONG"), "the client has no command"],
    ["a script that is not part of the input", sh("/scripts/ping.sh"), 'it also runs "ping.sh"'],
    ["another program", ["pg_isready"], 'it runs "pg_isready"'],
  ])("%s", (_, argv, reason) => {
    expect(replacementOf(argv, R)).toEqual({ isRefused: true, reason });
  });

  test("P13: a tcpSocket probe is a suggestion only", () => {
    const [probe] = probesIn(
      "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - {name: r, image: redis, readinessProbe: {tcpSocket: {port: 6379}}}\n",
    );
    expect(askWithKnell(probe!)).toMatchObject({
      isRefused: true,
      reason: expect.stringContaining("tcpSocket"),
    });
  });
});

describe("in Compose, what the host puts in stays its own", () => {
  test.each([
    [
      '["CMD", "redis-cli", "-a", "${PW}", "ping"]',
      '["CMD", "knell", "redis", "-a", "${PW}", "--timeout", "27s"]',
    ],
    [
      "redis-cli -a ${PW:-x} ping | grep PONG",
      '["CMD", "knell", "redis", "-a", "${PW:-x}", "--timeout", "27s"]',
    ],
    [
      "redis-cli -a $$PW ping | grep PONG",
      '["CMD", "knell", "redis", "--password-env", "PW", "--timeout", "27s"]',
    ],
    [
      '["CMD-SHELL", "redis-cli -a $PW -h $$(hostname) ping"]',
      '["CMD-SHELL", "exec knell redis -h \\"$$(hostname)\\" -a \\"$PW\\" --timeout 27s"]',
    ],
  ])("%s", (before, after) => {
    const file = (check: string) =>
      `services:\n  r:\n    image: redis:7\n    healthcheck:\n      test: ${check}\n`;
    const replacement = askWithKnell(probesIn(file(before))[0]!);
    const edits = replacement.isRefused ? [] : (replacement.rewrite?.edits ?? []);
    let text = file(before);
    for (const edit of edits.toReversed()) {
      text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
    }
    expect(text).toBe(file(after));
  });
});

describe("beside the real programs", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "knell-command-"));
    symlinkSync(KNELL, join(folder, "knell"));
    const program = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), 0o755);
    };
    const printed =
      '#!/bin/sh\nprintf "%s" "$FAKE_OUTPUT"\nprintf "%s" "$FAKE_ERRORS" >&2\nexit "$FAKE_STATUS"\n';
    program("redis-cli", printed);
    program("gosu", '#!/bin/sh\nshift\nexec "$@"\n');
    program("kill", "#!/bin/sh\n");
    for (const [name, text] of Object.entries(SCRIPTS)) program(name, text);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  function statusOf(argv: readonly string[], env: Readonly<Record<string, string>>): number | null {
    const path = `${folder}:${process.env.PATH}`;
    const local = argv.map((word) => word.replaceAll("/health/", `${folder}/`));
    const [program, ...args] = local;
    return spawnSync(program!, args, { env: { PATH: path, ...VARIABLES, ...env } }).status;
  }

  const runnable = REPLACED.filter(([, , , expected]) => !String(expected).includes("kill 1"));

  test.each(rows(runnable))("%s: knell takes the words", (_, { expected }) => {
    const words = typeof expected === "string" ? sh(expected) : expected;
    const expanded = words.map((word) => word.replaceAll("$(REDIS_PORT)", "6379"));
    expect([0, 1]).toContain(statusOf(expanded, {}));
  });

  const scripts = REPLACED.filter(
    ([label, argv]) =>
      argv.join(" ").includes(" -") && /^P[2-6]:/.test(label) && !label.includes("tail"),
  );

  test.each(rows(scripts))(
    "%s: the shell's verdict on each reply is the one foretold",
    (_, { argv, role }) => {
      const [probe] = probesIn(pod(argv, role));
      const question = findQuestion(probe!.command!);
      expect(question).toBeDefined();
      const flags = (question?.options ?? [])
        .map(({ name }) => name)
        .filter((name) => name === "-e");
      const client = invocationOfArgv(["redis-cli", ...flags, "ping"]);
      const passing = ["PONG", ...ERROR_CODES].filter((reply) => {
        const state = { ...HEALTHY, reply: reply as (typeof ERROR_CODES)[number] };
        const { output, errors = "", status } = answerOf(client, "ping", state);
        const fake = { FAKE_OUTPUT: output, FAKE_ERRORS: errors, FAKE_STATUS: String(status) };
        return statusOf(argv, fake) === 0;
      });
      expect(passing).toEqual(["PONG", ...(question?.accepted ?? [])]);
    },
  );
});
