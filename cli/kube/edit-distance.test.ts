import { expect, test } from "vitest";
import { nearestName } from "./edit-distance.ts";

test.each([
  ["initalDelaySeconds", "initialDelaySeconds"],
  ["timeoutSecondss", "timeoutSeconds"],
  ["TimeoutSeconds", "timeoutSeconds"],
  ["timeoutSecodns", "timeoutSeconds"],
  ["htp", "http"],
])("%s is %s, mistyped", (text, name) => {
  expect(nearestName(text, ["initialDelaySeconds", "timeoutSeconds", "http"])).toBe(name);
});

test.each([
  ["http", "the name itself"],
  ["hp", "two letters away"],
  ["metrics", "another name"],
  ["ptth", "turned round"],
])("%s is no mistyped http: %s", (text) => {
  expect(nearestName(text, ["http"])).toBeUndefined();
});

test("two candidates are none", () => {
  expect(nearestName("htt", ["http", "htts"])).toBeUndefined();
  expect(nearestName("htt", ["http", "http"])).toBe("http");
});
