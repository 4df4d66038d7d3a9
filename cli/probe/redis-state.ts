// The states of a Redis that a probe may meet, and what redis-cli and nc print then (redis-liveness.md sections 2, 3 and 7). Pure.

import { clientOf, isRedisClient } from "./redis-client.ts";
import type { Invocation } from "./script.ts";
import { type Answer, Refusal } from "./shell-run.ts";

/** R22–R40 by the first word of the reply; ERR stands for every other error. */
const ERROR_TEXTS = {
  LOADING: "Redis is loading the dataset in memory",
  MASTERDOWN: "Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  NOAUTH: "Authentication required.",
  BUSY: "Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
  MISCONF:
    "Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
  NOPERM: "User default has no permissions to run the 'ping' command",
  DENIED: "Redis is running in protected mode because protected mode is enabled.",
  ERR: "max number of clients reached",
} as const;

export type ErrorCode = keyof typeof ERROR_TEXTS;
export const ERROR_CODES = Object.keys(ERROR_TEXTS) as readonly ErrorCode[];

/** What a client asks about. "write" is any command that tells nothing but that it ran; "port" sends nothing. */
export type Subject =
  | "ping"
  | "write"
  | "port"
  | "persistence"
  | "replication"
  | "cluster"
  | "role"
  | "sentinel";

export interface RedisState {
  readonly reply: "PONG" | ErrorCode | "refused";
  readonly isLoading: boolean;
  readonly isSaved: boolean;
  readonly role: "master" | "slave";
  readonly isLinkUp: boolean;
  readonly isSyncing: boolean;
  readonly isClusterOk: boolean;
  readonly isMasterKnown: boolean;
}

export const HEALTHY: RedisState = {
  reply: "PONG",
  isLoading: false,
  isSaved: true,
  role: "master",
  isLinkUp: true,
  isSyncing: false,
  isClusterOk: true,
  isMasterKnown: true,
};

interface BadState {
  readonly name: string;
  readonly subject: Subject;
  readonly state: Partial<RedisState>;
}

/** States that an extra of section 7 tells from a healthy one; "replica" is none that should fail. */
export const BAD_STATES: readonly BadState[] = [
  { name: "loading", subject: "persistence", state: { isLoading: true } },
  { name: "unsaved", subject: "persistence", state: { isSaved: false } },
  { name: "replica", subject: "replication", state: { role: "slave" } },
  { name: "link-down", subject: "replication", state: { role: "slave", isLinkUp: false } },
  { name: "syncing", subject: "replication", state: { role: "slave", isSyncing: true } },
  { name: "replica", subject: "role", state: { role: "slave" } },
  { name: "link-down", subject: "role", state: { role: "slave", isLinkUp: false } },
  { name: "cluster-down", subject: "cluster", state: { isClusterOk: false } },
  { name: "master-unknown", subject: "sentinel", state: { isMasterKnown: false } },
];

const WRITES =
  /^(?:incr|incrby|decr|set|setex|setnx|getset|del|unlink|lpush|rpush|lpop|rpop|sadd|hset|zadd|expire|save|bgsave|bgrewriteaof|flushall|flushdb|publish|append|mset)$/;

/** True for a command that changes data or writes files. */
export function isWrite(word: string): boolean {
  return WRITES.test(word.toLowerCase());
}

/** What `invocation` asks about; undefined if it is no client. */
export function subjectOf(invocation: Invocation, stdin: string | undefined): Subject | undefined {
  if (isRedisClient(invocation)) {
    const { command } = clientOf(invocation);
    return clientSubject(
      command.length === 0 ? inputWords(stdin) : command.map(({ text }) => text),
    );
  }
  if (!/^(?:nc|ncat|netcat)$/.test(invocation.program)) return undefined;
  if (invocation.args.some(({ text }) => /^-\w*z/.test(text))) return "port";
  if (stdin === undefined) return undefined;
  const words = inputWords(stdin).filter((word) => word.toUpperCase() !== "QUIT");
  if (words.join(" ").toUpperCase() !== "PING")
    throw new Refusal("it sends more than PING with nc");
  return "ping";
}

function inputWords(stdin: string | undefined): string[] {
  const words = stdin?.trim().split(/\s+/) ?? [];
  if (words.length === 0 || words[0] === "") throw new Refusal("the client has no command");
  return words;
}

