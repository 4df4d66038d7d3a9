import { out } from "../system/output";

/** Writes what `knell ps --help` says. */
export function psHelp(): void {
  out.line("usage: knell ps [--zombies] [--json] [--max-zombies N] [--watch[=DURATION]]");
  out.line("The processes of this PID namespace as a tree, and who must wait for its zombies.");
  out.line("");
  out.line("  --zombies           only the zombies");
  out.line("  --json              one JSON object on one line");
  out.line("  --max-zombies N     exit 1 if there are more than N");
  out.line("  --watch[=DURATION]  again each second, or each DURATION, until Ctrl-C or SIGTERM");
  out.line("  -h, --help          this text");
  out.line("");
  out.line('PARENT "outside": sent in by the container runtime, which also waits for it.');
  out.line("exit: 0 pass, 1 fail, 64 usage");
  out.line(
    'example: livenessProbe: { exec: { command: ["/knell", "ps", "--max-zombies", "100"] } }',
  );
}
