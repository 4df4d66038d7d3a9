// How to speak TLS: one set for the process, because it makes one such connection at a time (docs/tls.md).

import { findVariable, readValue } from "../system/arguments";
import { buffer } from "../system/buffers";
import { copyText } from "../system/bytes";
import { HAS_TLS } from "../system/flavour";
import { ptr, stat_mode } from "../system/host";
import { options } from "../system/options";

// The texts, as tls_open reads them.
export const CA_FILE: i32 = 0;
export const CA_FOLDER: i32 = 1;
export const CERTIFICATE: i32 = 2;
export const KEY: i32 = 3;
export const CIPHERS: i32 = 4;
export const CIPHER_SUITES: i32 = 5;
/** Sent in the hello, as the name of the server that is wanted (RFC 6066). */
export const SERVER_NAME: i32 = 6;
/** What the certificate has to name; none: any. */
export const VERIFIED_NAME: i32 = 7;
const TEXT_COUNT: i32 = 8;
const TEXT_SIZE: i32 = 1024;

// { texts: ptr[8], verifies: i32 }: a text that is not given is 0
const VERIFIES: i32 = TEXT_COUNT * 4;
/** The record that tls_open takes. */
export const SETTINGS: ptr = buffer(HAS_TLS ? VERIFIES + 4 : 0);
const TEXTS: ptr = buffer(HAS_TLS ? TEXT_COUNT * TEXT_SIZE : 0);

/** Keeps the value of the current option as text `which`; an empty one unsets it. */
export function takeTlsText(which: i32): void {
  if (!options.value() || !HAS_TLS) return;
  if (!setTlsText(which, options.valueAt, options.valueLength))
    options.refuse("a text of at most 1023 bytes");
}

/** False if the text is too long. */
export function setTlsText(which: i32, at: ptr, length: i32): bool {
  if (length >= TEXT_SIZE) return false;
  const text = TEXTS + which * TEXT_SIZE;
  memory.copy(text, at, length);
  store<u8>(text + length, 0);
  store<u32>(SETTINGS + which * 4, length > 0 ? text : 0);
  return true;
}

/** Whether the server's certificate has to be good. Without files of the user's, the system's authorities decide. */
export function setVerification(isWanted: bool): void {
  store<i32>(SETTINGS + VERIFIES, isWanted ? 1 : 0);
  if (!isWanted || isGiven(CA_FILE) || isGiven(CA_FOLDER)) return;
  const hasFile = takeVariable("SSL_CERT_FILE", CA_FILE);
  const hasFolder = takeVariable("SSL_CERT_DIR", CA_FOLDER);
  if (hasFile || hasFolder) return;
  // Debian, distroless and Alpine; BSD and old Alpine; Fedora and its kin; SUSE
  const isFound =
    takeFile("/etc/ssl/certs/ca-certificates.crt") ||
    takeFile("/etc/ssl/cert.pem") ||
    takeFile("/etc/pki/tls/certs/ca-bundle.crt") ||
    takeFile("/etc/ssl/ca-bundle.pem");
  if (!isFound) setConstant(CA_FOLDER, "/etc/ssl/certs");
}

/** The text `which`, 0 if it is not given. */
export function tlsText(which: i32): ptr {
  return load<u32>(SETTINGS + which * 4);
}

function isGiven(which: i32): bool {
  return tlsText(which) !== 0;
}

function takeVariable(name: string, which: i32): bool {
  const index = findVariable(name);
  if (index < 0) return false;
  const text = TEXTS + which * TEXT_SIZE;
  const length = readValue(index, name.length, text, TEXT_SIZE);
  return length > 0 && setTlsText(which, text, length);
}

function takeFile(path: string): bool {
  setConstant(CA_FILE, path);
  if (stat_mode(tlsText(CA_FILE)) >= 0) return true;
  store<u32>(SETTINGS + CA_FILE * 4, 0);
  return false;
}

function setConstant(which: i32, path: string): void {
  const text = TEXTS + which * TEXT_SIZE;
  store<u8>(text + copyText(text, path), 0);
  store<u32>(SETTINGS + which * 4, text);
}
