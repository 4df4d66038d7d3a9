// The command line of `knell redis`: redis-cli's connection flags (R80–R89) and our own. Words are read through
// system/options.ts alone.

import { TARGET_SIZE, Target } from "../net/target";
import { DEFAULT_TIMEOUT, takeDuration, takeText } from "../probe/option-values";
import { readArgument, WORD_SIZE } from "../system/arguments";
import { buffer } from "../system/buffers";
import { copyText, equalsIgnoringCase, parseDecimal } from "../system/bytes";
import { USAGE } from "../system/exit-status";
import { HAS_TLS } from "../system/flavour";
import { argv_scrub, ptr } from "../system/host";
import { AF_INET, AF_INET6 } from "../system/linux";
import { FATAL, say } from "../system/log";
import { options } from "../system/options";
import { Part, Text } from "../system/text";
import { Writer } from "../system/writer";
import {
  CA_FILE,
  CA_FOLDER,
  CERTIFICATE,
  CIPHER_SUITES,
  CIPHERS,
  KEY,
  SERVER_NAME,
  setVerification,
  takeTlsText,
  VERIFIED_NAME,
} from "../tls/settings";
import { loadDefaultPassword, loadPasswordFile, loadPasswordVariable } from "./password";
import { Uri } from "./uri";
import { isCodeList } from "./verdict";

const HELP: string = "knell redis --help";
const DEFAULT_HOST: string = "127.0.0.1";
const DEFAULT_PORT: i32 = 6379;
const LARGEST_COUNT: i64 = i32.MAX_VALUE;

const IGNORED: string =
  "--no-auth-warning --raw --no-raw --csv --json --quoted-json --quoted-input --verbose --no-motd ";

const LIST_SIZE: i32 = 512;
const NAME_SIZE: i32 = 256;
const USER_SIZE: i32 = 1024;

const WORD: ptr = buffer(WORD_SIZE);
const uri = new Uri();

// Where an options record keeps its texts:
//   target | accepted | refused | sentinel | password file | user | password
const ACCEPTED: i32 = TARGET_SIZE;
const REFUSED: i32 = ACCEPTED + LIST_SIZE;
const SENTINEL: i32 = REFUSED + LIST_SIZE;
const PASSWORD_FILE: i32 = SENTINEL + NAME_SIZE;
const USER: i32 = PASSWORD_FILE + NAME_SIZE;
const PASSWORD: i32 = USER + USER_SIZE;
export const TEXTS_SIZE: i32 = PASSWORD + WORD_SIZE;

/** What to ask, and how. */
export class RedisOptions {
  target: Target;
  user: Text;
  password: Text;
  /** Reply codes that *ready* accepts and that *live* does not (R6, R7). */
  accepted: Text;
  refused: Text;
  /** The name of a monitored master; empty to ask no Sentinel. */
  sentinel: Text;
  /** The password file that was not read, for a note, with its errno, which is 0 otherwise. */
  passwordFile: Text;
  passwordFileError: i32 = 0;

  resp3: bool = false;
  resp2: bool = false;
  isLive: bool = false;
  strictAuth: bool = false;
  /** One attempt, in nanoseconds. */
  timeout: i64 = DEFAULT_TIMEOUT;
  /** How long attempts are repeated, in nanoseconds; 0 for one attempt. */
  wait: i64 = 0;

  // Readiness extras (section 7); -1 for a limit that is not asked for.
  isLoaded: bool = false;
  isLinkUp: bool = false;
  isPersistOk: bool = false;
  isClusterOk: bool = false;
  isQuorum: bool = false;
  maxSilence: i64 = -1;
  maxLag: i64 = -1;
  minReplicas: i64 = -1;

  // What a note at the end of the verdict line is about.
  hasTlsFlag: bool = false;
  hasLaterAt: bool = false;
  hasOtherQuery: bool = false;

  // What only the checks at the end look at.
  help: bool = false;
  onlyIpv4: bool = false;
  onlyIpv6: bool = false;
  tls: bool = false;
  hasCertificate: bool = false;
  hasKey: bool = false;
  isInsecure: bool = false;
  isCluster: bool = false;

  /** `texts` has room for TEXTS_SIZE bytes. */
  constructor(texts: ptr) {
    const target = new Target(texts);
    target.port = DEFAULT_PORT;
    this.target = target;
    this.accepted = new Text(texts + ACCEPTED, LIST_SIZE);
    this.refused = new Text(texts + REFUSED, LIST_SIZE);
    this.sentinel = new Text(texts + SENTINEL, NAME_SIZE);
    this.passwordFile = new Text(texts + PASSWORD_FILE, NAME_SIZE);
    this.user = new Text(texts + USER, USER_SIZE);
    this.password = new Text(texts + PASSWORD, WORD_SIZE);
  }

