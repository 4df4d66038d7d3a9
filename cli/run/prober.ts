// One pass of a probe: up to three tries, and the event (kubelet, prober/prober.go).

import type { EventWording, KubeEvent } from "./events.ts";
import type { ProbeType } from "./pod-definition.ts";
import type { AttemptResult } from "./timeline.ts";

/** What one try came to. An error is no failure: nobody could ask, or nobody could hear the answer (P36, C6). */
export interface Outcome {
  readonly result: AttemptResult;
  /** What goes into the event. */
  readonly output: string;
  readonly isTimeout?: boolean;
  /** What an error counts as in the event's text; "failure" where the body could not be read. */
  readonly resultsIn?: "failure" | "unknown";
}

export interface PassResult {
  readonly outcome: Outcome;
  readonly tries: number;
}

/** Only an error is tried again, at once, this often in all (P34). */
const MOST_TRIES = 3;

/** Asks, and asks again after an error. Calls `emit` unless the last try was a plain success (P35). */
export async function runPass(
  type: ProbeType,
  attempt: () => Promise<Outcome>,
  wording: EventWording,
  emit: (event: KubeEvent) => void,
): Promise<PassResult> {
  let tries = 1;
  let outcome = await attempt();
  for (; outcome.result === "error" && tries < MOST_TRIES; tries++) outcome = await attempt();
  const event = eventOf(type, outcome, wording);
  if (event) emit(event);
  return { outcome, tries };
}

function eventOf(type: ProbeType, outcome: Outcome, wording: EventWording): KubeEvent | undefined {
  switch (outcome.result) {
    case "success":
      return undefined;
    case "warning":
      return wording.probeWarning(type, outcome.output);
    case "failure":
      return wording.probeFailed(type, outcome.output);
    case "error":
      return wording.probeErrored(type, outcome.output, outcome.resultsIn ?? "unknown");
  }
}
