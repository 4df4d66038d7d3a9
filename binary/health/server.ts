// The endpoint in PID 1: everything that is waited for besides signals. Nothing here blocks, forks unasked or can
// fail init; what a client does costs only its own connection.

import { buffer } from "../system/buffers";
import { earlier, MILLISECOND, NEVER, now, timeLeft } from "../system/clock";
import { aboveStandard, fillStandard } from "../system/descriptors";
import { accept4, fd, pid, ppoll, ptr, signalfd4 } from "../system/host";
import { EAGAIN, ECONNABORTED, EINTR, POLLIN, SIGCHLD } from "../system/linux";
import { ALL_SIGNALS, maskOf } from "../system/signals";
import { isDecided } from "./answer";
import { Asked } from "./asked";
import { CLIENT_SIZE, Client } from "./client";
import { KIND_COUNT, LIVE, READY, STARTUP } from "./kinds";

/** Connections at once. */
const CLIENTS: i32 = 16;
/**
 * So long a connection keeps its place though no request has come: an honest client's is on its way. Meanwhile new
 * ones wait in the kernel's queue, and their requests with them. A silent one costs no more than this.
 */
const GRACE: i64 = 10 * MILLISECOND;

/** What `wait` gives when no signal is pending. */
export const NO_SIGNAL: i64 = -1;

/** After accept(2) failed for want of something: descriptors, memory. */
const PAUSE: i64 = 100 * MILLISECOND;
/** Between two looks for signals on a kernel or under a filter without signalfd (I66). */
const SLICE: i64 = 5 * MILLISECOND;

// struct pollfd { fd: i32, events: i16, revents: i16 }: signals | listener | probes | clients
const RECORD: i32 = 8;
const OF_SIGNALS: i32 = 0;
const OF_LISTENER: i32 = 1;
const OF_PROBES: i32 = 2;
const OF_CLIENTS: i32 = OF_PROBES + KIND_COUNT;
const RECORDS: i32 = OF_CLIENTS + CLIENTS;
const POLL: ptr = buffer(RECORDS * RECORD);

const live = new Asked(LIVE);
const ready = new Asked(READY);
const startup = new Asked(STARTUP);

/** The probe of `kind`. */
export function askedOf(kind: i32): Asked {
  if (kind === LIVE) return live;
  return kind === READY ? ready : startup;
}

const clients = new StaticArray<Client>(CLIENTS);
for (let i = 0; i < CLIENTS; i++) clients[i] = new Client(buffer(CLIENT_SIZE));

class Server {
  private listener: fd = -1;
  /** Readable while a signal is pending: any, and any but SIGCHLD. -1 where there is no signalfd(2). */
  private anySignal: fd = -1;
  private otherSignal: fd = -1;
  private acceptAt: i64 = 0;
  /** As many records are in use: ppoll(2) takes no more than RLIMIT_NOFILE, of unused ones neither. */
  private records: i32 = RECORDS;

  get isOpen(): bool {
    return this.listener >= 0;
  }

  /** The descriptors that init may not close. */
  get listeningOn(): fd {
    return this.listener;
  }

  /** Serves what comes on `listener` from now on. */
  open(listener: fd): void {
    this.listener = listener;
  }

  /** After init has closed what is not its own. No connection may become 0, 1 or 2, where lines are written. */
  begin(): void {
    this.anySignal = aboveStandard(signalfd4(ALL_SIGNALS));
    this.otherSignal = aboveStandard(signalfd4(ALL_SIGNALS & ~maskOf(SIGCHLD)));
    // Rather not with the listener: a copy would keep the port open when host.c has closed everything above (D5).
    fillStandard(this.anySignal >= 0 ? this.anySignal : this.listener);
  }

  /**
   * Serves until one of `signals` is pending or `until` has come. Gives how long a signal may be waited for then, in
   * nanoseconds, or NO_SIGNAL.
   */
  wait(signals: u64, until: i64): i64 {
    // Since the last wait a signal or a child's end may have decided something, or left somebody without a probe.
    this.answer();
    const isAny = (signals & maskOf(SIGCHLD)) !== 0;
    const watched = isAny ? this.anySignal : this.otherSignal;
    const wakeAt = this.prepare(watched, earlier(until, watched < 0 ? now() + SLICE : NEVER));
    const count = ppoll(POLL, this.records, timeLeft(wakeAt));
    if (count < 0 && count !== -EINTR) return timeLeft(earlier(until, now() + SLICE));
    this.serve();
    return watched < 0 || reventsOf(OF_SIGNALS) !== 0 ? 0 : NO_SIGNAL;
  }

