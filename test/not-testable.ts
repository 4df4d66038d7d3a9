// Statements that no test holds, each with its reason. Read by scripts/statements.ts.

/** Statement → why no test can hold it. */
export const NOT_TESTABLE: Record<string, string> = {};

/** Statement → what has to be built first. */
export const LATER: Record<string, string> = {
  N2: "the resident endpoint",
  N3: "the resident endpoint",
  N4: "the resident endpoint",
  N5: "the resident endpoint",
};