function clientSubject(words: readonly string[]): Subject {
  const [first = "", second = ""] = words.map((word) => word.toLowerCase());
  if (first === "ping" && words.length === 1) return "ping";
  if (
    isWrite(first) ||
    first === "get" ||
    first === "echo" ||
    first === "exists" ||
    first === "time"
  ) {
    return "write";
  }
  if (first === "info" && words.length <= 2) {
    if (second === "persistence" || second === "replication") return second;
  }
  if (first === "role" && words.length === 1) return "role";
  if (first === "cluster" && second === "info") return "cluster";
  if (first === "sentinel" && second === "get-master-addr-by-name") return "sentinel";
  throw new Refusal(`knell does not ask "${words.join(" ")}"`);
}

const AUTH_WARNING =
  "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n";

/** What the client prints and leaves with in `state`. */
export function answerOf(invocation: Invocation, subject: Subject, state: RedisState): Answer {
  if (!isRedisClient(invocation)) return netcatAnswer(subject, state);
  const { flags, command } = clientOf(invocation);
  const hasPassword = flags.has("-a") || flags.has("--pass") || flags.has("-u");
  const warning = hasPassword && !flags.has("--no-auth-warning") ? AUTH_WARNING : "";
  if (state.reply === "refused") {
    const errors = "Could not connect to Redis at 127.0.0.1:6379: Connection refused\n";
    return { output: "", errors: warning + errors, status: 1 };
  }
  const error = errorFor(subject, state);
  if (error === undefined) {
    return {
      output: goodReply(subject, command[0]?.text ?? "ping", state),
      errors: warning,
      status: 0,
    };
  }
  const text = `${error} ${ERROR_TEXTS[error]}\n`;
  return flags.has("-e")
    ? { output: "", errors: warning + text, status: 1 }
    : { output: text, errors: warning, status: 0 };
}

/** R43: INFO and ROLE are answered while loading and without a master. */
function errorFor(subject: Subject, { reply }: RedisState): ErrorCode | undefined {
  if (reply === "PONG" || reply === "refused") return undefined;
  const isRead = subject !== "ping" && subject !== "write";
  const isAnswered = reply === "LOADING" || reply === "MASTERDOWN" || reply === "MISCONF";
  return isRead && isAnswered ? undefined : reply;
}

function goodReply(subject: Subject, word: string, state: RedisState): string {
  const isLoading = state.isLoading || state.reply === "LOADING";
  switch (subject) {
    case "ping":
      return "PONG\n";
    case "write":
      return /^(?:set|setex|mset|save|flush.*)$/i.test(word) ? "OK\n" : "1\n";
    case "port":
      return "";
    case "persistence":
      return fields("Persistence", [
        `loading:${Number(isLoading)}`,
        "async_loading:0",
        `rdb_last_bgsave_status:${state.isSaved ? "ok" : "err"}`,
        `aof_last_write_status:${state.isSaved ? "ok" : "err"}`,
      ]);
    case "replication":
      return fields("Replication", replication(state));
    case "cluster":
      return [
        `cluster_state:${state.isClusterOk ? "ok" : "fail"}`,
        "cluster_slots_assigned:16384",
        "",
      ].join("\r\n");
    case "role":
      return state.role === "master"
        ? "master\n3129659\n"
        : `slave\n10.0.0.1\n6379\n${state.isLinkUp ? "connected" : "connect"}\n3129659\n`;
    case "sentinel":
      return state.isMasterKnown ? "10.0.0.1\n6379\n" : "\n";
  }
}

function fields(section: string, lines: readonly string[]): string {
  return [`# ${section}`, ...lines, ""].join("\r\n");
}

function replication({ role, isLinkUp, isSyncing }: RedisState): string[] {
  if (role === "master") return ["role:master", "connected_slaves:0"];
  return [
    "role:slave",
    "master_host:10.0.0.1",
    "master_port:6379",
    `master_link_status:${isLinkUp ? "up" : "down"}`,
    `master_sync_in_progress:${Number(isSyncing)}`,
  ];
}

function netcatAnswer(subject: Subject, { reply }: RedisState): Answer {
  if (reply === "refused") return { output: "", status: 1 };
  if (subject === "port") return { output: "", status: 0 };
  const line = reply === "PONG" ? "+PONG" : `-${reply} ${ERROR_TEXTS[reply]}`;
  return { output: `${line}\r\n`, status: 0 };
}
