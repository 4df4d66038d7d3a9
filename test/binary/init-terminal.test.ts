// I50–I58: a terminal, with a person at it.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { childrenOf, start, until } from "./harness.ts";
import { compare, INITS, type Init, isKnellRun, knellTest, personality } from "./inits.ts";
import { descendantsOf, launch, nameOf, runUnder, settle, signal, stateOf } from "./launch.ts";
import { program } from "./programs.ts";
import { CTRL_C, CTRL_D, CTRL_Z, openShell, Terminal } from "./pty.ts";
import { SLACK } from "./timing.ts";

const KNELL = INITS.knell;
const folder = mkdtempSync(join(tmpdir(), "init-terminal-"));
afterAll(() => rmSync(folder, { recursive: true }));

const under = (init: Init, ...words: string[]) => [...init.command, "--", ...words];
const line = (init: Init, ...words: string[]) => under(init, ...words).join(" ");

/** The process of that name below the terminal's program. */
function find(terminal: Terminal, name: string): Promise<number> {
  return until(name, () =>
    descendantsOf(terminal.process.pid ?? 0).find((pid) => nameOf(pid) === name),
  );
}

compare(
  "I50: without a terminal nothing happens and nothing is said",
  { knell: "", tini: "" },
  async (init) =>
    (await runUnder(init, ["true"], { options: [...init.subreaper], before: ["setsid", "-w"] }))
      .stderr,
);

for (const error of ["ENOTTY", "EBADF", "ENXIO", "EPERM", "EACCES", "EIO", "EINVAL"]) {
  compare(
    `I50: tcsetpgrp that fails with ${error} is survived`,
    { knell: "3", tini: error === "ENOTTY" || error === "ENXIO" ? "3" : "1" },
    async (init) => {
      // Only the request that tcsetpgrp makes, in the child; strace counts no requests, so a filter does it.
      const terminal = new Terminal([
        program("deny"),
        error,
        "tcsetpgrp",
        "--",
        ...under(init, "sh", "-c", "exit 3"),
      ]);
      return String(await terminal.finished);
    },
  );
}

compare(
  "I51: the child's group has the foreground before it runs, and Ctrl-C gives 130",
  { knell: [true, 130], tini: [true, 130] },
  async (init) => {
    const script = "ps -o pgid=,tpgid= -p $$; exec sleep 60";
    const terminal = new Terminal(under(init, "sh", "-c", script));
    const [group, foreground] = (await terminal.expect(/\d+ +\d+\n/)).trim().split(/ +/);
    await find(terminal, "sleep");
    terminal.type(CTRL_C);
    return [group === foreground, await terminal.finished];
  },
);

compare("I51: bash has job control under the init", { knell: true, tini: true }, async (init) => {
  const terminal = new Terminal(under(init, "bash", "--norc", "--noprofile", "--noediting", "-i"));
  terminal.enter('echo "[[$-]]"');
  const flags = await terminal.expect(/\[\[\w+\]\]/);
  terminal.enter("exit 0");
  await terminal.finished;
  expect(terminal.shown).not.toContain("cannot set terminal process group");
  return flags.includes("m");
});

compare(
  "I51: the terminal is found although stdin is something else",
  { knell: "read: typed", tini: "hangs" },
  async (init) => {
    const command = `echo x | ${line(init, "sh", "-c", `'read y </dev/tty; echo "read: $y"'`)}`;
    const terminal = new Terminal(["sh", "-c", command]);
    await find(terminal, "sh");
    await settle(100);
    terminal.enter("typed");
    const read = terminal.expect("read: typed", 1_500).catch(() => "hangs");
    const answer = await read;
    await terminal.close();
    return answer;
  },
);

compare(
  "I52: an init in the background does not take the terminal",
  { knell: "the shell goes on", tini: "the shell is gone", catatonit: "the shell is gone" },
  async (init) => {
    const shell = await openShell();
    // Only once the shell is at its prompt again: whatever was taken before, it would take back.
    const late = `sh -c "sleep 0.3; exec ${line(init, program("recorder"))}" >/dev/null &`;
    shell.enter(late);
    await shell.prompt();
    await find(shell, "recorder");
    await settle(100);
    // A read that waits already is still answered (n_tty_read asks once); the next one is the test.
    shell.enter(":");
    await settle(100);
    shell.enter("echo 'the shell' goes on");
    const goesOn = shell.expect("the shell goes on", 1_500).catch(() => "no answer");
    const answer = await Promise.race([goesOn, shell.finished.then(() => "the shell is gone")]);
    await shell.close();
    return answer;
  },
);

