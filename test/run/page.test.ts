// The page of `knell run --page` in Debian's Chromium, and its server before strangers.

import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { buildPage } from "../../scripts/build-page.ts";
import { ROOT } from "../binary/harness.ts";
import { type PodRun, podWith, REDIS, startRun } from "./runs.ts";

const LONG = 90_000;
const AXE = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");
const PROBE =
  "livenessProbe: {exec: {command: [redis-cli, ping]}, periodSeconds: 1, initialDelaySeconds: 1, timeoutSeconds: 3, failureThreshold: 99}";

let browser: Browser;
let runs: PodRun[] = [];

beforeAll(async () => {
  await buildPage();
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}, LONG);
afterAll(() => browser?.close());
afterEach(async () => {
  for (const run of runs) run.process.kill("SIGINT");
  await Promise.all(runs.map(({ done }) => done));
  runs = [];
});

/** A run with a page, and where it is. */
async function startWithPage(
  container = `${REDIS}, ${PROBE}`,
): Promise<{ run: PodRun; url: string }> {
  const run = startRun(podWith(container), ["--page"]);
  runs.push(run);
  const note = await run.saw(
    "the page's address",
    (entry) => entry.kind === "note" && /the page is at/.test(entry.message),
  );
  const url = /http:\S+/.exec("message" in note ? String(note.message) : "")?.[0] ?? "";
  return { run, url };
}

async function open(url: string, options = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

test(
  "knell run --page: attempts, events and the process tree come live",
  async () => {
    const { url } = await startWithPage();
    const page = await open(url);
    await page.getByRole("img", { name: /app liveness: [1-9]\d* attempts, 0 failed/ }).waitFor();
    await page.getByText("Container started").waitFor();
    await page
      .locator("#processes")
      .getByText(/^1 redis-server/)
      .waitFor();
    expect(await page.locator("#lanes circle.success").count()).toBeGreaterThan(0);
  },
  LONG,
);

test(
  "knell run --page: a fault from a button is seen as failures, zombies are unmistakable",
  async () => {
    const { url } = await startWithPage();
    const page = await open(url);
    await page.getByRole("img", { name: /liveness: [1-9]/ }).waitFor();
    await page.getByRole("button", { name: "Fork 10 orphans" }).press("Enter");
    await page
      .getByText(/ZOMBIE/)
      .first()
      .waitFor({ timeout: 20_000 });
    await page.getByRole("heading", { name: /, 10 zombies/ }).waitFor({ timeout: 20_000 });
    await page.getByRole("button", { name: "Freeze for 10 s" }).click();
    await page.locator("#lanes .timeout").first().waitFor({ timeout: 20_000 });
  },
  LONG,
);

/** A proxy between browser and server, which can be cut. */
async function startLine() {
  const open = new Set<Socket>();
  let isCut = false;
  const proxy = createServer((asked, answer) => {
    const { method, headers, url = "" } = asked;
    const onward = request(url, { method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 0, reply.headers);
      reply.on("error", () => {});
      reply.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  });
  proxy.on("connection", (socket) => {
    if (isCut) socket.destroy();
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    proxy: { server: `http://127.0.0.1:${port}`, bypass: "<-loopback>" },
    cut: () => {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    close: () => proxy.close(),
  };
}

test(
  "knell run --page: a reload and a lost connection lose nothing",
  async () => {
    const { url } = await startWithPage();
    const line = await startLine();
    const page = await open(url, { proxy: line.proxy });
    const countOf = async () => {
      const label = await page
        .getByRole("img", { name: /^app liveness: / })
        .getAttribute("aria-label");
      return Number(/(\d+) attempts/.exec(label ?? "")?.[1]);
    };
    await page.getByRole("img", { name: /liveness: [3-9] attempts/ }).waitFor();
    await page.reload();
    await page.getByRole("img", { name: /^app liveness: / }).waitFor();
    const before = await countOf();
    expect(before).toBeGreaterThanOrEqual(3);
    line.cut();
    await page.getByText("connection lost").waitFor({ timeout: 20_000 });
    line.mend();
    await page.getByText("connected", { exact: true }).waitFor({ timeout: 20_000 });
    await page
      .getByRole("img", { name: new RegExp(`liveness: (?!${before} )\\d+ attempts`) })
      .waitFor();
    expect(await countOf()).toBeGreaterThan(before);
    await page.close();
    line.close();
  },
  LONG,
);

test.each(["light", "dark"] as const)(
  "knell run --page: on a phone in %s mode it fits, and axe finds nothing",
  async (colorScheme) => {
    const { url } = await startWithPage();
    const page = await open(url, {
      colorScheme,
      viewport: { width: 360, height: 740 },
      bypassCSP: true,
    });
    await page.getByRole("img", { name: /liveness: [1-9]/ }).waitFor();
    const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    await page.addScriptTag({ content: AXE });
    const found = (await page.evaluate("axe.run()")) as { violations: { id: string }[] };
    expect(found.violations.map(({ id }) => id)).toEqual([]);
  },
  LONG,
);

test(
  "knell run --page: what a container or probe writes is text, never markup",
  async () => {
    const evil = "<img src=x onerror=document.title='owned'>";
    const probe = `livenessProbe: {exec: {command: [sh, -c, "echo \\"${evil}\\"; exit 1"]}, periodSeconds: 1, failureThreshold: 99}`;
    const { url } = await startWithPage(`${REDIS}, ${probe}`);
    const page = await open(url);
    await page.locator("#events").getByText("onerror").first().waitFor();
    expect(await page.title()).toBe("knell run");
    expect(await page.locator("main img").count()).toBe(0);
  },
  LONG,
);

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
}

function ask(
  url: string,
  headers: Record<string, string>,
  method = "GET",
  body = "",
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      response.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

test(
  "knell run --page: only the token, only this host, only its own origin",
  async () => {
    const { url } = await startWithPage();
    const { origin } = new URL(url);
    const good = await ask(url, {});
    expect(good.status).toBe(200);
    expect(good.headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self';/,
    );
    expect(good.headers["access-control-allow-origin"]).toBeUndefined();
    expect((await ask(`${origin}/`, {})).status).toBe(404);
    expect((await ask(`${origin}/${"x".repeat(24)}/`, {})).status).toBe(404);
    expect((await ask(`${origin}/${"x".repeat(24)}/events`, {})).status).toBe(404);
    expect((await ask(url, { host: "evil.example" })).status).toBe(403);
    expect((await ask(url, { origin: "http://evil.example" })).status).toBe(403);
    const fault = JSON.stringify({ fault: "fork-orphans 1" });
    const json = { "content-type": "application/json" };
    const post = (headers: Record<string, string>, body = fault) =>
      ask(`${url}faults`, headers, "POST", body).then(({ status }) => status);
    expect(await post({ ...json, origin: "http://evil.example" })).toBe(403);
    expect(await post(json)).toBe(403);
    expect(await post({ "content-type": "text/plain", origin })).toBe(403);
    expect(await post({ ...json, origin }, '{"fault": "explode"}')).toBe(400);
    expect(await post({ ...json, origin }, "x")).toBe(400);
    expect(await post({ ...json, origin })).toBe(204);
  },
  LONG,
);
