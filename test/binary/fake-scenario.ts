// Runs a scenario on the fake kernel, by the same calls that the wasm would make.

import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  P_ALL,
  P_PID,
  POLLIN,
  POLLOUT,
  SHUT_WR,
  SI_KERNEL,
  SO_REUSEADDR,
  SOCK_STREAM,
  SOL_SOCKET,
  TIOCNOTTY,
  TIOCSCTTY,
} from "../../binary/system/linux.ts";
import { MILLISECOND, SECOND } from "../../binary/test/fake/clock.ts";
import { Kernel } from "../../binary/test/fake/kernel.ts";
import type { Step } from "../../binary/test/fake/script.ts";
import type { Socket } from "../../binary/test/fake/sockets.ts";
import { Terminal } from "../../binary/test/fake/terminal.ts";
import { FakeHost } from "../../binary/test/fake-host.ts";
import type { Action } from "./kernel-scenarios.ts";

const DEADLINE_NS = 10 * SECOND;
const TERMINAL = 9;
const INFO = 64;
const PATH = 128;
const CONTENT = 1024;
const FAMILIES = { inet: AF_INET, inet6: AF_INET6, unix: AF_UNIX };

type SocketAction = Extract<
  Action,
  | readonly ["socket", ...unknown[]]
  | readonly ["bind" | "connect", ...unknown[]]
  | readonly ["reuse" | "v6-only" | "listen" | "accept" | "unlink", ...unknown[]]
  | readonly ["send" | "receive" | "shut" | "close" | "reset", ...unknown[]]
  | readonly ["error" | "readable" | "poll", ...unknown[]]
>;

class Subject {
  readonly #sockets: number[] = [];
  readonly #kernel = new Kernel();
  readonly #forks: (readonly Step[])[];
  readonly #host: FakeHost;
  #terminal: Terminal | null = null;

  constructor(actions: readonly Action[]) {
    this.#forks = actions.filter((action) => action[0] === "fork").map((action) => action[1]);
    this.#host = new FakeHost(this.#kernel, { forks: this.#forks });
  }

  do(action: Action): unknown {
    const { program, processes } = this.#kernel;
    switch (action[0]) {
      case "fork":
        return this.#call("fork");
      case "kill":
        return this.#call("kill", action[1], action[2]);
      case "queue":
        return this.#call("sigqueue", action[1], action[2], BigInt(action[3]));
      case "wait":
        return this.#wait(action[1], action[2] ?? 0);
      case "take":
        return this.#take(action[1]);
      case "until":
        return this.#until(action[1], action[2], action[3]);
      case "look":
        return this.#look(action[1]);
      case "detach":
        return this.#call("ptrace_detach", action[1], action[2]);
      case "trap": {
        const error = this.#call("ptrace_getsiginfo", action[1], INFO);
        return error < 0 ? error : this.#signalInfo();
      }
      case "ignore":
      case "default":
        this.#call("sigaction", action[1], action[0] === "ignore" ? 1 : 0);
        return null;
      case "uid":
        program.uid = action[1];
        return null;
      case "setpgid":
        return this.#call("setpgid", action[1], action[2]);
      case "children":
        return this.#read(`/proc/${action[1]}/task/${action[1]}/children`)
          .split(" ")
          .filter(Boolean)
          .map(Number);
      case "terminal":
        this.#terminal = new Terminal(processes);
        this.#kernel.setFile(TERMINAL, this.#terminal);
        return this.#call("ioctl", TERMINAL, TIOCSCTTY, 0);
      case "give":
        return this.#call("tcsetpgrp", TERMINAL, action[1]);
      case "foreground":
        return this.#call("tcgetpgrp", TERMINAL);
      case "key":
        this.#terminal?.type(action[1]);
        return null;
      case "resize":
        this.#terminal?.resize(action[1]);
        return null;
      case "drop":
        return this.#call("ioctl", TERMINAL, TIOCNOTTY, 0);
      case "broken-pipe": {
        this.#call("pipe2", INFO, 0);
        const [reader, writer] = [0, 4].map((at) =>
          this.#host.memory.view.getInt32(INFO + at, true),
        );
        this.#call("close", reader!);
        return this.#call("write", writer!, INFO, 1);
      }
      default:
        return this.#doWithSocket(action);
    }
  }