compare(
  "I53: on exit the former foreground group is restored",
  { knell: "read 0 typed", tini: "read 1 ", catatonit: "read 1 " },
  async (init) => {
    // A shell without job control, which does not take the terminal back by itself.
    const script = `${line(init, "true")} 2>/dev/null; echo waiting; read x; echo "read $? $x."`;
    const terminal = new Terminal(["sh", "-c", script]);
    await terminal.expect("waiting");
    terminal.enter("typed");
    const answer = await terminal.expect(/read .*\./, 2_000);
    await terminal.close();
    return answer.slice(0, -1);
  },
);

knellTest("I53: a foreground that is no longer the child's is left alone", async () => {
  // The child hands the terminal to a group that outlives it.
  const take = [program("preset"), "-g", "1", "-t", "1", "--", "sleep", "60"].join(" ");
  // A background process of a shell has /dev/null for stdin unless it is told otherwise.
  const child = `'${take} </dev/tty & sleep 0.2'`;
  const terminal = new Terminal([
    "sh",
    "-c",
    `${line(KNELL, "sh", "-c", child)}; echo "left"; sleep 60`,
  ]);
  await terminal.expect("left");
  const leader = await until("the child", () => childrenOf(terminal.process.pid ?? 0)[0]);
  const foreground = Number(readFileSync(`/proc/${leader}/stat`, "utf8").split(" ")[7]);
  expect(nameOf(foreground)).toBe("sleep");
  signal(foreground, "SIGKILL");
  await terminal.close();
});

compare(
  "I54: Ctrl-Z gives the prompt back, fg and Ctrl-C work",
  { knell: "stopped, continued, 130", tini: "frozen", catatonit: "frozen" },
  async (init) => {
    const shell = await openShell();
    shell.enter(`${line(init, "sleep", "60")} 2>/dev/null`);
    const sleep = await find(shell, "sleep");
    await settle(50);
    shell.type(CTRL_Z);
    const stopped = await shell.expect(/Stopped.*\n?ready> /, 1_500).catch(() => undefined);
    if (!stopped) {
      await shell.close();
      return "frozen";
    }
    expect(stateOf(sleep)).toBe("T");
    shell.enter("fg");
    await until("the child to go on", () => stateOf(sleep) === "S");
    await settle(50);
    shell.type(CTRL_C);
    await shell.prompt();
    shell.enter('echo "[$?]"');
    const code = (await shell.expect(/\[\d+\]/)).slice(1, -1);
    await shell.close();
    return `stopped, continued, ${code}`;
  },
);

knellTest("I54: jobs lists it, bg continues it in the background, fg brings it back", async () => {
  const shell = await openShell();
  shell.enter(line(KNELL, "sleep", "60"));
  const sleep = await find(shell, "sleep");
  await settle(50);
  shell.type(CTRL_Z);
  await shell.expect(/Stopped.*\n?ready> /);
  shell.enter("jobs");
  await shell.expect(/Stopped.*sleep/);
  await shell.prompt();
  shell.enter("bg");
  await until("the child to go on", () => stateOf(sleep) === "S");
  await shell.prompt();
  shell.enter("echo 'still' mine");
  await shell.expect("still mine");
  await shell.prompt();
  shell.enter("fg");
  await shell.expect("sleep");
  await settle(100);
  shell.type(CTRL_Z);
  await shell.expect(/Stopped.*\n?ready> /);
  expect(stateOf(sleep)).toBe("T");
  shell.enter("fg");
  await until("the child to go on", () => stateOf(sleep) === "S");
  await settle(50);
  shell.type(CTRL_C);
  await shell.prompt();
  await until("the end", () => stateOf(sleep) === undefined);
  await shell.close();
});

test.runIf(isKnellRun).each(["STOP", "TSTP", "TTIN", "TTOU"])(
  "I54: a child that stops itself by %s gives the prompt back, and fg continues it",
  async (name) => {
    const shell = await openShell();
    shell.enter(line(KNELL, "sh", "-c", `'kill -${name} $$; echo "went" on; exit 4'`));
    await shell.expect(/Stopped.*\n?ready> /);
    shell.enter("fg");
    await shell.expect("went on");
    await shell.prompt();
    shell.enter('echo "[$?]"');
    await shell.expect("[4]");
    await shell.close();
  },
);

knellTest(
  "I54: a child in the background that reads the terminal is stopped, and fg lets it read",
  async () => {
    const shell = await openShell();
    shell.enter(`${line(KNELL, "sh", "-c", `'read x; echo "got" $x'`)} &`);
    await shell.prompt();
    const child = await find(shell, "sh");
    await until("the stop", () => stateOf(child) === "T");
    shell.enter("fg");
    await settle(100);
    shell.enter("typed");
    await shell.expect("got typed");
    await shell.close();
  },
);