  writeNotes(to: Writer): void {
    if (this.user.length > 0 && this.password.length === 0)
      to.text("; note: a user without a password is not sent");
    if (this.hasTlsFlag) to.text("; note: TLS options without --tls have no effect");
    if (this.hasLaterAt) to.text("; note: the URI's last @ was taken; write an @ in it as %40");
    if (this.hasOtherQuery) to.text("; note: the URI's query has unknown names");
    if (this.passwordFileError !== 0)
      to.text("; note: password file ")
        .quoted(this.passwordFile.at, this.passwordFile.length)
        .text(": ")
        .errno(this.passwordFileError);
  }
}

export const redisOptions = new RedisOptions(buffer(TEXTS_SIZE));

/** Reads the words from argument `first` on into `to`. -1, or the exit status after a message. */
export function parseOptions(first: i32, to: RedisOptions): i32 {
  let pinged = false;
  options.start(first, HELP);
  for (;;) {
    while (options.next()) takeOption(to);
    if (options.failed) return USAGE;
    const length = readArgument(options.index, WORD);
    if (length < 0) break;
    if (pinged || !equalsIgnoringCase(WORD, length, "ping")) return refuseWord(length);
    pinged = true;
    options.start(options.index + 1, HELP);
  }
  if (to.password.length === 0) loadDefaultPassword(to.password);
  return to.help ? -1 : check(to);
}

function refuseWord(length: i32): i32 {
  const word = say(FATAL)
    .text("unexpected word ")
    .quoted(WORD, min(length, WORD_SIZE - 1));
  word.text("; a probe sends PING and nothing else, remove it").end();
  return USAGE;
}

function usage(text: string): i32 {
  say(FATAL).text(text).end();
  return USAGE;
}

function takeOption(to: RedisOptions): void {
  if (options.isJoined()) {
    options.complain().text(": joined to what follows; put a space behind it").end();
    return;
  }
  if (takeServer(to) || takePassword(to) || takeMode(to)) return;
  if (takeExtra(to) || takeTls(to) || takeIgnored(to)) return;
  options.unknown();
}

/** redis-cli's options that say where the server is. */
function takeServer(to: RedisOptions): bool {
  if (options.is("h", "")) takeText(to.target.host, "a host name or address of at most 256 bytes");
  else if (options.is("p", "")) takePort(to);
  else if (options.is("s", "")) takeText(to.target.socket, "a path of at most 107 bytes");
  else if (options.is("u", "")) takeUri(to);
  else if (options.isFlag("4", "")) to.onlyIpv4 = true;
  else if (options.isFlag("6", "")) to.onlyIpv6 = true;
  else if (options.is("t", "--timeout")) to.timeout = takeDuration();
  else if (options.is("n", "")) takeCount("a database number");
  else return false;
  return true;
}

/** Where user and password come from: the last source that is not empty wins (R81, R100, R101). */
function takePassword(to: RedisOptions): bool {
  if (options.is("", "--user")) takeText(to.user, "a name of at most 1024 bytes");
  else if (options.is("a", "--pass")) {
    if (!options.value()) return true;
    argv_scrub(options.valueIndex, options.valueOffset);
    if (options.valueLength > 0) to.password.set(options.valueAt, options.valueLength);
  } else if (options.is("", "--password-file")) {
    if (!options.value()) return true;
    const error = loadPasswordFile(options.valueAt, to.password);
    to.passwordFileError = error;
    to.passwordFile.cut(options.valueAt, options.valueLength);
  } else if (options.is("", "--password-env")) {
    if (!options.value()) return true;
    if (options.valueLength === 0) options.refuse("the name of a variable");
    else loadPasswordVariable(options.valueAt, options.valueLength, to.password);
  } else return false;
  return true;
}

function takeMode(to: RedisOptions): bool {
  if (options.isFlag("", "--live") || options.isFlag("", "--startup")) to.isLive = true;
  else if (options.is("", "--accept")) takeCodes(to.accepted);
  else if (options.is("", "--fail")) takeCodes(to.refused);
  else if (options.isFlag("", "--strict-auth")) to.strictAuth = true;
  else if (options.is("", "--wait")) to.wait = takeDuration();
  else if (options.isFlag("2", "")) to.resp2 = true;
  else if (options.isFlag("3", "")) to.resp3 = true;
  else if (options.isFlag("", "--help")) to.help = true;
  else return false;
  return true;
}

function takeExtra(to: RedisOptions): bool {
  if (options.isFlag("", "--loaded")) to.isLoaded = true;
  else if (options.isFlag("", "--link-up")) to.isLinkUp = true;
  else if (options.isFlag("", "--persist-ok")) to.isPersistOk = true;
  else if (options.isFlag("", "--cluster-ok")) to.isClusterOk = true;
  else if (options.isFlag("", "--quorum")) to.isQuorum = true;
  else if (options.is("", "--max-silence")) to.maxSilence = takeCount("whole seconds");
  else if (options.is("", "--max-lag")) to.maxLag = takeCount("whole seconds");
  else if (options.is("", "--min-replicas")) to.minReplicas = takeCount("a number of replicas");
  else if (options.is("", "--sentinel")) takeText(to.sentinel, "the name of a master");
  else return false;
  return true;
}

