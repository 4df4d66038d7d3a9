/** The specified times are for an idle 2-core machine; on a loaded one they may take this many times as long. */
export const SLACK = 5;

/** Repetitions of a test that looks for a race. */
export const RACES = 50;
