// Serves the page on a port of 127.0.0.1 that is free, under a path nobody can guess.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { EngineError } from "../engine.ts";
import { createPageApp, type PageFiles, type PageSettings } from "./app.ts";

const TOKEN_BYTES = 18;

export interface PageServer {
  readonly url: string;
  close(): void;
}

/** Rejects with an EngineError if the page was not built. */
export async function startPage(
  settings: Omit<PageSettings, "token" | "hosts" | "files">,
): Promise<PageServer> {
  const files = readPageFiles();
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const hosts: string[] = [];
  const app = createPageApp({ ...settings, token, hosts, files });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  hosts.push(`127.0.0.1:${port}`, `localhost:${port}`);
  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** dist/cli/page, as the build leaves it. */
function readPageFiles(): PageFiles {
  // dist/cli/knell.js when built, cli/run/page/server.ts when run from source.
  const candidates = ["page", "../../../dist/cli/page"].map((path) =>
    join(import.meta.dirname, path),
  );
  const folder = candidates.find((path) => existsSync(join(path, "page.js")));
  if (folder === undefined) {
    throw new EngineError(
      `no page at "${candidates.at(-1)}"; reinstall the package, or npm run build:page`,
    );
  }
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  return { html: read("index.html"), script: read("page.js"), style: read("page.css") };
}
