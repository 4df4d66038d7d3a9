// Statements that no test holds, each with its reason. Read by scripts/statements.ts.

/** Statement → why no test can hold it. */
export const NOT_TESTABLE: Record<string, string> = {
  R4: "gives the reason for R3; the rows R22–R40 hold what follows from it",
  R44: "the state lasts only while a replica swaps in a data set; R90's tests hold how async_loading is read",
  Z13: "describes Redis' own reaping; Z11 and Z12 hold that knell gives it nothing to reap",
  Z14: "describes blocked clients of the usual recipe; the rows Z1–Z7 hold that knell leaves none",
};

/** Statement → what has to be built first. */
export const LATER: Record<string, string> = {
  R73: "knell lint",
};

/** The same for kubelet-probes.md, whose P1 is not that of init.md. */
export const KUBELET_NOT_TESTABLE: Record<string, string> = {
  P95: "is about image pulls, which no engine here makes",
};

export const KUBELET_LATER: Record<string, string> = {
  P31: "a kubelet that restarts is not played",
};
