import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "../test/binary/authority.ts";
import { compare, freePort, KNELL, redisServer, withRunning } from "./programs.ts";
import { milliseconds, type Row } from "./row.ts";

const KNELL_TLS = `${KNELL}-tls`;

/** A PING over TLS, with the certificate checked, against redis-cli; and what the flavour weighs. */
export async function measure(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "knell-bench-tls-"));
  try {
    const authority = new Authority(folder);
    const { certificate, key } = authority.issue("server", ["redis.test"]);
    const [plain, port] = [await freePort(), await freePort()];
    const files = ["--tls-cert-file", certificate, "--tls-key-file", key];
    const trust = ["--tls-ca-cert-file", authority.certificate, "--tls-auth-clients", "no"];
    const server = [...redisServer(plain), "--tls-port", port, ...files, ...trust];
    const words = ["--tls", "--cacert", authority.certificate, "-p", port];
    const result = await withRunning(server, plain, () =>
      compare([KNELL_TLS, "redis", ...words], ["redis-cli", ...words, "ping"]),
    );
    const size = statSync(KNELL_TLS).size;
    const row = { good: "at most" } as const;
    return [
      {
        ...row,
        what: "`knell-tls redis --tls` ÷ `redis-cli --tls ping`, wall",
        value: result.wallRatio,
        unit: "×",
        bound: 0.7,
        detail: `${milliseconds(result.wallA)} ÷ ${milliseconds(result.wallB)}`,
      },
      {
        ...row,
        what: "the same over TLS, CPU",
        value: result.cpuRatio,
        unit: "×",
        bound: 0.7,
        detail: `${milliseconds(result.cpuA)} ÷ ${milliseconds(result.cpuB)}`,
      },
      {
        ...row,
        what: "`dist/knell-tls`",
        value: size / 1e6,
        unit: "MB",
        bound: 5.5,
        detail: `${size} bytes`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
