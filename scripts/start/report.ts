// What `npm start` prints: one aligned line per probe, one per event. Colours only on a terminal.

import { styleText } from "node:util";
import type { Result, Verdict } from "./probe.ts";

type Colour = "green" | "red" | "yellow" | "cyan";

const COLOURS: Readonly<Record<Verdict, Colour>> = {
  pass: "green",
  fail: "red",
  timeout: "red",
  hang: "yellow",
};

export class Report {
  readonly counts: Record<Verdict, number> = { pass: 0, fail: 0, timeout: 0, hang: 0 };
  restarts = 0;
  mostZombies = 0;

  opening(port: number, probe: string): void {
    console.log(`redis-server under knell init on port ${port}, probed by: ${probe}`);
    console.log(
      "Freeze it with kill -STOP and its pid, thaw it with kill -CONT; Ctrl-C ends all.\n",
    );
    console.log(`${"time".padEnd(12)}  verdict       ms  zombies`);
  }

  probe(result: Result, zombies: number): void {
    this.counts[result.verdict]++;
    this.mostZombies = Math.max(this.mostZombies, zombies);
    const verdict = paint(COLOURS[result.verdict], result.verdict.padEnd(7));
    const count = zombies.toString().padStart(7);
    const columns = [
      clock(),
      verdict,
      result.milliseconds.toFixed(1).padStart(7),
      zombies > 0 ? paint("red", count) : count,
    ];
    if (result.verdict !== "pass" && result.line) columns.push(result.line.slice(0, 100));
    console.log(columns.join("  "));
  }

  event(text: string): void {
    console.log(`${clock()}  ${paint("cyan", text)}`);
  }

  /** True if there was at least one probe and every one passed. */
  get isClean(): boolean {
    const { pass, fail, timeout, hang } = this.counts;
    return pass > 0 && fail + timeout + hang === 0;
  }

  summary(): string {
    const verdicts = Object.entries(this.counts).filter(([, count]) => count > 0);
    const counted = verdicts.map(([verdict, count]) => `${count} ${verdict}`).join(", ");
    return `${counted || "no probe"}; ${this.restarts} restarts; at most ${this.mostZombies} zombies`;
  }
}

function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}

/** Local time to the millisecond, 12 characters. */
function clock(): string {
  const now = new Date();
  const milliseconds = now.getMilliseconds().toString().padStart(3, "0");
  return `${now.toTimeString().slice(0, 8)}.${milliseconds}`;
}
