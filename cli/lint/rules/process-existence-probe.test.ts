import { describe, expect, test } from "vitest";
import { deploymentWith, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "process-existence-probe";

function probe(argv: string, more = ""): string {
  return deploymentWith(
    `name: app\n  image: app:1${more}\n  livenessProbe:\n    exec:\n      command: ${argv}`,
  );
}

function compose(test: string, more = ""): string {
  return `services:\n  app:\n    image: app:1\n${more}    healthcheck:\n      test: ${test}\n`;
}

function only(text: string): string {
  return `"${text}" only tells that a process is there`;
}

describe("reports", () => {
  test.each([
    ["[cat, /proc/1/status]", `17:25 ${only("cat /proc/1/status")}`],
    ["[pgrep, -f, celery]", `17:25 ${only("pgrep -f celery")}`],
    ["[sh, -c, 'ps aux | grep -v grep | grep nginx']", `17:34 ${only("ps aux")}`],
    ["[sh, -c, 'pidof java || exit 1']", `17:34 ${only("pidof java")}`],
    ["[sh, -c, 'kill -0 $(cat /run/app.pid)']", `17:34 ${only("kill -0 $(cat /run/app.pid)")}`],
    ["[test, -f, /var/run/app.pid]", `17:25 ${only("test -f /var/run/app.pid")}`],
    ["[service, cron, status]", `17:25 ${only("service cron status")}`],
    [`[sh, -c, 'test "$(pgrep -c worker)" -gt 0']`, `17:42 ${only("pgrep -c worker")}`],
  ])("%s", (argv, message) => {
    expect(messagesOf(NAME, probe(argv))).toEqual([message]);
  });

  test("Compose and Dockerfiles", () => {
    expect(messagesOf(NAME, compose("pgrep crond || exit 1"))).toEqual([
      `5:13 ${only("pgrep crond")}`,
    ]);
    const text = 'FROM debian:12\nCMD ["/app"]\nHEALTHCHECK CMD pidof app\n';
    expect(messagesOf(NAME, text, { file: "Dockerfile" })).toEqual([`3:17 ${only("pidof app")}`]);
  });
});

describe("stays silent", () => {
  test.each([
    ["a question", probe("[redis-cli, -e, ping]")],
    ["a question beside", probe("[sh, -c, 'pgrep nginx && curl -f localhost']")],
    ["a file that the program touches", probe("[cat, /tmp/healthy]")],
    ["the content of a file beside", probe("[sh, -c, 'pidof app && grep -q ok /tmp/state']")],
    ["the age of a file", probe("[sh, -c, 'find /tmp/alive -mmin -1 | grep alive']")],
    [
      "a program under supervisord",
      probe("[pgrep, worker]", "\n  command: [/usr/bin/supervisord, -n]"),
    ],
    ["a program under s6", compose("pgrep nginx", "    entrypoint: [/init]\n")],
    ["an image with s6", compose("pidof smbd").replace("app:1", "lscr.io/linuxserver/samba:1")],
    ["a program beside the last one", probe("[pgrep, a]", "\n  command: [sh, -c, 'a & exec b']")],
    ["a signal", probe("[sh, -c, 'kill -USR1 1 && test -f /tmp/dumped']")],
    ["a file below /proc/sys", probe("[cat, /proc/sys/net/core/somaxconn]")],
    ["a script", probe("[/usr/local/bin/pgrep-health.sh]")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });

  test("a program in a shared PID namespace, which may be another container's", () => {
    const shared = `${probe("[pgrep, app]")}      shareProcessNamespace: true\n`;
    expect(messagesOf(NAME, shared)).toEqual([]);
  });

  test("a program under supervisord in a Dockerfile", () => {
    const text = 'FROM debian:12\nCMD ["supervisord", "-n"]\nHEALTHCHECK CMD pgrep php-fpm\n';
    expect(messagesOf(NAME, text, { file: "Dockerfile" })).toEqual([]);
  });
});
