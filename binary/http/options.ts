// The command line of `knell http`: a URL, the options of curl(1) that one request can do something with, and our own.

import { TARGET_SIZE, Target } from "../net/target";
import { DEFAULT_TIMEOUT, takeDuration, takeText } from "../probe/option-values";
import { readArgument, WORD_SIZE } from "../system/arguments";
import { buffer } from "../system/buffers";
import { copyText, equals } from "../system/bytes";
import { USAGE } from "../system/exit-status";
import { HAS_TLS } from "../system/flavour";
import { ptr } from "../system/host";
import { AF_INET, AF_INET6 } from "../system/linux";
import { FATAL, say } from "../system/log";
import { options } from "../system/options";
import { Text } from "../system/text";
import {
  CA_FILE,
  CA_FOLDER,
  CERTIFICATE,
  KEY,
  SERVER_NAME,
  setTlsText,
  setVerification,
  takeTlsText,
  tlsText,
  VERIFIED_NAME,
} from "../tls/settings";
import { HEADERS_SIZE, isToken, takeHeader } from "./header-option";
import { PATH_SIZE, setPath } from "./location";
import { isStatusList } from "./status";
import { isAddress, Url } from "./url";

const HELP: string = "knell http --help";
const IGNORED: string = "--fail --silent --show-error --location ";

const METHOD_SIZE: i32 = 32;
const HOST_SIZE: i32 = 256;
const STATUS_SIZE: i32 = 256;
const BODY_SIZE: i32 = 1024;

const WORD: ptr = buffer(WORD_SIZE);
const url = new Url();

// Where an options record keeps its texts:
//   target | method | host | path | headers | Host header | accepted | body
const METHOD: i32 = TARGET_SIZE;
const HOST: i32 = METHOD + METHOD_SIZE;
const PATH: i32 = HOST + HOST_SIZE;
const HEADERS: i32 = PATH + PATH_SIZE;
const HOST_HEADER: i32 = HEADERS + HEADERS_SIZE;
const ACCEPTED: i32 = HOST_HEADER + HOST_SIZE;
const BODY: i32 = ACCEPTED + STATUS_SIZE;
export const HTTP_TEXTS_SIZE: i32 = BODY + BODY_SIZE;

/** What to ask, and how. */
export class HttpOptions {
  /** Where to connect to. */
  target: Target;
  method: Text;
  /** The URL's host, without brackets; and its path with the query. */
  host: Text;
  path: Text;
  /** Header lines of the command line, each with its CR LF. */
  headers: Text;
  headerCount: i32 = 0;
  /** The value of Host, if the command line has one. */
  hostHeader: Text;
  /** The default headers that the command line replaces or removes (request.ts). */
  replaced: i32 = 0;
  /** The status codes that pass; empty for 200 to 399. */
  accepted: Text;
  /** A text that the body must hold; empty for any body. */
  body: Text;
  follows: bool = true;
  /** True to wait for the first line of the body and to show it. */
  showsBody: bool = false;
  /** One attempt, in nanoseconds. */
  timeout: i64 = DEFAULT_TIMEOUT;
  /** How long attempts are repeated, in nanoseconds; 0 for one attempt. */
  wait: i64 = 0;

  /** The URL is https://. */
  tls: bool = false;
  /** Redirects to https:// are not followed, for PID 1, which does not speak TLS itself. */
  staysPlain: bool = false;

  // What only the parser looks at.
  verifies: bool = false;
  help: bool = false;
  isHead: bool = false;
  onlyIpv4: bool = false;
  onlyIpv6: bool = false;

  /** `texts` has room for HTTP_TEXTS_SIZE bytes. */
  constructor(texts: ptr) {
    this.target = new Target(texts);
    this.method = new Text(texts + METHOD, METHOD_SIZE);
    this.host = new Text(texts + HOST, HOST_SIZE);
    this.path = new Text(texts + PATH, PATH_SIZE);
    this.headers = new Text(texts + HEADERS, HEADERS_SIZE);
    this.hostHeader = new Text(texts + HOST_HEADER, HOST_SIZE);
    this.accepted = new Text(texts + ACCEPTED, STATUS_SIZE);
    this.body = new Text(texts + BODY, BODY_SIZE);
  }

  setMethod(name: string): void {
    this.method.length = copyText(this.method.at, name);
  }
}

/** Reads the words from argument `first` on into `to`. -1, or the exit status after a message. */
export function parseHttpOptions(first: i32, to: HttpOptions): i32 {
  let hasUrl = false;
  options.start(first, HELP);
  while (true) {
    while (options.next()) takeOption(to);
    if (options.failed) return USAGE;
    const length = readArgument(options.index, WORD);
    if (length < 0) break;
    if (hasUrl) return refuseWord(length);
    hasUrl = true;
    const status = takeUrl(length, to);
    if (status >= 0) return status;
    options.start(options.index + 1, HELP);
  }
  if (to.help) return -1;
  return hasUrl ? check(to) : usage("no URL given; use http://HOST[:PORT][/PATH]");
}

function takeOption(to: HttpOptions): void {
  if (takeRequest(to) || takeServer(to) || takeJudgement(to)) return;
  if ((HAS_TLS && takeTls(to)) || takeIgnored()) return;
  options.unknown();
}

function takeRequest(to: HttpOptions): bool {
  if (options.is("H", "--header")) takeHeader(to);
  else if (options.is("X", "--method") || options.is("", "--request")) takeMethod(to);
  else if (options.isFlag("I", "--head")) to.isHead = true;
  else if (options.isFlag("h", "--help")) to.help = true;
  else return false;
  return true;
}

