import { expect, test } from "vitest";
import { KNELL } from "./harness.ts";
import { psJson, psText, withPython } from "./ps-processes.ts";

const WAITER = { pid: 1, name: "init", sigchld: "default" };

test("ps --json: every key is there, and strange is what strangers are", async () => {
  const program = `
ended(child(lambda: rename(b"gone")))
rename(b"init")
ready()`;
  await withPython(program, async (space) => {
    const listing = await psJson(space);
    expect(Object.keys(listing)).toEqual([
      "processes",
      "processCount",
      "zombieCount",
      "isComplete",
    ]);
    expect(listing).toMatchObject({ processCount: 3, zombieCount: 1, isComplete: true });
    const [init, zombie, self] = listing.processes;
    expect(zombie).toEqual({
      ...{ pid: zombie?.pid, parent: 1, state: "zombie", ageSeconds: zombie?.ageSeconds },
      ...{ threads: 1, uid: 0, user: "root", name: "gone", arguments: [], isCut: false },
      waiter: WAITER,
    });
    expect(init).toMatchObject({ pid: 1, parent: 0, name: "init", waiter: null });
    expect(init?.arguments.slice(1, 2)).toEqual(["-c"]);
    expect(self).toMatchObject({ parent: 0, state: "running", arguments: [KNELL, "ps", "--json"] });
    expect(Object.keys(init ?? {})).toEqual(Object.keys(zombie ?? {}));
    expect(zombie?.ageSeconds).toBeLessThan(60);
  });
});

/** Starts a process with this command line (Python bytes): "knell pause", which ignores other words. */
function running(command: string): string {
  return `
def show():
    null = os.open("/dev/null", os.O_RDWR)
    for file in [1, 2]: os.dup2(null, file)
    os.execv("${KNELL}", ${command})
pid = child(show)
while os.path.basename(os.readlink(f"/proc/{pid}/exe")) != "knell" or not open(f"/proc/{pid}/cmdline", "rb").read():
    time.sleep(0.01)
ready()`;
}

test.each([
  ["spaces", `b" a  b "`, " a  b ", " a  b "],
  ["quotes", `b'"\\\\'`, '"\\', '"\\'],
  [
    "controls",
    `b"\\n\\t\\x1b[31m\\x7f\\x01"`,
    "\n\t\x1b[31m\x7f\x01",
    "\\x0a\\x09\\x1b[31m\\x7f\\x01",
  ],
  ["UTF-8", `"é€😀".encode()`, "é€😀", "\\xc3\\xa9\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80"],
  ["a lone continuation", `b"a\\x80b"`, "a\ufffdb", "a\\x80b"],
  ["a truncated sequence", `b"\\xe2\\x82"`, "\ufffd\ufffd", "\\xe2\\x82"],
  ["overlong 2", `b"\\xc0\\xaf"`, "\ufffd\ufffd", "\\xc0\\xaf"],
  ["overlong 3", `b"\\xe0\\x9f\\xbf"`, "\ufffd".repeat(3), "\\xe0\\x9f\\xbf"],
  ["overlong 4", `b"\\xf0\\x8f\\xbf\\xbf"`, "\ufffd".repeat(4), "\\xf0\\x8f\\xbf\\xbf"],
  ["a surrogate", `b"\\xed\\xa0\\x80"`, "\ufffd".repeat(3), "\\xed\\xa0\\x80"],
  ["past U+10FFFF", `b"\\xf4\\x90\\x80\\x80"`, "\ufffd".repeat(4), "\\xf4\\x90\\x80\\x80"],
  ["never UTF-8", `b"\\xf5\\xff"`, "\ufffd\ufffd", "\\xf5\\xff"],
])("ps: an argument of %s", async (_, python, word, shown) => {
  await withPython(running(`[b"x", b"pause", b"", ${python}, b"end"]`), async (space) => {
    const listed = (await psJson(space)).processes.find((process) => process.parent === 1);
    expect(listed?.arguments).toEqual(["x", "pause", "", word, "end"]);
    expect(await psText(space)).toContain(`\`- x pause  ${shown} end\n`);
  });
});

test("ps --json: whatever bytes there are, the object is strict UTF-8", async () => {
  await withPython(running(`[b"x", b"pause", bytes(range(1, 256))]`), async (space) => {
    const { stdout } = await space.exec(["sh", "-c", `${KNELL} ps --json | base64 -w0`]);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(stdout, "base64"));
    const listed = JSON.parse(text).processes[1].arguments[2];
    const ascii = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1)).join(
      "",
    );
    expect(listed).toBe(ascii + "�".repeat(128));
  });
});

test.each([
  ["parentheses and spaces", `b") Z 1 1 ((a b"`, ") Z 1 1 ((a b", ") Z 1 1 ((a b"],
  ["a newline", `b"a\\nUid:\\t7\\t7"`, "a\nUid:\t7\t7", "a\\x0aUid:\\x097\\x097"],
  ["bytes that are not UTF-8", `b"\\xff\\xfe"`, "��", "\\xff\\xfe"],
  ["nothing", `b""`, "", ""],
])("ps: a name of %s", async (_, python, name, shown) => {
  await withPython(`ended(child(lambda: rename(${python})))\nready()`, async (space) => {
    const [zombie] = (await psJson(space, ["--zombies"])).processes;
    expect(zombie).toMatchObject({ name, parent: 1, uid: 0, state: "zombie" });
    const text = await psText(space);
    expect(text).toContain(`\`- [${shown}]\n`);
    expect(text).toContain(`zombie ${zombie?.pid} ${shown}: parent 1 python3 must wait`);
  });
});

test("ps: an argument of 128 KiB is cut at 32 KiB, and that is said", async () => {
  await withPython(running(`[b"x", b"pause", b"9" * 131071]`), async (space) => {
    const listed = (await psJson(space)).processes.find((process) => process.parent === 1);
    expect(listed?.isCut).toBe(true);
    const shown = "9".repeat(32_768 - "x pause ".length);
    expect(listed?.arguments).toEqual(["x", "pause", shown]);
    expect(await psText(space)).toContain(`\`- x pause ${shown}>\n`);
  });
});

test("ps: empty arguments at the end, as a program's own title leaves them, are not shown", async () => {
  await withPython(running(`[b"redis-server *:6379", b"pause", b"", b"", b""]`), async (space) => {
    expect(await psText(space)).toContain("`- redis-server *:6379 pause\n");
    const listed = (await psJson(space)).processes.find((process) => process.parent === 1);
    expect(listed?.arguments).toEqual(["redis-server *:6379", "pause"]);
  });
});
