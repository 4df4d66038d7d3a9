// The readiness extras: what replies behind PONG must say (R90–R99). Pure.

import { isLoopback } from "../net/address-list";
import { equals, parseDecimal } from "../system/bytes";
import { ptr } from "../system/host";
import { Field, findField, ReplicaLines } from "./info";
import { RedisOptions } from "./options";
import {
  CLUSTER_INFO,
  INFO_PERSISTENCE,
  INFO_REPLICATION,
  ROLE,
  SENTINEL_ADDRESS,
  SENTINEL_QUORUM,
} from "./request";
import { ARRAY, Element, firstWordLength, isError, isString } from "./resp";

const field = new Field();
const replicas = new ReplicaLines();
const item = new Element();

const ROLE_UNKNOWN: i32 = 0;
const ROLE_MASTER: i32 = 1;
const ROLE_REPLICA: i32 = 2;
/** KeyDB: writable, and a replica of one or more others. */
const ROLE_ACTIVE_REPLICA: i32 = 3;
const ROLE_SENTINEL: i32 = 4;

/** Judges one reply after the other. */
export class Readiness {
  /** After a failure: what is wrong (mostly a field's name), the value it has or that it is not there, what to do. */
  what: string = "";
  value: Field = new Field();
  isAbsent: bool = false;
  hint: string = "";

  private role: i32 = ROLE_UNKNOWN;

  start(): void {
    this.role = ROLE_UNKNOWN;
  }

  /** False if the reply to `request` says that the server is not ready. */
  take(request: i32, reply: Element, options: RedisOptions): bool {
    this.what = "";
    this.value.found = false;
    this.isAbsent = false;
    this.hint = "";
    if (isError(reply.kind)) return this.takeError(request, reply);
    if (request === ROLE) return this.takeRole(reply);
    if (request === SENTINEL_ADDRESS) return this.takeAddress(reply);
    if (!isString(reply.kind) || reply.isNull)
      return this.fail("reply", "not the text that was expected");
    if (request === SENTINEL_QUORUM) return this.takeQuorum(reply);
    if (request === INFO_PERSISTENCE) return this.takePersistence(reply.at, reply.length, options);
    if (request === INFO_REPLICATION) return this.takeReplication(reply.at, reply.length, options);
    return this.want(reply.at, reply.length, "cluster_state", "ok", "--cluster-ok needs ok");
  }

  private takeError(request: i32, reply: Element): bool {
    if (request === ROLE && this.role !== ROLE_UNKNOWN) return true;
    this.value.set(reply.at, firstWordLength(reply.at, reply.length));
    if (equals(this.value.at, this.value.length, "NOPERM")) this.hint = rightFor(request);
    else if (request === CLUSTER_INFO) this.hint = "cluster support is disabled?";
    else if (request === SENTINEL_ADDRESS) this.hint = "this is no Sentinel?";
    return false;
  }

  private takePersistence(text: ptr, length: i32, options: RedisOptions): bool {
    if (options.isLoaded) {
      if (!this.want(text, length, "loading", "0", "--loaded needs 0")) return false;
      const isAbsent = !findField(text, length, "async_loading", field);
      if (!isAbsent && !this.want(text, length, "async_loading", "0", "--loaded needs 0"))
        return false;
    }
    if (!options.isPersistOk) return true;
    return (
      this.want(text, length, "rdb_last_bgsave_status", "ok", "--persist-ok needs ok") &&
      this.want(text, length, "aof_last_write_status", "ok", "--persist-ok needs ok")
    );
  }

  private takeReplication(text: ptr, length: i32, options: RedisOptions): bool {
    // A Sentinel has no such section; ROLE then tells.
    this.role = findField(text, length, "role", field)
      ? roleOf(field.at, field.length)
      : ROLE_UNKNOWN;
    if (options.isLinkUp && !this.checkLink(text, length)) return false;
    if (options.maxSilence >= 0 && !this.checkSilence(text, length, options.maxSilence))
      return false;
    if (options.maxLag >= 0 && !this.checkLag(text, length, options.maxLag)) return false;
    return options.minReplicas < 0 || this.checkReplicas(text, length, options.minReplicas);
  }

  private checkLink(text: ptr, length: i32): bool {
    if (this.role !== ROLE_REPLICA && this.role !== ROLE_ACTIVE_REPLICA) return true;
    const status = this.role === ROLE_REPLICA ? "master_link_status" : "master_global_link_status";
    return (
      this.want(text, length, status, "up", "--link-up needs up") &&
      this.want(text, length, "master_sync_in_progress", "0", "--link-up needs 0")
    );
  }

  /** A master hears from nobody: it passes, as with --link-up. */
  private checkSilence(text: ptr, length: i32, limit: i64): bool {
    if (this.role === ROLE_MASTER) return true;
    const seconds = this.number(text, length, "master_last_io_seconds_ago");
    return (seconds >= 0 && seconds <= limit) || this.refuse("more than --max-silence, or never");
  }

