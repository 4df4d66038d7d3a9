// The page's server, without a socket: one page for whoever has the token, and nothing for anybody else.

import { timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { ProcessView } from "../engine.ts";
import type { Feed } from "./feed.ts";

export interface PageFiles {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

export interface PageSettings {
  readonly token: string;
  /** Names under which the server may be asked: "127.0.0.1:PORT", "localhost:PORT". */
  readonly hosts: readonly string[];
  readonly files: PageFiles;
  readonly feed: Feed;
  /** What lives in each container now. */
  readonly processes: () => Readonly<Record<string, readonly ProcessView[]>>;
  /** Gives what is wrong with the fault, undefined if it was begun. */
  readonly onFault: (fault: string) => string | undefined;
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};
const TREE_MS = 1000;
const LONGEST_FAULT = 200;

/** Every path begins with the token; Host and Origin are checked before it. */
export function createPageApp(settings: PageSettings): Hono {
  const { token, hosts, files } = settings;
  const app = new Hono();
  app.use(async (context, next) => {
    const host = context.req.header("host") ?? "";
    const origin = context.req.header("origin");
    const isForeign = origin !== undefined && !hosts.some((own) => origin === `http://${own}`);
    if (!hosts.includes(host) || isForeign) return context.text("forbidden\n", 403, HEADERS);
    const [, given = ""] = context.req.path.split("/");
    if (!isSame(given, token)) return context.text("not found\n", 404, HEADERS);
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
  });
  const serve = (body: string, type: string) => (context: Context) =>
    context.body(body, 200, { "content-type": `${type}; charset=utf-8` });
  app.get("/:token/", serve(files.html, "text/html"));
  app.get("/:token/page.js", serve(files.script, "text/javascript"));
  app.get("/:token/page.css", serve(files.style, "text/css"));
  app.get("/:token/events", (context) => streamEvents(context, settings));
  app.post("/:token/faults", async (context) => {
    // A request that a foreign page could make without asking first has another type, or no Origin of ours.
    const isJson = context.req.header("content-type") === "application/json";
    if (!isJson || context.req.header("origin") === undefined) return context.body(null, 403);
    const text = await context.req.text();
    const fault = text.length > LONGEST_FAULT ? undefined : readFault(text);
    const reason = fault === undefined ? "no fault" : settings.onFault(fault);
    return reason === undefined ? context.body(null, 204) : context.text(`${reason}\n`, 400);
  });
  return app;
}

function readFault(text: string): string | undefined {
  try {
    const { fault } = JSON.parse(text) as { fault?: unknown };
    return typeof fault === "string" ? fault : undefined;
  } catch {
    return undefined;
  }
}

/** Without telling by its time how much of it was right. */
function isSame(given: string, token: string): boolean {
  const [first, second] = [Buffer.from(given), Buffer.from(token)];
  return first.length === second.length && timingSafeEqual(first, second);
}

/** Entries from where the page was last, then as they come; the processes once a second. */
function streamEvents(context: Context, { feed, processes }: PageSettings): Response {
  return streamSSE(context, async (stream) => {
    let sentId = Number(context.req.header("last-event-id") ?? 0) || 0;
    let wake = () => {};
    const stopListening = feed.listen(() => wake());
    stream.onAbort(() => wake());
    let treeDueMs = 0;
    while (!stream.aborted && !stream.closed) {
      const items = feed.after(sentId);
      if (items.length > 0) {
        sentId = items.at(-1)?.id ?? sentId;
        await stream.writeSSE({
          id: String(sentId),
          event: "entries",
          data: JSON.stringify(items.map(({ entry }) => entry)),
        });
      }
      if (performance.now() >= treeDueMs) {
        treeDueMs = performance.now() + TREE_MS;
        await stream.writeSSE({ event: "processes", data: JSON.stringify(processes()) });
      }
      if (feed.after(sentId).length > 0) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(treeDueMs - performance.now(), 0));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    stopListening();
  });
}
