// Small scenarios that the fake kernel and the real one must agree on: what PID 1 does, and what it sees.

import type { Step } from "../../binary/test/fake/script.ts";

/** Actions of PID 1. Each gives one observation. */
export type Action =
  /** The pid: the first is 2, and so on. */
  | readonly ["fork", steps: readonly Step[]]
  | readonly ["kill", pid: number, signal: number]
  | readonly ["queue", pid: number, signal: number, value: number]
  /** [pid, code, status], null for nothing, or a negated errno. */
  | readonly ["wait", options: number, pid?: number]
  /** [signal, code, pid], or a negated errno after the time. */
  | readonly ["take", timeoutMs: number]
  /** Waits until /proc shows this; true. */
  | readonly ["until", pid: number, state?: string | null, parent?: number]
  /** [state, parent, group, session] as /proc shows it, null if it is gone. */
  | readonly ["look", pid: number]
  | readonly ["detach", pid: number, signal: number]
  /** [signal, code, pid] of what stopped a traced process. */
  | readonly ["trap", pid: number]
  | readonly ["ignore", signal: number]
  | readonly ["default", signal: number]
  | readonly ["uid", uid: number]
  | readonly ["setpgid", pid: number, group: number]
  | readonly ["children", pid: number]
  /** Makes a new terminal the controlling one. */
  | readonly ["terminal"]
  /** tcsetpgrp(3) and tcgetpgrp(3) by PID 1, which has TTOU blocked. */
  | readonly ["give", group: number]
  | readonly ["foreground"]
  | readonly ["key", key: "^C" | "^Z" | "^\\"]
  | readonly ["resize", columns: number]
  /** TIOCNOTTY. */
  | readonly ["drop"]
  /** A write to a pipe without readers. */
  | readonly ["broken-pipe"]
  /** A non-blocking stream socket; it and those accepted are named by their number in order, from 0 on. */
  | readonly ["socket", family: "inet" | "inet6" | "unix"]
  /** Addresses are "127.0.0.1:80", "[::1]:80" or a path. All give 0 or a negated errno. */
  | readonly ["bind", socket: number, address: string]
  | readonly ["reuse", socket: number]
  | readonly ["v6-only", socket: number]
  | readonly ["listen", socket: number, backlog: number]
  | readonly ["connect", socket: number, address: string]
  | readonly ["unlink", path: string]
  /** 0 and one socket more, or a negated errno. */
  | readonly ["accept", socket: number]
  /** The bytes written, or a negated errno. */
  | readonly ["send", socket: number, text: string]
  /** The text read, or a negated errno. */
  | readonly ["receive", socket: number, length: number]
  | readonly ["shut", socket: number]
  | readonly ["close", socket: number]
  /** close(2) with SO_LINGER 0: a reset. */
  | readonly ["reset", socket: number]
  /** SO_ERROR. */
  | readonly ["error", socket: number]
  /** Waits up to 5 s for something of POLLIN, then gives revents for POLLIN | POLLOUT. */
  | readonly ["readable", socket: number]
  /** The same bits without a wait. */
  | readonly ["poll", socket: number];

const HUP = 1;
const INT = 2;
const ABRT = 6;
const KILL = 9;
const USR1 = 10;
const SEGV = 11;
const USR2 = 12;
const TERM = 15;
const CHLD = 17;
const CONT = 18;
const STOP = 19;
const TSTP = 20;
const TTOU = 22;
const RTMIN = 34;

const NOHANG = 1;
const STOPPED = 2;
const EXITED = 4;
const CONTINUED = 8;
const NOWAIT = 0x01000000;
const ENDS = EXITED | NOHANG;
const ALL = EXITED | STOPPED | NOHANG;

/** Tells PID 1 that a process is ready, by USR2, and waits. */
const READY: readonly Step[] = [["kill", 1, USR2], ["pause"]];