compare(
  "I55: session leader: after Ctrl-Z nobody can type fg, so the child goes on and Ctrl-C ends it",
  { knell: 130, tini: "no effect", "dumb-init": "no effect", catatonit: 130 },
  async (init) => {
    const options = init.name === "dumb-init" ? ["-c"] : [];
    const words = [...init.command, ...options, "--", "sleep", "60"];
    const terminal = new Terminal(words);
    await find(terminal, "sleep");
    await settle(50);
    terminal.type(CTRL_Z);
    await settle(200);
    terminal.type(CTRL_C);
    const answer = await Promise.race([terminal.finished, settle(1_500).then(() => "no effect")]);
    await terminal.close();
    return answer;
  },
);

const AS_PID1 = [
  "unshare",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
  program("preset"),
  "-l",
  "1",
  "--",
];

knellTest(
  "I55: the same as PID 1 that leads the session, as container runtimes start it",
  async () => {
    const terminal = new Terminal([...AS_PID1, ...under(KNELL, "sleep", "60")]);
    const sleep = await find(terminal, "sleep");
    for (let time = 0; time < 3; time++) {
      await settle(50);
      terminal.type(CTRL_Z);
      await settle(100);
      await until("the child to run", () => stateOf(sleep) === "S");
    }
    terminal.type(CTRL_C);
    expect(await terminal.finished).toBe(130);
  },
);

knellTest("I55: a STOP, and a TSTP that knell itself forwarded, are left alone", async () => {
  const terminal = new Terminal(under(KNELL, "sleep", "60"));
  const sleep = await find(terminal, "sleep");
  const init = await until("the child", () => childrenOf(terminal.process.pid ?? 0)[0]);
  for (const send of [() => signal(sleep, "SIGSTOP"), () => signal(init, "SIGTSTP")]) {
    send();
    await until("the stop", () => stateOf(sleep) === "T");
    await settle(150);
    expect(stateOf(sleep)).toBe("T");
    signal(init, "SIGCONT");
    await until("the child to run", () => stateOf(sleep) === "S");
  }
  await terminal.close();
});

compare("I56: WINCH sent to the init is forwarded", { knell: [28], tini: [28] }, async (init) => {
  const running = launch(init, [program("recorder"), "28=0"]);
  await until("the recorder", () => running.stdout().includes("ready"));
  signal(running.pid, "SIGWINCH");
  const { stdout } = await running.finished;
  return stdout
    .split("\n")
    .slice(1, -1)
    .map((text) => Number.parseInt(text, 10));
});

compare(
  "I56: a resize reaches the child's group from the kernel, once",
  { knell: ["28 128"], tini: ["28 128"] },
  async (init) => {
    const terminal = new Terminal(under(init, program("recorder"), "15=0"));
    await terminal.expect("ready");
    await settle(50);
    terminal.resize();
    const got = (await terminal.expect(/28 \d+/)).trim();
    await settle(50);
    expect(terminal.shown.match(/^28 /gm)).toHaveLength(1);
    await terminal.close();
    return [got];
  },
);

knellTest("I26, I56: under stty tostop knell's own lines neither stop it nor vanish", async () => {
  const shell = await openShell();
  shell.enter("stty tostop");
  await shell.prompt();
  shell.enter(`${[...KNELL.command, "-vvv", "--", "sh", "-c", "'sleep 0.3; exit 3'"].join(" ")} &`);
  // In the background and with the child's group elsewhere: writing would raise TTOU.
  await shell.expect(/knell init: .*\n/);
  await shell.expect(/ended|exited/i, 3_000);
  shell.enter('wait %1; echo "[$?]"');
  await shell.expect("[3]");
  await shell.close();
});

knellTest(
  "I26: TTIN that the kernel raised for the init's whole group is not forwarded",
  async () => {
    const out = join(folder, "recorded");
    const shell = await openShell();
    // knell and cat are one background group; cat reads the terminal.
    shell.enter(
      `sh -c '${line(KNELL, program("recorder"))} > ${out} & sleep 0.2; exec cat </dev/tty' &`,
    );
    const recorder = await find(shell, "recorder");
    const cat = await find(shell, "cat");
    await until("the stop", () => stateOf(cat) === "T");
    await settle(50);
    const init = descendantsOf(shell.process.pid ?? 0).find((pid) =>
      childrenOf(pid).includes(recorder),
    );
    signal(init, "SIGUSR1");
    await until("USR1", () => readFileSync(out, "utf8").includes("\n10 "));
    expect(readFileSync(out, "utf8")).not.toMatch(/^2[12] /m);
    await shell.close();
  },
);

const NESTED: [string, (script: string) => string[]][] = [
  ["knell in knell", (script) => [...under(KNELL), ...under(KNELL, "sh", "-c", script)]],
  ["knell in tini", (script) => ["tini", "-s", "--", ...under(KNELL, "sh", "-c", script)]],
  ["tini in knell", (script) => [...under(KNELL), "tini", "-s", "--", "sh", "-c", script]],
  // Without -c it makes a session, whose terminal only a leader could give it: so too without knell.
  ["dumb-init -c in knell", (script) => [...under(KNELL), "dumb-init", "-c", "sh", "-c", script]],
];

