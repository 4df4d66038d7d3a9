import { out } from "../system/output";
import { VERSION } from "../system/version";

export function initHelp(): void {
  out
    .line("Usage: knell init [OPTIONS] [--] PROGRAM [ARGUMENT...]")
    .line("")
    .line(
      "PID 1 of a container: runs PROGRAM, forwards signals to it, reaps zombies, leaves with its status.",
    )
    .text(`
  -g, --group              forward signals to PROGRAM's process group
      --forward WHO        child (default), group, or tree: every process below
      --rewrite S:R        forward R in place of signal S; R = 0 drops it
`)
    .line(
      "      --drain[=5s]         when PROGRAM has ended: TERM to the rest, wait, KILL at the deadline",
    )
    .text(`      --stop-timeout D     KILL PROGRAM's tree D after a forwarded TERM, INT or QUIT
      --wait-all           stay until every child has ended
  -e, --remap-exit N|A:B   leave with 0 in place of N, with B in place of A
  -s, --subreaper          refuse to run without being PID 1 or subreaper
  -p, --pdeathsig S        signal for knell when its own parent dies
      --child-pdeathsig S  signal for PROGRAM when knell dies
      --setsid             PROGRAM leads a new session
      --no-setpgid         PROGRAM stays in knell's process group
  -w, --warn-on-reap       one line per reaped orphan
  -v, --verbose            more lines on stderr; up to three times
  -l, --license  -h, --help  --version

Variables: KNELL_SUBREAPER KNELL_GROUP KNELL_VERBOSITY KNELL_REMAP_EXIT KNELL_DRAIN
`)
    .line(
      "           KNELL_STOP_TIMEOUT KNELL_REWRITE TINI_SUBREAPER TINI_KILL_PROCESS_GROUP TINI_VERBOSITY",
    )
    .line("")
    .line("Example: knell init --drain=5s -- redis-server /etc/redis.conf");
}

export function licence(): void {
  out
    .text("knell ")
    .line(VERSION)
    .line("Licensed under the Apache License, Version 2.0 (SPDX: Apache-2.0).")
    .line("The text: https://www.apache.org/licenses/LICENSE-2.0");
}