  /** Only a master knows the lag (R94): anything else fails rather than pass unseen. */
  private checkLag(text: ptr, length: i32, limit: i64): bool {
    if (this.role !== ROLE_MASTER) {
      this.find(text, length, "role");
      return this.fail("role", "--max-lag works on a master only; use --max-silence");
    }
    replicas.start(text, length);
    while (replicas.next()) {
      this.isAbsent = !replicas.find("lag", this.value);
      const lag = this.isAbsent ? -1 : parseDecimal(this.value.at, this.value.length);
      if (lag < 0 || lag > limit) return this.fail("lag", "more than --max-lag, or not told");
    }
    return true;
  }

  private checkReplicas(text: ptr, length: i32, least: i64): bool {
    if (findField(text, length, "min_slaves_good_slaves", this.value)) {
      if (parseDecimal(this.value.at, this.value.length) >= least) return true;
      return this.fail("min_slaves_good_slaves", "fewer than --min-replicas");
    }
    let online: i64 = 0;
    replicas.start(text, length);
    while (replicas.next()) {
      if (replicas.find("state", field) && equals(field.at, field.length, "online")) online++;
    }
    return online >= least || this.fail("too few replicas are online", "--min-replicas needs more");
  }

  /** Item 4 of a replica's ROLE is its link. KeyDB with several masters nests them: INFO has decided then. */
  private takeRole(reply: Element): bool {
    if (reply.kind !== ARRAY || reply.isNull) return this.fail("reply", "ROLE gives an array");
    item.readFirst(reply);
    if (item.kind === ARRAY && this.role !== ROLE_UNKNOWN) return true;
    const role = isString(item.kind) ? roleOf(item.at, item.length) : ROLE_UNKNOWN;
    if (role === ROLE_MASTER) return true;
    this.value.set(item.at, item.length);
    if (role === ROLE_SENTINEL)
      return this.fail("role", "a Sentinel has no link; use --sentinel NAME");
    if (role === ROLE_UNKNOWN) return this.fail("role", "not a role that is known");
    for (let index = 1; index < 4; index++) {
      if (index >= reply.children) return this.fail("role", "its link state is missing");
      item.readNext();
    }
    this.value.set(item.at, item.length);
    const isConnected = isString(item.kind) && equals(item.at, item.length, "connected");
    return isConnected || this.fail("link", "--link-up needs connected");
  }

  private takeAddress(reply: Element): bool {
    if (reply.isNull) return this.fail("master", "the Sentinel does not know it");
    if (reply.kind !== ARRAY || reply.children !== 2)
      return this.fail("reply", "an address is two items");
    item.readFirst(reply);
    this.value.set(item.at, item.length);
    return !isLoopback(item.at, item.length) || this.fail("master", "no address for others");
  }

  private takeQuorum(reply: Element): bool {
    const length = firstWordLength(reply.at, reply.length);
    this.value.set(reply.at, length);
    return equals(reply.at, length, "OK") || this.fail("reply", "--quorum needs OK");
  }

  /** True if the field is there and is `wanted`. */
  private want(text: ptr, length: i32, name: string, wanted: string, hint: string): bool {
    this.find(text, length, name);
    if (!this.isAbsent && equals(this.value.at, this.value.length, wanted)) return true;
    return this.fail(name, hint);
  }

  private number(text: ptr, length: i32, name: string): i64 {
    this.find(text, length, name);
    this.what = name;
    return this.isAbsent ? -1 : parseDecimal(this.value.at, this.value.length);
  }

  private find(text: ptr, length: i32, name: string): void {
    this.isAbsent = !findField(text, length, name, this.value);
  }

  private fail(what: string, hint: string): bool {
    this.what = what;
    return this.refuse(hint);
  }

  private refuse(hint: string): bool {
    this.hint = hint;
    return false;
  }
}

function roleOf(at: ptr, length: i32): i32 {
  if (equals(at, length, "master")) return ROLE_MASTER;
  if (equals(at, length, "slave") || equals(at, length, "replica")) return ROLE_REPLICA;
  if (equals(at, length, "active-replica")) return ROLE_ACTIVE_REPLICA;
  if (equals(at, length, "sentinel")) return ROLE_SENTINEL;
  return ROLE_UNKNOWN;
}

/** What to grant a user who may not send `request` (R99). */
function rightFor(request: i32): string {
  if (request === ROLE) return "grant the user +role";
  if (request === CLUSTER_INFO) return "grant the user +cluster|info";
  if (request === SENTINEL_ADDRESS || request === SENTINEL_QUORUM)
    return "grant the user +sentinel";
  return "grant the user +info";
}
