import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, type Running, run, start, startNamespace, until } from "./harness.ts";

/** Made by `node scripts/build-binary.ts --test`: its wasm traps when it takes SIGXFSZ. */
const KNELL_TRAP = join(ROOT, "build/knell-trap");
const MESSAGE =
  "knell: internal error: unreachable code; carrying on with forwarding and reaping only, report this as a bug\n";

const SHELL = "trap 'exit 7' TERM; trap 'echo usr1' USR1; echo ready; while :; do sleep 0.02; done";

async function startTrapped(command = SHELL): Promise<Running> {
  const running = start(KNELL_TRAP, ["init", "--", "sh", "-c", command]);
  await until("the child to be ready", () => running.stdout().includes("ready"));
  running.process.kill("SIGXFSZ");
  await until("the message", () => running.stderr().includes("\n"));
  return running;
}

describe("D5: after a trap", () => {
  test("D5: one line is written, signals are forwarded, the end is the child's", async () => {
    const running = await startTrapped();
    running.process.kill("SIGUSR1");
    await until("the forwarded USR1", () => running.stdout().includes("usr1"));
    running.process.kill("SIGTERM");
    const { status, stderr } = await running.finished;
    expect(status).toBe(7);
    expect(stderr).toBe(MESSAGE);
  });

  test("D5: a child killed by a signal gives 128 and the number", async () => {
    const running = await startTrapped("echo ready; exec sleep 30");
    running.process.kill("SIGTERM");
    expect((await running.finished).status).toBe(143);
  });

  test("D5: as PID 1 orphans are reaped and the container lives on", async () => {
    const space = await startNamespace([KNELL_TRAP, "init", "--", "sh", "-c", SHELL]);
    await until("the child to be ready", () => space.stdout().includes("ready"));
    process.kill(space.init, "SIGXFSZ");
    await until("the message", () => space.stderr().includes("\n"));
    const quiet = { stdio: ["ignore", "ignore", "ignore"] } as const;
    const orphan = "import os; os.fork() and os._exit(0); os._exit(3)";
    for (let i = 0; i < 10; i++)
      await space.exec(["python3", "-c", orphan], { stdio: [...quiet.stdio] });
    await until("no zombie", () => space.zombies().length === 0);
    process.kill(space.init, "SIGTERM");
    const { status, stderr } = await space.finished;
    expect(status).toBe(7);
    expect(stderr).toBe(MESSAGE);
  });

  test("D5: a child that stops itself under ptrace goes on", async () => {
    const traced =
      "import ctypes, os; ctypes.CDLL(None).ptrace(0, 0, 0, 0); os.kill(os.getpid(), 10)";
    const running = await startTrapped(
      `trap '' USR1; echo ready; sleep 0.2; exec python3 -c '${traced}'`,
    );
    expect((await running.finished).status).toBe(0);
  });

  test("D5: a stderr without reader costs the line, not the child", async () => {
    // 34 comes after XFSZ and after a PIPE that a careless write would leave: once it is through, both are done.
    const script = `import os, signal, subprocess
reader, writer = os.pipe()
child = subprocess.Popen(
    ["${KNELL_TRAP}", "init", "--", "sh", "-c", "trap 'echo rt' 34; trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"],
    stdout=subprocess.PIPE, stderr=writer, bufsize=0)
os.close(writer)
os.close(reader)
child.stdout.readline()
child.send_signal(signal.SIGXFSZ)
child.send_signal(34)
seen = child.stdout.readline()
child.send_signal(signal.SIGTERM)
print(seen, child.wait())`;
    const { stdout } = await run("python3", ["-c", script]);
    expect(stdout).toBe("b'rt\\n' 7\n");
  });
});

test("D5: a trap before there is a child ends with 1", async () => {
  const script = `import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGXFSZ])
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGXFSZ)
os.execv("${KNELL_TRAP}", ["knell", "init", "--", "true"])`;
  const { status, stderr } = await run("python3", ["-c", script]);
  expect(status).toBe(1);
  expect(stderr).toBe(MESSAGE);
});
