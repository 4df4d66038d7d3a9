import { describe, expect, test } from "vitest";
import { deploymentWith, messagesOf } from "../../../test/lint/rule-tester.ts";

const NAME = "package-manager-pid1";
const message = (words: string) =>
  `"${words}" is the main process: it stands between the container's signals and the server`;
const docker = (lines: string) =>
  messagesOf(NAME, `FROM node:22\n${lines}\n`, { file: "Dockerfile" });
const service = (lines: string) => `services:\n  web:\n    image: node:22\n    ${lines}\n`;

describe("reports the command", () => {
  test.each([
    ['CMD ["npm", "start"]', `2:1 ${message("npm start")}`],
    ["CMD yarn run serve", `2:1 ${message("yarn run serve")}`],
    ['ENTRYPOINT ["docker-entrypoint.sh"]\nCMD ["pnpm", "start"]', `3:1 ${message("pnpm start")}`],
    ['ENTRYPOINT ["/sbin/tini", "--"]\nCMD ["npm", "start"]', `3:1 ${message("npm start")}`],
  ])("%s", (lines, expected) => {
    expect(docker(lines)).toEqual([expected]);
  });

  test("in Kubernetes and Compose", () => {
    expect(
      messagesOf(NAME, deploymentWith("name: web\n  image: node:22\n  command: [npm, run, start]")),
    ).toEqual([`15:21 ${message("npm run start")}`]);
    expect(
      messagesOf(NAME, service('command: sh -c "npx prisma migrate deploy && npm start"')),
    ).toEqual([`4:14 ${message("npm start")}`]);
    expect(messagesOf(NAME, service('command: ["npx", "serve"]'))).toEqual([
      `4:15 ${message("npx serve")}`,
    ]);
  });
});

describe("stays silent", () => {
  test.each([
    'CMD ["node", "server.js"]',
    'ENTRYPOINT ["dumb-init", "--"]\nCMD ["npm", "start"]',
    'ENTRYPOINT ["/sbin/tini", "-g", "--"]\nCMD ["npm", "start"]',
    'ENTRYPOINT ["/knell", "init", "--"]\nCMD ["npm", "start"]',
    'CMD ["npm", "run", "dev"]',
    'CMD ["npm", "install"]',
    'FROM node:22 AS development\nCMD ["npm", "start"]',
  ])("%s", (lines) => {
    expect(docker(lines)).toEqual([]);
  });

  test.each([
    [
      "a Job",
      deploymentWith("name: w\n  image: node:22\n  command: [npm, start]").replace(
        "apps/v1\nkind: Deployment",
        "batch/v1\nkind: Job",
      ),
    ],
    [
      "an init container",
      deploymentWith("name: w\n  image: node:22\n  command: [npm, start]")
        .replace("containers:", "initContainers:")
        .concat("      containers: [{name: a, image: b}]\n"),
    ],
    [
      "a target for development",
      "services:\n  web:\n    build: {context: ., target: dev}\n    command: npm start\n",
    ],
    ["the image's own command", service("environment: {A: b}")],
  ])("%s", (_, text) => {
    expect(messagesOf(NAME, text)).toEqual([]);
  });
});
