// What a verdict line says of TLS that failed.

import { buffer } from "../system/buffers";
import { HAS_TLS } from "../system/flavour";
import { ptr, tls_error, tls_facts } from "../system/host";
import { Writer } from "../system/writer";
import { CA_FILE, CA_FOLDER, CERTIFICATE, CIPHER_SUITES, CIPHERS, KEY, tlsText } from "./settings";

// What tls_facts gives, as a set.
const HEARD: i32 = 1;
const ALERTED: i32 = 2;
const UNVERIFIED: i32 = 4;

const ERROR_SIZE: i32 = 200;
const ERROR: ptr = buffer(HAS_TLS ? ERROR_SIZE : 0);

/**
 * True if the server took part in the handshake and one of the two did not like the other's certificate, or what it
 * offered: a program that answers, whatever else is wrong (R63).
 */
export function isTlsDispute(): bool {
  const facts = tls_facts();
  return (facts & ALERTED) !== 0 || ((facts & HEARD) !== 0 && (facts & UNVERIFIED) !== 0);
}

/** Appends why the handshake or the connection failed. */
export function writeTlsError(line: Writer): void {
  if ((tls_facts() & ALERTED) !== 0) line.text("the server says: ");
  else if ((tls_facts() & UNVERIFIED) !== 0) line.text("the server's certificate: ");
  writeError(line);
}

/** Appends what of the settings cannot be used: `setting` is what tls_open gave. */
export function writeTlsSetting(line: Writer, setting: i32): void {
  line.text("cannot use ").text(nameOf(setting - 1));
  const text = setting > 0 ? tlsText(setting - 1) : 0;
  if (text !== 0) {
    let length = 0;
    while (load<u8>(text + length) !== 0) length++;
    line.text(" ").quoted(text, length);
  }
  line.text(": ");
  writeError(line);
}

function writeError(line: Writer): void {
  line.escaped(ERROR, tls_error(ERROR, ERROR_SIZE));
}

function nameOf(setting: i32): string {
  if (setting === CA_FILE) return "the CA file";
  if (setting === CA_FOLDER) return "the CA folder";
  if (setting === CERTIFICATE) return "the certificate";
  if (setting === KEY) return "the key";
  if (setting === CIPHERS || setting === CIPHER_SUITES) return "the list of ciphers";
  return "TLS";
}
