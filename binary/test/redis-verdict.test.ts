import { describe, expect, test } from "vitest";
import { loadEntry } from "./load.ts";

const entry = loadEntry("redis");
const { call } = entry;

function errorPasses(live: boolean, code: string, accepted = "", refused = ""): boolean {
  call.setAccepted!(...entry.put(accepted));
  call.setRefused!(...entry.put(refused));
  return call.passesError!(live ? 1 : 0, ...entry.put(code)) === 1;
}

const CODES = [
  ...["NOAUTH", "WRONGPASS", "NOPERM", "LOADING", "MASTERDOWN", "BUSY", "MISCONF", "ERR", "DENIED"],
  ...["UNBLOCKED", "CLUSTERDOWN", "READONLY", "OOM", "NOREPLICAS", "MOVED", "ASK", "REDIRECT"],
  ...["SHUTDOWN", "NOPROTO", "", "no-such-code"],
];

test.each(CODES)("R3, R40 %j: live passes on every error, ready on none", (code) => {
  expect(errorPasses(true, code)).toBe(true);
  expect(errorPasses(false, code)).toBe(false);
});

describe("R6, R7: lists of codes", () => {
  test("R6: ready passes on the accepted codes and on no others", () => {
    expect(errorPasses(false, "LOADING", "LOADING,NOAUTH")).toBe(true);
    expect(errorPasses(false, "NOAUTH", "LOADING,NOAUTH")).toBe(true);
    for (const code of ["LOAD", "LOADINGX", "loading", "BUSY", "", "LOADING,NOAUTH"])
      expect(errorPasses(false, code, "LOADING,NOAUTH")).toBe(false);
  });

  test("R7: live fails on the refused codes and on no others", () => {
    expect(errorPasses(true, "BUSY", "", "MISCONF,BUSY")).toBe(false);
    for (const code of ["BUS", "BUSYKEY", "LOADING", ""])
      expect(errorPasses(true, code, "", "MISCONF,BUSY")).toBe(true);
  });

  test("R6, R7: each list belongs to its own question", () => {
    expect(errorPasses(false, "BUSY", "", "BUSY")).toBe(false);
    expect(errorPasses(true, "BUSY", "BUSY", "")).toBe(true);
  });

  test.each([
    ["LOADING", true],
    ["LOADING,NOAUTH", true],
    ["NO_AUTH2", true],
    ["", false],
    [",", false],
    ["LOADING,", false],
    [",LOADING", false],
    ["A,,B", false],
    ["loading", false],
    ["LOADING NOAUTH", false],
    ["\xff", false],
  ])("R6: %j as a list of codes: %s", (list, expected) => {
    expect(call.acceptsCodes!(...entry.put(list)) === 1).toBe(expected);
  });
});

test.each([
  ["+", "PONG", true],
  ["$", "PONG", true],
  ["=", "PONG", true],
  ["+", "pong", false],
  ["+", "PONGX", false],
  ["+", "PON", false],
  ["+", "", false],
  [":", "PONG", false],
  ["*", "PONG", false],
  ["-", "PONG", false],
  ["!", "PONG", false],
])("R20, R21, R41: type %s with %j is PONG: %s", (kind, text, expected) => {
  expect(call.passesPong!(kind.charCodeAt(0), ...entry.put(text)) === 1).toBe(expected);
});