export const SCENARIOS: readonly (readonly [title: string, actions: readonly Action[]])[] = [
  [
    "an end makes a zombie and one CHLD, wait takes it",
    [
      ["fork", [["exit", 7]]],
      ["take", 5000],
      ["look", 2],
      ["wait", ENDS],
      ["look", 2],
      ["wait", ENDS],
    ],
  ],
  [
    "a zombie can be signalled, one that is reaped cannot",
    [
      ["fork", [["exit", 0]]],
      ["until", 2, "Z"],
      ["kill", 2, TERM],
      ["kill", -2, TERM],
      ["wait", ENDS],
      ["kill", 2, TERM],
      ["kill", -2, 0],
    ],
  ],
  [
    "ends of two children coalesce into one CHLD of the first",
    [
      ["fork", [["exit", 1]]],
      ["until", 2, "Z"],
      ["fork", [["exit", 2]]],
      ["until", 3, "Z"],
      ["take", 5000],
      ["take", 0],
      ["wait", ENDS],
      ["wait", ENDS],
      ["wait", ENDS],
    ],
  ],
  [
    "an orphan comes to PID 1 and is waited for behind its own children",
    [
      [
        "fork",
        [["on", USR1, [["exit", 0]]], ["fork", [["on", TERM, [["exit", 3]]], ...READY]], ["pause"]],
      ],
      ["take", 5000],
      ["kill", 2, USR1],
      ["until", 2, "Z"],
      ["until", 3, null, 1],
      ["fork", [["exit", 4]]],
      ["kill", 3, TERM],
      ["until", 3, "Z"],
      ["until", 4, "Z"],
      ["look", 3],
      ["children", 1],
      ["wait", ENDS],
      ["wait", ENDS],
      ["wait", ENDS],
      ["wait", ENDS],
    ],
  ],
  [
    "the nearest subreaper takes an orphan, PID 1 the rest when it is gone",
    [
      [
        "fork",
        [
          ["subreaper"],
          [
            "fork",
            [
              ["fork", [["pause"]]],
              ["exit", 0],
            ],
          ],
          ["pause"],
        ],
      ],
      ["until", 3, "Z"],
      ["until", 4, null, 2],
      ["kill", 2, KILL],
      ["until", 4, null, 1],
      ["look", 3],
      ["children", 1],
    ],
  ],
  [
    "a subreaper's children are no subreapers",
    [
      [
        "fork",
        [
          ["subreaper"],
          [
            "fork",
            [
              [
                "fork",
                [
                  ["fork", [["pause"]]],
                  ["exit", 0],
                ],
              ],
              ["reap"],
              ["pause"],
            ],
          ],
          ["pause"],
        ],
      ],
      ["until", 5, null, 2],
      ["look", 5],
    ],
  ],
  [
    "a zombie left by its parent comes to PID 1 with a CHLD",
    [
      ["fork", [["fork", [["exit", 5]]], ["on", TERM, [["exit", 0]]], ...READY]],
      ["take", 5000],
      ["until", 3, "Z"],
      ["kill", 2, TERM],
      ["until", 3, "Z", 1],
      ["until", 2, "Z"],
      ["take", 5000],
      ["wait", ENDS],
      ["wait", ENDS],
    ],
  ],
  [
    "CHLD ignored: no zombie, and wait says ECHILD",
    [
      ["ignore", CHLD],
      ["fork", [["exit", 0]]],
      ["until", 2, "gone"],
      ["wait", ENDS],
      ["take", 0],
      ["default", CHLD],
      ["fork", [["exit", 0]]],
      ["until", 3, "Z"],
    ],
  ],
  [
    "standard signals coalesce, the lowest number is taken first, faults before all",
    [
      [
        "fork",
        [
          ["kill", 1, TERM],
          ["kill", 1, SEGV],
          ["kill", 1, TERM],
          ["kill", 1, HUP],
          ["kill", 1, ABRT],
          ["kill", 1, USR1],
          ["exit", 0],
        ],
      ],
      ["until", 2, "Z"],
      ["take", 0],
      ["take", 0],
      ["take", 0],
      ["take", 0],
      ["take", 0],
      ["take", 0],
      ["take", 0],
    ],
  ],
  [
    "real-time signals queue, each number in order, lower numbers first, behind the standard ones",
    [
      [
        "fork",
        [
          ["kill", 1, RTMIN + 2],
          ["kill", 1, RTMIN],
          ["kill", 1, RTMIN + 2],
          ["kill", 1, USR1],
          ["exit", 0],
        ],
      ],
      ["until", 2, "Z"],
      ["take", 0],
      ["take", 0],
      ["take", 0],
      ["take", 0],
      ["take", 0],
      ["take", 0],
    ],
  ],
  [
    "kill(-1) reaches everyone but PID 1, across sessions",
    [
      ["fork", [["setsid"], ["fork", READY], ["pause"]]],
      ["take", 5000],
      ["kill", -1, TERM],
      ["until", 2, "Z"],
      ["until", 3, "Z", 1],
      ["wait", ENDS],
      ["wait", ENDS],
      ["kill", -1, TERM],
    ],
  ],
  [
    "kill(-group) reaches the group only, and fails once it is empty",
    [
      ["fork", [["setpgid"], ["fork", READY], ["pause"]]],
      ["take", 5000],
      ["fork", READY],
      ["take", 5000],
      ["kill", -2, TERM],
      ["until", 2, "Z"],
      ["until", 3, "Z"],
      ["look", 4],
      ["wait", ENDS],
      ["kill", -2, 0],
      ["wait", ENDS],
      ["kill", -2, 0],
    ],
  ],
  [
    "PID 1 does not die of a default-action signal, blocked it stays pending",
    [
      [
        "fork",
        [
          ["kill", 1, TERM],
          ["kill", 1, KILL],
          ["kill", 1, STOP],
          ["exit", 0],
        ],
      ],
      ["until", 2, "Z"],
      ["take", 0],
      ["take", 0],
      ["take", 0],
    ],
  ],
  [
    "wait flags: NOWAIT leaves it, without WEXITED an end is not shown",
    [
      ["fork", [["exit", 9]]],
      ["until", 2, "Z"],
      ["wait", STOPPED | NOHANG],
      ["wait", ENDS | NOWAIT],
      ["wait", ENDS | NOWAIT, 2],
      ["wait", ENDS, 3],
      ["wait", NOHANG],
      ["wait", ENDS, 2],
      ["wait", ENDS, 2],
    ],
  ],
  [
    "stop and continue: one report each, a CHLD each",
    [
      ["fork", [["setpgid"], ...READY]],
      ["take", 5000],
      ["kill", 2, STOP],
      ["until", 2, "T"],
      ["take", 5000],
      ["wait", ENDS],
      ["wait", ALL | NOWAIT],
      ["wait", ALL],
      ["wait", ALL],
      ["kill", 2, CONT],
      ["take", 5000],
      ["wait", ALL],
      ["wait", CONTINUED | NOHANG],
      ["wait", CONTINUED | NOHANG],
      ["look", 2],
    ],
  ],
  [
    "a stopped process keeps TERM pending, KILL ends it at once",
    [
      ["fork", [["on", TERM, [["exit", 3]]], ...READY]],
      ["take", 5000],
      ["kill", 2, STOP],
      ["until", 2, "T"],
      ["kill", 2, TERM],
      ["look", 2],
      ["kill", 2, CONT],
      ["until", 2, "Z"],
      ["wait", ENDS],
      ["take", 0],
      ["take", 0],
      ["fork", READY],
      ["take", 5000],
      ["kill", 3, STOP],
      ["until", 3, "T"],
      ["kill", 3, KILL],
      ["until", 3, "Z"],
      ["wait", ENDS],
    ],
  ],
  [
    "a stop reported and then ended: only the end is left",
    [
      ["fork", READY],
      ["take", 5000],
      ["kill", 2, STOP],
      ["until", 2, "T"],
      ["kill", 2, KILL],
      ["until", 2, "Z"],
      ["wait", ALL],
      ["wait", ALL],
    ],
  ],
  [
    "TSTP does nothing in an orphaned group, STOP does",
    [
      ["fork", [["setsid"], ...READY]],
      ["take", 5000],
      ["kill", 2, TSTP],
      ["kill", 2, USR2],
      ["until", 2, "Z"],
      ["wait", ENDS],
    ],
  ],
  [
    "a stopped group that is orphaned gets HUP and CONT",
    [
      ["fork", [["fork", [["setpgid"], ...READY]], ["pause"]]],
      ["take", 5000],
      ["kill", 3, STOP],
      ["until", 3, "T"],
      ["kill", 2, KILL],
      ["until", 2, "Z"],
      ["look", 3],
      ["kill", 3, KILL],
      ["until", 3, "Z", 1],
      ["wait", EXITED | NOHANG, 3],
    ],
  ],
  [
    "a parent's death signal reaches its children, not theirs",
    [
      ["fork", [["fork", [["deathsig", USR1], ["fork", READY], ["pause"]]], ["pause"]]],
      ["take", 5000],
      ["kill", 2, KILL],
      ["until", 3, "Z", 1],
      ["until", 4, null, 1],
      ["look", 4],
      ["wait", ENDS],
      ["wait", ENDS],
    ],
  ],
  [
    "ptrace: any signal stops a traced child, wait shows it unasked, detach delivers",
    [
      ["fork", [["traceme"], ["on", USR1, [["exit", 6]]], ["raise", USR1], ["exit", 0]]],
      ["until", 2, "t"],
      ["take", 5000],
      ["wait", ENDS | NOWAIT],
      ["trap", 2],
      ["wait", ENDS],
      ["wait", ENDS],
      ["detach", 2, USR1],
      ["until", 2, "Z"],
      ["wait", ENDS],
      ["detach", 2, 0],
    ],
  ],
  [
    "ptrace: execve of a traced child is a TRAP from itself, detach with 0 drops it",
    [
      ["fork", [["traceme"], ["exec"], ["pause"]]],
      ["until", 2, "t"],
      ["wait", ENDS],
      ["trap", 2],
      ["detach", 2, 0],
      ["until", 2, "S"],
      ["detach", 2, 0],
      ["kill", 2, TERM],
      ["until", 2, "Z"],
      ["wait", ENDS],
    ],
  ],
  [
    "ptrace: a detached child with STOP is stopped as a job",
    [
      ["fork", [["traceme"], ["raise", STOP], ["pause"]]],
      ["until", 2, "t"],
      ["wait", ENDS],
      ["detach", 2, STOP],
      ["until", 2, "T"],
      ["wait", ALL],
      ["kill", 2, KILL],
      ["until", 2, "Z"],
      ["wait", ALL],
    ],
  ],
  [
    "an orphan that traces itself is shown to PID 1 and can be detached",
    [
      [
        "fork",
        [
          ["on", HUP, [["exit", 0]]],
          ["fork", [["on", USR1, [["traceme"], ["raise", TERM]]], ...READY]],
          ["pause"],
        ],
      ],
      ["take", 5000],
      ["kill", 2, HUP],
      ["until", 2, "Z"],
      ["until", 3, null, 1],
      ["wait", ENDS],
      ["kill", 3, USR1],
      ["until", 3, "t"],
      ["wait", ENDS],
      ["detach", 3, TERM],
      ["until", 3, "Z"],
      ["wait", ENDS],
    ],
  ],
  [
    "without privilege another user's process cannot be signalled; kill(-1) hides that",
    [
      ["fork", READY],
      ["take", 5000],
      [
        "fork",
        [
          ["uid", 1000],
          ["raise", STOP],
        ],
      ],
      ["until", 3, "T"],
      ["uid", 1000],
      ["kill", 2, TERM],
      ["kill", 2, CONT],
      ["kill", -1, KILL],
      ["until", 3, "Z"],
      ["look", 2],
    ],
  ],
  [
    "without privilege kill(-1) that may signal nobody still succeeds",
    [
      ["fork", READY],
      ["take", 5000],
      ["uid", 1000],
      ["kill", -1, TERM],
      ["look", 2],
    ],
  ],
  [
    "setpgid: not after execve, not for a stranger",
    [
      ["fork", READY],
      ["take", 5000],
      ["setpgid", 2, 2],
      ["look", 2],
      ["setpgid", 99, 99],
      ["setpgid", 2, 98],
      ["fork", [["traceme"], ["exec"]]],
      ["until", 3, "t"],
      ["setpgid", 3, 3],
      ["look", 3],
    ],
  ],
  [
    "a value goes with a queued signal to a process, not to a group",
    [
      ["fork", [["on", RTMIN, [["exit", 4]]], ...READY]],
      ["take", 5000],
      ["queue", -2, RTMIN, 5],
      ["queue", 2, RTMIN, 5],
      ["until", 2, "Z"],
      ["wait", ENDS],
      ["queue", 2, RTMIN, 5],
    ],
  ],
  [
    "a real-time signal ends a process that does nothing about it",
    [
      ["fork", READY],
      ["take", 5000],
      ["kill", 2, 64],
      ["until", 2, "Z"],
      ["wait", ENDS],
    ],
  ],
  [
    "a write to a pipe without readers leaves a PIPE from oneself",
    [["broken-pipe"], ["take", 0], ["take", 0]],
  ],
  [
    "an ignored signal is lost, even while another process has it blocked it is not",
    [
      ["fork", [["ignore", TERM], ...READY]],
      ["take", 5000],
      ["kill", 2, TERM],
      ["fork", [["block", INT], ...READY]],
      ["take", 5000],
      ["kill", 3, INT],
      ["look", 2],
      ["look", 3],
    ],
  ],
  [
    "the terminal's keys go to the foreground group, from the kernel",
    [
      ["terminal"],
      ["foreground"],
      ["key", "^C"],
      ["take", 5000],
      ["fork", [["setpgid"], ["fork", READY], ["pause"]]],
      ["take", 5000],
      ["give", 2],
      ["foreground"],
      ["key", "^Z"],
      ["until", 2, "T"],
      ["until", 3, "T"],
      ["wait", ALL, 2],
      ["kill", -2, CONT],
      ["until", 2, "S"],
      ["give", 1],
      ["resize", 100],
      ["take", 0],
      ["take", 0],
      ["take", 0],
    ],
  ],
  [
    "the foreground can only be given to a group of the session",
    [
      ["terminal"],
      ["fork", [["setsid"], ...READY]],
      ["take", 5000],
      ["give", 2],
      ["give", 77],
      ["foreground"],
    ],
  ],
  [
    "a group that is gone keeps the foreground until it is given to another",
    [
      ["terminal"],
      ["fork", [["setpgid"], ...READY]],
      ["take", 5000],
      ["give", 2],
      ["kill", 2, KILL],
      ["until", 2, "Z"],
      ["wait", ENDS],
      ["foreground"],
      ["give", 1],
      ["foreground"],
    ],
  ],
  [
    "a background child that takes the foreground is stopped by TTOU, or has it blocked and gets it",
    [
      ["terminal"],
      ["fork", [["setpgid"], ["foreground"], ...READY]],
      ["until", 2, "T"],
      ["wait", ALL],
      ["take", 0],
      ["foreground"],
      ["fork", [["block", TTOU], ["setpgid"], ["foreground"], ...READY]],
      ["take", 5000],
      ["foreground"],
    ],
  ],
  [
    "the session leader gives up the terminal: HUP and CONT to the foreground group",
    [
      ["terminal"],
      ["fork", [["setpgid"], ["on", HUP, [["exit", 1]]], ...READY]],
      ["take", 5000],
      ["give", 2],
      ["drop"],
      ["until", 2, "Z"],
      ["wait", ENDS],
      ["drop"],
    ],
  ],
  [
    "the session leader gives up the terminal: in the foreground itself it gets both in its own name",
    [["terminal"], ["drop"], ["take", 0], ["take", 0], ["take", 0], ["foreground"]],
  ],
  [
    "the quit key ends the foreground group",
    [
      ["terminal"],
      ["fork", [["setpgid"], ...READY]],
      ["take", 5000],
      ["give", 2],
      ["key", "^\\"],
      ["until", 2, "Z"],
      ["wait", ENDS],
    ],
  ],
  [
    "a socket that is not connected: PIPE for a write, ENOTCONN for a read, HUP for poll",
    [
      ["socket", "inet"],
      ["poll", 0],
      ["receive", 0, 9],
      ["send", 0, "x"],
      ["take", 0],
      ["shut", 0],
      ["accept", 0],
      ["socket", "unix"],
      ["poll", 1],
      ["receive", 1, 9],
      ["send", 1, "x"],
      ["take", 0],
      ["listen", 1, 1],
    ],
  ],
  [
    "a write, of nothing too, tells whether a connection stands or was refused",
    [
      ["socket", "inet"],
      ["connect", 0, "127.88.7.6:18086"],
      ["readable", 0],
      ["send", 0, ""],
      ["take", 0],
      ["poll", 0],
      ["receive", 0, 9],
      ["send", 0, ""],
      ["take", 0],
      ["socket", "inet"],
      ["bind", 1, "127.88.7.6:18086"],
      ["listen", 1, 4],
      ["socket", "inet"],
      ["connect", 2, "127.88.7.6:18086"],
      ["readable", 1],
      ["send", 2, ""],
      ["connect", 2, "127.88.7.6:18086"],
      ["connect", 2, "127.88.7.6:18086"],
      ["error", 2],
      ["socket", "inet"],
      ["connect", 3, "127.88.7.6:18087"],
      ["readable", 3],
      ["error", 3],
      ["error", 3],
      ["poll", 3],
    ],
  ],
  [
    "a listener: its queue, two ends, the end of each direction",
    [
      ["socket", "inet"],
      ["bind", 0, "127.88.7.6:18086"],
      ["bind", 0, "127.88.7.6:18087"],
      ["listen", 0, 4],
      ["poll", 0],
      ["accept", 0],
      ["receive", 0, 9],
      ["socket", "inet"],
      ["connect", 1, "127.88.7.6:18086"],
      ["readable", 0],
      ["send", 1, "early"],
      ["accept", 0],
      ["readable", 2],
      ["receive", 2, 3],
      ["receive", 2, 9],
      ["receive", 2, 9],
      ["poll", 2],
      ["shut", 1],
      ["readable", 2],
      ["receive", 2, 9],
      ["send", 1, "x"],
      ["take", 0],
      ["send", 2, "answer"],
      ["shut", 2],
      ["poll", 2],
      ["readable", 1],
      ["receive", 1, 9],
      ["receive", 1, 9],
      ["poll", 1],
    ],
  ],
  [
    "a peer that closed takes one write, which it answers with a reset",
    [
      ["socket", "inet"],
      ["bind", 0, "127.88.7.6:18086"],
      ["listen", 0, 4],
      ["socket", "inet"],
      ["connect", 1, "127.88.7.6:18086"],
      ["readable", 0],
      ["accept", 0],
      ["close", 1],
      ["readable", 2],
      ["receive", 2, 9],
      ["send", 2, ""],
      ["poll", 2],
      ["send", 2, "x"],
      ["poll", 2],
      ["send", 2, "x"],
      ["take", 0],
      ["receive", 2, 9],
      ["poll", 2],
    ],
  ],
  [
    "a reset: what had come is still read, then the error, once",
    [
      ["socket", "inet"],
      ["bind", 0, "127.88.7.6:18086"],
      ["listen", 0, 4],
      ["socket", "inet"],
      ["connect", 1, "127.88.7.6:18086"],
      ["readable", 0],
      ["accept", 0],
      ["send", 1, "last"],
      ["readable", 2],
      ["reset", 1],
      ["poll", 2],
      ["receive", 2, 9],
      ["receive", 2, 9],
      ["poll", 2],
      ["receive", 2, 9],
      ["send", 2, "x"],
      ["take", 0],
    ],
  ],
  [
    "closing with bytes unread is a reset, and so is what a closed listener had queued",
    [
      ["socket", "inet"],
      ["bind", 0, "127.88.7.6:18086"],
      ["listen", 0, 4],
      ["socket", "inet"],
      ["connect", 1, "127.88.7.6:18086"],
      ["readable", 0],
      ["accept", 0],
      ["send", 1, "unread"],
      ["readable", 2],
      ["send", 2, "answer"],
      ["close", 2],
      ["poll", 1],
      ["receive", 1, 9],
      ["receive", 1, 9],
      ["socket", "inet"],
      ["connect", 3, "127.88.7.6:18086"],
      ["readable", 0],
      ["close", 0],
      ["poll", 3],
      ["receive", 3, 9],
    ],
  ],
  [
    "a connection that was reset in the queue is accepted all the same",
    [
      ["socket", "inet"],
      ["bind", 0, "127.88.7.6:18086"],
      ["listen", 0, 4],
      ["socket", "inet"],
      ["connect", 1, "127.88.7.6:18086"],
      ["readable", 0],
      ["reset", 1],
      ["accept", 0],
      ["receive", 2, 9],
    ],
  ],
  [
    "an address is used once, with SO_REUSEADDR by one listener",
    [
      ["socket", "inet"],
      ["bind", 0, "127.88.7.6:18086"],
      ["socket", "inet"],
      ["bind", 1, "127.88.7.6:18086"],
      ["reuse", 1],
      ["bind", 1, "127.88.7.6:18086"],
      ["reuse", 0],
      ["bind", 1, "127.88.7.6:18086"],
      ["listen", 0, 1],
      ["listen", 1, 1],
      ["socket", "inet"],
      ["reuse", 2],
      ["bind", 2, "127.88.7.6:18086"],
      ["close", 0],
      ["close", 1],
      ["bind", 2, "127.88.7.6:18086"],
      ["listen", 2, 1],
    ],
  ],
  [
    "one socket hears both families, or IPv6 only",
    [
      ["socket", "inet6"],
      ["bind", 0, "[::]:18086"],
      ["listen", 0, 4],
      ["socket", "inet"],
      ["bind", 1, "127.88.7.6:18086"],
      ["connect", 1, "127.88.7.6:18086"],
      ["readable", 0],
      ["send", 1, ""],
      ["socket", "inet6"],
      ["v6-only", 2],
      ["bind", 2, "[::]:18087"],
      ["listen", 2, 4],
      ["socket", "inet"],
      ["bind", 3, "127.88.7.6:18087"],
      ["socket", "inet"],
      ["connect", 4, "127.0.0.1:18087"],
      ["readable", 4],
      ["send", 4, ""],
    ],
  ],
  [
    "unix: the file stays, stale it refuses, a full queue says EAGAIN",
    [
      ["unlink", "/tmp/knell-scenario.sock"],
      ["socket", "unix"],
      ["connect", 0, "/tmp/knell-scenario.sock"],
      ["bind", 0, "/tmp/knell-scenario.sock"],
      ["socket", "unix"],
      ["connect", 1, "/tmp/knell-scenario.sock"],
      ["bind", 1, "/tmp/knell-scenario.sock"],
      ["listen", 0, 1],
      ["connect", 1, "/tmp/knell-scenario.sock"],
      ["socket", "unix"],
      ["connect", 2, "/tmp/knell-scenario.sock"],
      ["socket", "unix"],
      ["connect", 3, "/tmp/knell-scenario.sock"],
      ["accept", 0],
      ["connect", 3, "/tmp/knell-scenario.sock"],
      ["send", 1, "hello"],
      ["readable", 4],
      ["receive", 4, 9],
      ["receive", 4, 9],
      ["close", 1],
      ["poll", 4],
      ["receive", 4, 9],
      ["send", 4, "x"],
      ["take", 0],
      ["close", 0],
      ["socket", "unix"],
      ["connect", 5, "/tmp/knell-scenario.sock"],
      ["bind", 5, "/tmp/knell-scenario.sock"],
      ["unlink", "/tmp/knell-scenario.sock"],
      ["bind", 5, "/tmp/knell-scenario.sock"],
      ["unlink", "/tmp/knell-scenario.sock"],
    ],
  ],
];
