import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { replaceFile, writeWholeFile } from "./file-write.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "knell-write-"));
  file = join(folder, "a.yaml");
  writeFileSync(file, "old");
});
afterEach(() => rmSync(folder, { recursive: true }));

const replace = (path: string) => replaceFile(path, Buffer.from("new"));

test("the content is replaced by renaming, mode and owner stay, nothing is left behind", () => {
  chmodSync(file, 0o640);
  if (process.getuid?.() === 0) chownSync(file, 12, 34);
  const before = statSync(file);
  replace(file);
  const after = statSync(file);
  expect(readFileSync(file, "utf8")).toBe("new");
  expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
  expect(after.ino).not.toBe(before.ino);
  expect(readdirSync(folder)).toEqual(["a.yaml"]);
});

test("a link stays a link: its target is replaced", () => {
  const link = join(folder, "link.yaml");
  symlinkSync("a.yaml", link);
  replace(link);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readlinkSync(link)).toBe("a.yaml");
  expect(readFileSync(file, "utf8")).toBe("new");
});

test("a read-only file is an error and keeps its content, for root too", () => {
  chmodSync(file, 0o444);
  expect(() => replace(file)).toThrow("EACCES");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["a.yaml"]);
});

test("where the new content does not fit, the old one stays and no temporary file is left", () => {
  // /dev/full's error on a file system of its own would need a mount; a folder in the way of the rename fails as late.
  expect(() => replaceFile(folder, Buffer.from("new"))).toThrow();
  expect(readdirSync(folder)).toEqual(["a.yaml"]);
  expect(readFileSync(file, "utf8")).toBe("old");
});

test("writeWholeFile makes a new file, replaces an old one and writes into a device", () => {
  writeWholeFile(join(folder, "new.json"), "1");
  writeWholeFile(file, "2");
  writeWholeFile("/dev/null", "3");
  expect(readFileSync(join(folder, "new.json"), "utf8")).toBe("1");
  expect(readFileSync(file, "utf8")).toBe("2");
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});