for (const [what, words] of NESTED) {
  knellTest(`I57: ${what}: codes, forwarding and reaping hold`, async () => {
    const script = "(sleep 0.05 &); trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done";
    const [command = "", ...args] = words(script);
    const running = start(command, args);
    await until("the program", () => running.stdout() === "up\n");
    await until("the orphan's end", () =>
      descendantsOf(running.pid).every((pid) => stateOf(pid) !== "Z"),
    );
    signal(running.pid, "SIGTERM");
    expect((await running.finished).status).toBe(9);
  });

  knellTest(`I57: ${what}: the terminal holds`, async () => {
    const terminal = new Terminal(words("ps -o pgid=,tpgid= -p $$; echo up; exec sleep 60"));
    const [group, foreground] = (await terminal.expect(/\d+ +\d+\n/)).trim().split(/ +/);
    expect(group).toBe(foreground);
    await find(terminal, "sleep");
    await settle(50);
    terminal.type(CTRL_C);
    expect(await terminal.finished).toBe(130);
  });
}

knellTest("I57: a second level adds at most 5 ms", async () => {
  const time = async (words: string[]) => {
    const times: number[] = [];
    for (let run = 0; run < 15; run++) times.push((await runUnder(KNELL, words)).milliseconds);
    return times.sort((left, right) => left - right)[7] ?? Number.NaN;
  };
  const one = await time(["true"]);
  expect((await time(under(KNELL, "true"))) - one).toBeLessThan(5 * SLACK);
});

const SETSID = { ...KNELL, command: [...KNELL.command, "--setsid"] };

knellTest("I58: --setsid: the child leads a session and has the terminal", async () => {
  const terminal = new Terminal(
    under(SETSID, "sh", "-c", "ps -o pid=,sid=,tpgid=,tty= -p $$; exec sleep 60"),
  );
  const [pid, session, foreground, tty] = (await terminal.expect(/\d+ +\d+ +\d+ +pts.*\n/))
    .trim()
    .split(/ +/);
  expect([session, foreground]).toEqual([pid, pid]);
  expect(tty).toMatch(/^pts/);
  await find(terminal, "sleep");
  await settle(30);
  terminal.type(CTRL_C);
  expect(await terminal.finished).toBe(130);
});

knellTest("I58: --setsid: bash has job control", async () => {
  const terminal = new Terminal(
    under(SETSID, "bash", "--norc", "--noprofile", "--noediting", "-i"),
  );
  terminal.enter('echo "[[$-]]"');
  expect(await terminal.expect(/\[\[\w+\]\]/)).toContain("m");
  terminal.type(CTRL_D);
  expect(await terminal.finished).toBe(0);
});

compare(
  "I58: no more than the HUP and CONT of the hand-over is withheld: a person's first HUP arrives",
  { knell: "arrived", "dumb-init": "lost" },
  async (init) => {
    const words = init.name === "knell" ? under(SETSID) : under(init);
    // A session leader whose foreground is another group's: the kernel's HUP, if any, is for that one.
    const take = `${program("preset")} -g 1 -t 1 -- sleep 60 </dev/tty & sleep 0.2`;
    const command = `${take}; exec ${words.join(" ")} ${program("recorder")}`;
    const terminal = new Terminal(["sh", "-c", command]);
    await terminal.expect("ready");
    await settle(50);
    const leader = await until("the child", () => childrenOf(terminal.process.pid ?? 0)[0]);
    signal(leader, "SIGHUP");
    const arrived = terminal.expect(/^1 /m, 700);
    const answer = await arrived.then(
      () => "arrived",
      () => "lost",
    );
    await terminal.close();
    return answer;
  },
);

knellTest(
  "I58: --setsid: the child gets no HUP or CONT from the hand-over, a person's HUP it gets",
  async () => {
    const terminal = new Terminal(under(SETSID, program("recorder")));
    await terminal.expect("ready");
    await settle(100);
    expect(terminal.shown).not.toMatch(/^(1|18) /m);
    signal(childrenOf(terminal.process.pid ?? 0)[0], "SIGHUP");
    await terminal.expect(/^1 /m);
    await terminal.close();
  },
);

knellTest("I58: the dumb-init personality does the same by default", async () => {
  const terminal = new Terminal([personality("dumb-init"), "sh", "-c", "ps -o pid=,sid= -p $$"]);
  const [pid, session] = (await terminal.expect(/\d+ +\d+/)).trim().split(/ +/);
  expect(session).toBe(pid);
  await terminal.finished;
});