  #doWithSocket(action: SocketAction): unknown {
    const { memory } = this.#host;
    if (action[0] === "unlink") {
      memory.write(PATH, new TextEncoder().encode(`${action[1]}\0`));
      return this.#call("unlink", PATH);
    }
    if (action[0] === "socket") {
      this.#sockets.push(this.#call("socket", FAMILIES[action[1]], SOCK_STREAM));
      return 0;
    }
    const fd = this.#sockets[action[1]]!;
    switch (action[0]) {
      case "bind":
      case "connect":
        return this.#call(action[0], fd, PATH, this.#putAddress(action[2]));
      case "reuse":
        return this.#call("setsockopt", fd, SOL_SOCKET, SO_REUSEADDR, 1);
      case "v6-only":
        return this.#call("setsockopt", fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
      case "listen":
        return this.#call("listen", fd, action[2]);
      case "accept": {
        const accepted = this.#call("accept4", fd);
        if (accepted >= 0) this.#sockets.push(accepted);
        return Math.min(accepted, 0);
      }
      case "send": {
        const bytes = new TextEncoder().encode(action[2]);
        memory.write(CONTENT, bytes);
        return this.#call("write", fd, CONTENT, bytes.length);
      }
      case "receive": {
        const length = this.#call("read", fd, CONTENT, action[2]);
        return length < 0 ? length : new TextDecoder().decode(memory.bytes(CONTENT, length));
      }
      case "shut":
        return this.#call("shutdown", fd, SHUT_WR);
      case "close":
        return this.#call("close", fd);
      case "reset":
        (this.#kernel.program.files!.get(fd) as Socket).resetRemote();
        return this.#call("close", fd);
      case "error":
        return this.#call("socket_error", fd);
      case "readable":
        this.#poll(fd, POLLIN, 5 * SECOND);
        return this.#poll(fd, POLLIN | POLLOUT, 0);
      case "poll":
        return this.#poll(fd, POLLIN | POLLOUT, 0);
    }
  }

  #poll(fd: number, events: number, timeoutNs: number): number {
    const { view } = this.#host.memory;
    view.setInt32(INFO, fd, true);
    view.setInt32(INFO + 4, events, true);
    this.#call("ppoll", INFO, 1, BigInt(timeoutNs));
    return view.getInt16(INFO + 6, true);
  }

  /** A struct sockaddr at PATH; gives its length. */
  #putAddress(address: string): number {
    const { memory } = this.#host;
    memory.bytes(PATH, 112).fill(0);
    const port = Number(address.slice(address.lastIndexOf(":") + 1));
    if (address.startsWith("/")) {
      memory.view.setUint16(PATH, AF_UNIX, true);
      memory.write(PATH + 2, new TextEncoder().encode(address));
      return 2 + address.length + 1;
    }
    memory.view.setUint16(PATH + 2, port);
    if (address.startsWith("[::]")) {
      memory.view.setUint16(PATH, AF_INET6, true);
      return 28;
    }
    memory.view.setUint16(PATH, AF_INET, true);
    memory.write(PATH + 4, Uint8Array.from(address.split(":")[0]!.split("."), Number));
    return 16;
  }

  #call(name: string, ...args: (number | bigint)[]): number {
    return Number(this.#host.imports[name]!(...args));
  }

  #wait(options: number, pid: number): unknown {
    const error = this.#call("waitid", pid > 0 ? P_PID : P_ALL, pid, INFO, options);
    if (error < 0) return error;
    const { view } = this.#host.memory;
    const [found, code, status] = [0, 4, 8].map((at) => view.getInt32(INFO + at, true));
    return found === 0 ? null : [found, code, status];
  }

  #take(timeoutMs: number): unknown {
    const result = this.#call("rt_sigtimedwait", -1n, INFO, BigInt(timeoutMs * MILLISECOND));
    return result < 0 ? result : this.#signalInfo();
  }

  #signalInfo(): number[] {
    const { view } = this.#host.memory;
    const [signal, code, pid] = [0, 4, 8].map((at) => view.getInt32(INFO + at, true));
    return [signal!, code!, code === SI_KERNEL ? 0 : pid!];
  }

  /** [state, parent, group, session] from the virtual /proc. */
  #look(pid: number): unknown {
    const stat = this.#read(`/proc/${pid}/stat`);
    if (stat === "") return null;
    const [state, ...numbers] = stat.slice(stat.indexOf(")") + 2).split(" ");
    return [state === "R" ? "S" : state, ...numbers.slice(0, 3).map(Number)];
  }

  #until(pid: number, state?: string | null, parent?: number): boolean {
    const { clock } = this.#kernel;
    const deadline = clock.now + DEADLINE_NS;
    for (;;) {
      const seen = this.#look(pid) as [string, number] | null;
      if (seen === null && state === "gone") return true;
      const isState = state === undefined || state === null || state === seen?.[0];
      if (seen !== null && isState && (parent ?? seen[1]) === seen[1]) return true;
      if (clock.next > deadline) return false;
      clock.runNext();
    }
  }

  #read(path: string): string {
    const { memory } = this.#host;
    memory.write(PATH, new TextEncoder().encode(`${path}\0`));
    const fd = this.#call("open", PATH, 0);
    if (fd < 0) return "";
    const length = this.#call("read", fd, CONTENT, 4096);
    this.#call("close", fd);
    return new TextDecoder().decode(memory.bytes(CONTENT, length));
  }
}

/** What PID 1 of the fake kernel sees, one observation for each action. */
export function fakeObservations(actions: readonly Action[]): unknown[] {
  const subject = new Subject(actions);
  return actions.map((action) => subject.do(action));
}
