// Certificates of an authority of the test's own. Without vitest: bench/tls.ts uses it too.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

function openssl(...words: string[]): void {
  execFileSync("openssl", words, { stdio: ["ignore", "pipe", "pipe"] });
}

const KEY_FLAGS = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** An authority, with all its files in `folder`. */
export class Authority {
  readonly folder: string;
  readonly certificate: string;
  readonly #key: string;

  constructor(folder: string) {
    this.folder = folder;
    this.certificate = join(folder, "ca.crt");
    this.#key = join(folder, "ca.key");
    const files = ["-keyout", this.#key, "-out", this.certificate];
    openssl("req", "-x509", ...KEY_FLAGS, ...files, "-days", "30", "-subj", "/CN=knell test");
  }

  /** A certificate for `names` that is good for `days` days from now; negative: one that has expired. */
  issue(file: string, names: readonly string[], days = 10): Certificate {
    const path = (ending: string) => join(this.folder, `${file}.${ending}`);
    const subject = ["-subj", `/CN=${names[0]}`];
    openssl("req", ...KEY_FLAGS, "-keyout", path("key"), "-out", path("csr"), ...subject);
    writeFileSync(path("ext"), `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
    const signer = ["-CA", this.certificate, "-CAkey", this.#key, "-CAcreateserial"];
    const until = ["-days", String(days), "-extfile", path("ext")];
    openssl("x509", "-req", "-in", path("csr"), ...signer, ...until, "-out", path("crt"));
    return { certificate: path("crt"), key: path("key") };
  }
}