function takeServer(to: HttpOptions): bool {
  if (options.is("", "--unix-socket"))
    takeText(to.target.socket, "an absolute path of at most 107 bytes");
  else if (options.is("", "--host"))
    takeText(to.target.host, "a host name or address of at most 256 bytes");
  else if (options.isFlag("4", "--ipv4")) to.onlyIpv4 = true;
  else if (options.isFlag("6", "--ipv6")) to.onlyIpv6 = true;
  else return false;
  return true;
}

function takeJudgement(to: HttpOptions): bool {
  if (options.is("t", "--timeout") || options.is("m", "--max-time")) to.timeout = takeDuration();
  else if (options.is("", "--connect-timeout")) takeDuration();
  else if (options.is("", "--wait")) to.wait = takeDuration();
  else if (options.is("", "--status")) takeStatus(to.accepted);
  else if (options.is("", "--body")) takeText(to.body, "a text of 1 to 1024 bytes");
  else if (options.isFlag("", "--no-follow")) to.follows = false;
  else return false;
  return true;
}

/** Without --verify any certificate will do, as for the kubelet. */
function takeTls(to: HttpOptions): bool {
  if (options.isFlag("", "--verify")) to.verifies = true;
  else if (options.isFlag("k", "--insecure")) to.verifies = false;
  else if (options.is("", "--cacert")) takeTlsText(CA_FILE);
  else if (options.is("", "--capath")) takeTlsText(CA_FOLDER);
  else if (options.is("E", "--cert")) takeTlsText(CERTIFICATE);
  else if (options.is("", "--key")) takeTlsText(KEY);
  else if (options.is("", "--sni")) takeTlsText(SERVER_NAME);
  else return false;
  return true;
}

/** curl's options that say what is done anyway. */
function takeIgnored(): bool {
  if (options.is("o", "--output")) options.value();
  else if (options.isAnyOf(IGNORED)) {
    if (options.hasGluedValue()) options.complain().text(" takes no value").end();
  } else {
    return (
      options.isFlag("f", "") ||
      options.isFlag("s", "") ||
      options.isFlag("S", "") ||
      options.isFlag("L", "")
    );
  }
  return true;
}

function takeMethod(to: HttpOptions): void {
  if (!options.value()) return;
  const at = options.valueAt;
  const length = options.valueLength;
  if (!isToken(at, length) || !to.method.set(at, length))
    options.refuse("a method such as GET, HEAD or POST");
}

function takeStatus(to: Text): void {
  if (!options.value()) return;
  const at = options.valueAt;
  const length = options.valueLength;
  if (!isStatusList(at, length) || !to.set(at, length))
    options.refuse("codes and ranges with commas between, such as 200-299,404");
}

/** Takes the URL at WORD. -1, or the exit status after a message. */
function takeUrl(length: i32, to: HttpOptions): i32 {
  if (length > PATH_SIZE) return usage("the URL is longer than 4096 bytes");
  const isValid = url.parse(WORD, length);
  if (url.hasUserinfo) return usage('no name and password in a URL; use -H "Authorization: ..."');
  if (!HAS_TLS && url.tls)
    return usage("this build has no TLS; use knell-tls, or http:// and a plain port");
  if (!isValid) {
    say(FATAL).text("bad URL ").quoted(WORD, length).text("; use ").text(url.error).end();
    return USAGE;
  }
  const fits =
    to.host.set(url.host.at, url.host.length) && setPath(to.path, url.path.at, url.path.length);
  if (!fits) return usage("the URL's host is longer than 256 bytes, or its path than 4096");
  to.target.port = url.port;
  to.tls = url.tls;
  return -1;
}

/** What options say only together. -1, or the exit status after a message. */
function check(to: HttpOptions): i32 {
  if (to.onlyIpv4 && to.onlyIpv6) return usage("-4 and -6 exclude each other; use one");
  if (to.isHead && to.method.length > 0) return usage("-I and -X exclude each other; use one");
  if (to.method.length === 0) to.setMethod(to.isHead ? "HEAD" : "GET");
  if (to.body.length > 0 && equals(to.method.at, to.method.length, "HEAD"))
    return usage("--body needs a body, which no reply to HEAD has; use GET");
  to.target.family = to.onlyIpv4 ? AF_INET : to.onlyIpv6 ? AF_INET6 : 0;
  if (to.target.host.length === 0) to.target.host.set(to.host.at, to.host.length);
  if (HAS_TLS) prepareTls(to);
  return -1;
}

/** For https:// of the URL or of a redirect, which stays with the host. As the kubelet, SNI has a name only, no address. */
function prepareTls(to: HttpOptions): void {
  const host = to.host;
  if (tlsText(SERVER_NAME) === 0 && !isAddress(host.at, host.length))
    setTlsText(SERVER_NAME, host.at, host.length);
  setVerification(to.verifies);
  if (to.verifies && tlsText(VERIFIED_NAME) === 0) setTlsText(VERIFIED_NAME, host.at, host.length);
}

function refuseWord(length: i32): i32 {
  say(FATAL)
    .text("unexpected word ")
    .quoted(WORD, min(length, WORD_SIZE - 1))
    .text("; a probe asks for one URL")
    .end();
  return USAGE;
}

function usage(text: string): i32 {
  say(FATAL).text(text).end();
  return USAGE;
}