  /** True if `child`, which has ended with `status`, was a probe's. */
  takeEnd(child: pid, status: i32): bool {
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      const asked = askedOf(kind);
      if (!asked.takeEnd(child, status)) continue;
      this.answerAll(asked);
      return true;
    }
    return false;
  }

  /** Says what to wait for; gives until when. */
  private prepare(watched: fd, until: i64): i64 {
    let wakeAt = until;
    setRecord(OF_SIGNALS, watched, POLLIN);
    const place = this.place();
    const freeAt = place === null ? NEVER : placeFreeAt(place);
    const mayAccept = this.acceptAt === 0 && freeAt <= now();
    setRecord(OF_LISTENER, mayAccept ? this.listener : -1, POLLIN);
    if (this.acceptAt !== 0) wakeAt = earlier(wakeAt, this.acceptAt);
    else if (!mayAccept) wakeAt = earlier(wakeAt, freeAt);
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      const asked = askedOf(kind);
      const isRunning = asked.isRunning;
      setRecord(
        OF_PROBES + kind,
        isRunning ? asked.probe.fd : -1,
        isRunning ? asked.probe.events : 0,
      );
      wakeAt = earlier(wakeAt, asked.wakeAt);
    }
    this.records = OF_CLIENTS;
    for (let i = 0; i < CLIENTS; i++) {
      const client = clients[i];
      setRecord(OF_CLIENTS + i, client.fd, client.events);
      if (!client.isFree) this.records = OF_CLIENTS + i + 1;
      wakeAt = earlier(wakeAt, client.deadline);
    }
    return wakeAt;
  }

  private serve(): void {
    const time = now();
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      const asked = askedOf(kind);
      const revents = reventsOf(OF_PROBES + kind);
      if (!asked.isRunning || (revents === 0 && time < asked.wakeAt)) continue;
      asked.advance(revents);
      // Before new requests are read: those get a verdict of their own, as do those that are not admitted.
      if (!asked.isRunning) this.answerAll(asked);
    }
    for (let i = 0; i < CLIENTS; i++) {
      const client = clients[i];
      if (reventsOf(OF_CLIENTS + i) !== 0) client.advance();
      if (time >= client.deadline) client.expire();
    }
    if (time >= this.acceptAt) this.acceptAt = 0;
    if (reventsOf(OF_LISTENER) !== 0) this.accept(time);
    this.answer();
  }

  /** One connection at a time: each may have to push out another, which is looked at before. */
  private accept(time: i64): void {
    for (let count = 0; count < CLIENTS; count++) {
      const client = this.place();
      if (client === null || placeFreeAt(client) > time) return;
      const socket = accept4(this.listener);
      if (socket === -EINTR || socket === -ECONNABORTED) continue;
      if (socket < 0) {
        if (socket !== -EAGAIN) this.acceptAt = time + PAUSE;
        return;
      }
      client.close();
      client.accept(socket);
    }
  }

  /** A free place, or else that of the oldest idle connection; null if every client waits for an answer. */
  private place(): Client | null {
    let oldest: Client | null = null;
    for (let i = 0; i < CLIENTS; i++) {
      const client = clients[i];
      if (client.isFree) return client;
      if (!client.isIdle) continue;
      if (oldest === null || client.acceptedAt < oldest.acceptedAt) oldest = client;
    }
    return oldest;
  }

  /** Answers what is known without a probe, and runs the probes that somebody waits for. */
  answer(): void {
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      const asked = askedOf(kind);
      if (!this.isWanted(kind)) continue;
      if (isDecided(asked)) this.admit(kind);
      else if (!asked.isRunning) {
        asked.ask();
        this.admit(kind);
      } else if (!asked.probe.mayBeOver()) this.admit(kind);
      if (!asked.isRunning || isDecided(asked)) this.answerAll(asked);
    }
  }

  /** All who have asked by now share what is there, or is to come. */
  private admit(kind: i32): void {
    for (let i = 0; i < CLIENTS; i++)
      if (clients[i].waitsFor === kind) clients[i].isAdmitted = true;
  }

  /** True if somebody asks who is not admitted yet, or has to be told what is decided meanwhile. */
  private isWanted(kind: i32): bool {
    for (let i = 0; i < CLIENTS; i++) {
      const client = clients[i];
      if (client.waitsFor === kind && (!client.isAdmitted || isDecided(askedOf(kind)))) return true;
    }
    return false;
  }

  private answerAll(asked: Asked): void {
    for (let i = 0; i < CLIENTS; i++) {
      const client = clients[i];
      if (client.waitsFor === asked.kind && client.isAdmitted) client.answerFor(asked);
    }
  }
}

export const server = new Server();

/** From when on a new connection may have the place. */
function placeFreeAt(place: Client): i64 {
  return place.isFree ? 0 : place.acceptedAt + GRACE;
}

function setRecord(index: i32, descriptor: fd, events: i32): void {
  const record = POLL + index * RECORD;
  store<i32>(record, descriptor);
  // revents too: what is not polled this time is not ready.
  store<i32>(record + 4, events);
}

/** What ppoll(2) found; POLLERR and POLLHUP also where nothing was asked for. */
function reventsOf(index: i32): i32 {
  return load<u16>(POLL + index * RECORD + 6);
}