/** Without --tls they have no effect, as in redis-cli. */
function takeTls(to: RedisOptions): bool {
  if (options.isFlag("", "--tls")) {
    to.tls = true;
    return true;
  }
  if (options.is("", "--cert")) {
    to.hasCertificate = true;
    takeTlsText(CERTIFICATE);
  } else if (options.is("", "--key")) {
    to.hasKey = true;
    takeTlsText(KEY);
  } else if (options.isFlag("", "--insecure")) to.isInsecure = true;
  else if (options.is("", "--cacert")) takeTlsText(CA_FILE);
  else if (options.is("", "--cacertdir")) takeTlsText(CA_FOLDER);
  else if (options.is("", "--sni")) takeTlsText(SERVER_NAME);
  else if (options.is("", "--tls-ciphers")) takeTlsText(CIPHERS);
  else if (options.is("", "--tls-ciphersuites")) takeTlsText(CIPHER_SUITES);
  else if (options.is("", "--verify-name")) takeTlsText(VERIFIED_NAME);
  else return false;
  to.hasTlsFlag = true;
  return true;
}

/** redis-cli's options about how replies are shown, which change nothing here (R86). */
function takeIgnored(to: RedisOptions): bool {
  if (options.isFlag("c", "")) to.isCluster = true;
  else if (options.is("d", "") || options.is("D", "") || options.is("", "--show-pushes"))
    options.value();
  else if (options.isAnyOf(IGNORED)) refuseGlued();
  else return options.isFlag("e", "");
  return true;
}

function refuseGlued(): void {
  if (options.hasGluedValue()) options.complain().text(" takes no value").end();
}

function takePort(to: RedisOptions): void {
  if (!options.value()) return;
  const port = parseDecimal(options.valueAt, options.valueLength);
  if (port < 1 || port > 65_535) options.refuse("a port from 1 to 65535");
  to.target.port = <i32>port;
}

/** A whole number up to 2147483647; -1 after a refusal. */
function takeCount(allowed: string): i64 {
  if (!options.value()) return -1;
  const count = parseDecimal(options.valueAt, options.valueLength);
  if (count >= 0 && count <= LARGEST_COUNT) return count;
  options.refuse(allowed);
  return -1;
}

function takeCodes(to: Text): void {
  if (!options.value()) return;
  const at = options.valueAt;
  const length = options.valueLength;
  if (!isCodeList(at, length) || !to.set(at, length))
    options.refuse("reply codes with commas between, such as LOADING,NOAUTH");
}

/** The value may hold a password: no message repeats it, and the argument is overwritten from there on (R10, R104). */
function takeUri(to: RedisOptions): void {
  if (!options.value()) return;
  const isValid = uri.parse(options.valueAt, options.valueLength);
  if (uri.secretLength > 0) argv_scrub(options.valueIndex, options.valueOffset + uri.secretOffset);
  if (!isValid) {
    options.complain().text(": bad URI; use ").text(uri.error).end();
    return;
  }
  to.tls = to.tls || uri.tls;
  to.hasLaterAt = uri.hasLaterAt;
  to.hasOtherQuery = uri.hasOtherQuery;
  if (uri.port > 0) to.target.port = uri.port;
  if (uri.password.length > 0) to.password.set(uri.password.at, uri.password.length);
  const fits =
    keep(uri.user, to.user) && keep(uri.host, to.target.host) && keep(uri.socket, to.target.socket);
  if (!fits)
    options.complain().text(": bad URI; use a host, user or socket path that is shorter").end();
}

function keep(part: Part, to: Text): bool {
  return part.length === 0 || to.set(part.at, part.length);
}

/** What options say only together. -1, or the exit status after a message. */
function check(to: RedisOptions): i32 {
  if (to.resp2 && to.resp3) return usage("-2 and -3 exclude each other; use one");
  if (to.onlyIpv4 && to.onlyIpv6) return usage("-4 and -6 exclude each other; use one");
  if (to.target.socket.length > 0 && to.isCluster)
    return usage("-s and -c exclude each other; use one");
  if (to.hasCertificate !== to.hasKey) return usage("--cert and --key go together; give both");
  if (to.isQuorum && to.sentinel.length === 0) return usage("--quorum needs --sentinel NAME");
  if (!HAS_TLS && to.tls)
    return usage("this build has no TLS; use knell-tls, a plain port or a unix socket");
  if (HAS_TLS && to.tls) {
    to.hasTlsFlag = false;
    setVerification(!to.isInsecure);
  }
  if (to.onlyIpv4) to.target.family = AF_INET;
  if (to.onlyIpv6) to.target.family = AF_INET6;
  if (to.target.host.length === 0)
    to.target.host.length = copyText(to.target.host.at, DEFAULT_HOST);
  return -1;
}
