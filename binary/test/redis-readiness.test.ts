import { describe, expect, test } from "vitest";
import { loadEntry } from "./load.ts";

const entry = loadEntry("redis");
const { call } = entry;

const PERSISTENCE = 3;
const REPLICATION = 4;
const ROLE = 5;
const CLUSTER = 6;
const ADDRESS = 7;
const QUORUM = 8;

const LOADED = 1;
const LINK_UP = 2;
const PERSIST_OK = 4;
const CLUSTER_OK = 8;
const QUORUM_OK = 16;

interface Limits {
  flags?: number;
  silence?: number;
  lag?: number;
  replicas?: number;
}

function ask({ flags = 0, silence = -1, lag = -1, replicas = -1 }: Limits): void {
  call.readinessOptions!(flags, BigInt(silence), BigInt(lag), BigInt(replicas));
  call.readinessStart!();
}

const take = (request: number, reply: string) =>
  call.readinessTake!(request, ...entry.put(reply)) as 0 | 1 | -1;
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const info = (...lines: string[]) => bulk(`# Section\r\n${lines.join("\r\n")}\r\n`);
const array = (...items: string[]) => `*${items.length}\r\n${items.map(bulk).join("")}`;

describe("R90, R98: INFO persistence", () => {
  test.each<[string, number, string[], 0 | 1]>([
    ["R90 loaded", LOADED, ["loading:0", "async_loading:0"], 1],
    ["R90 loaded, before async_loading existed", LOADED, ["loading:0"], 1],
    ["R90 loading", LOADED, ["loading:1"], 0],
    ["R90 a swap load", LOADED, ["loading:0", "async_loading:1"], 0],
    ["R99 loading is absent", LOADED, ["async_loading:0"], 0],
    ["R90 a longer name is another field", LOADED, ["loading_start_time:0"], 0],
    ["R98 saves work", PERSIST_OK, ["rdb_last_bgsave_status:ok", "aof_last_write_status:ok"], 1],
    [
      "R98 the last save failed",
      PERSIST_OK,
      ["rdb_last_bgsave_status:err", "aof_last_write_status:ok"],
      0,
    ],
    [
      "R98 the last append failed",
      PERSIST_OK,
      ["rdb_last_bgsave_status:ok", "aof_last_write_status:err"],
      0,
    ],
    ["R99 a status is absent", PERSIST_OK, ["rdb_last_bgsave_status:ok"], 0],
    [
      "R98 okay is not ok",
      PERSIST_OK,
      ["rdb_last_bgsave_status:okay", "aof_last_write_status:ok"],
      0,
    ],
  ])("%s", (_, flags, lines, expected) => {
    ask({ flags });
    expect(take(PERSISTENCE, info(...lines))).toBe(expected);
  });

  test("R90: a verbatim string, as RESP3 sends INFO, is read as well", () => {
    ask({ flags: LOADED });
    expect(take(PERSISTENCE, "=13\r\ntxt:loading:0\r\n")).toBe(1);
  });
});

describe("R91, R92: --link-up", () => {
  const up = ["master_link_status:up", "master_sync_in_progress:0"];
  test.each<[string, string[], 0 | 1]>([
    ["R91 a master passes", ["role:master"], 1],
    ["R91 a replica with its link up", ["role:slave", ...up], 1],
    ["R92 Dragonfly's word for it", ["role:replica", ...up], 1],
    [
      "R91 the link is down",
      ["role:slave", "master_link_status:down", "master_sync_in_progress:0"],
      0,
    ],
    ["R91 a sync runs", ["role:slave", "master_link_status:up", "master_sync_in_progress:1"], 0],
    ["R91 the link is not told", ["role:slave", "master_sync_in_progress:0"], 0],
    ["R91 the sync is not told", ["role:slave", "master_link_status:up"], 0],
    [
      "R92 KeyDB, all masters",
      ["role:active-replica", "master_global_link_status:up", "master_sync_in_progress:0"],
      1,
    ],
    [
      "R92 KeyDB, one of the masters only",
      ["role:active-replica", "master_global_link_status:down", ...up],
      0,
    ],
  ])("%s", (_, lines, expected) => {
    ask({ flags: LINK_UP });
    expect(take(REPLICATION, info(...lines))).toBe(expected);
  });

  const replica = (state: string) =>
    `*5\r\n${bulk("slave")}${bulk("10.0.0.1")}:6379\r\n${bulk(state)}:14\r\n`;
  test.each<[string, string, 0 | 1]>([
    ["R92 ROLE of a master", `*3\r\n${bulk("master")}:0\r\n*0\r\n`, 1],
    ["R92 ROLE connected", replica("connected"), 1],
    ["R92 ROLE connect", replica("connect"), 0],
    ["R92 ROLE connecting", replica("connecting"), 0],
    ["R92 ROLE sync", replica("sync"), 0],
    ["R92 ROLE of a Sentinel", `*2\r\n${bulk("sentinel")}*1\r\n${bulk("m")}`, 0],
    ["R92 ROLE that ends early", array("slave", "h"), 0],
    ["R92 ROLE of another kind", array("king"), 0],
    ["R92 ROLE as number", "*1\r\n:1\r\n", 0],
    ["R92 ROLE empty", "*0\r\n", 0],
    ["R92 ROLE null", "*-1\r\n", 0],
    ["R92 ROLE as string", "+master\r\n", 0],
    ["R92 ROLE nested, INFO has not told", `*1\r\n${replica("connected")}`, 0],
    ["R99 ROLE forbidden, INFO has not told", "-NOPERM no\r\n", 0],
  ])("%s", (_, reply, expected) => {
    ask({ flags: LINK_UP });
    expect(take(ROLE, reply)).toBe(expected);
  });

  test("R92: what INFO has told is not asked of ROLE again when ROLE is forbidden or nested", () => {
    for (const reply of ["-NOPERM no\r\n", `*1\r\n${replica("connected")}`]) {
      ask({ flags: LINK_UP });
      expect(take(REPLICATION, info("role:slave", ...up))).toBe(1);
      expect(take(ROLE, reply)).toBe(1);
    }
  });

  test("R92: INFO without a role leaves the verdict to ROLE", () => {
    ask({ flags: LINK_UP });
    expect(take(REPLICATION, info("connected_slaves:0"))).toBe(1);
    expect(take(ROLE, replica("connect"))).toBe(0);
  });
});

describe("R93, R94, R95: limits", () => {
  const lines = (...lags: (string | number)[]) =>
    lags.map((lag, i) => `slave${i}:ip=10.0.0.1,port=6379,state=online,offset=1,lag=${lag}`);
  test.each<[string, Limits, string[], 0 | 1]>([
    ["R93 in time", { silence: 3 }, ["role:slave", "master_last_io_seconds_ago:3"], 1],
    ["R93 too long ago", { silence: 3 }, ["role:slave", "master_last_io_seconds_ago:4"], 0],
    ["R93 never", { silence: 3 }, ["role:slave", "master_last_io_seconds_ago:-1"], 0],
    ["R93 not told", { silence: 3 }, ["role:slave"], 0],
    ["R93 a master", { silence: 3 }, ["role:master"], 1],
    ["R94 all in time", { lag: 2 }, ["role:master", ...lines(0, 2)], 1],
    ["R94 the last one lags", { lag: 2 }, ["role:master", ...lines(0, 1, 3)], 0],
    ["R94 not told", { lag: 2 }, ["role:master", "slave0:ip=h,state=online"], 0],
    ["R94 not a number", { lag: 2 }, ["role:master", ...lines("x")], 0],
    ["R94 no replica", { lag: 2 }, ["role:master"], 1],
    ["R94 on a replica", { lag: 2 }, ["role:slave", ...lines(0)], 0],
    ["R94 no role", { lag: 2 }, lines(0), 0],
    ["R94 slave_priority is no replica", { lag: 2 }, ["role:master", "slave_priority:100"], 1],
    ["R95 enough", { replicas: 2 }, ["role:master", ...lines(0, 9)], 1],
    ["R95 too few", { replicas: 2 }, ["role:master", ...lines(0)], 0],
    [
      "R95 one is not online",
      { replicas: 2 },
      ["role:master", ...lines(0), "slave1:ip=h,state=wait_bgsave,lag=0"],
      0,
    ],
    [
      "R95 the server counts",
      { replicas: 2 },
      ["role:master", "min_slaves_good_slaves:1", ...lines(0, 0)],
      0,
    ],
    [
      "R95 the server counts enough",
      { replicas: 2 },
      ["role:master", "min_slaves_good_slaves:2"],
      1,
    ],
    ["R95 none wanted", { replicas: 0 }, ["role:master"], 1],
  ])("%s", (_, limits, text, expected) => {
    ask(limits);
    expect(take(REPLICATION, info(...text))).toBe(expected);
  });
});

describe("R96, R97: cluster and Sentinel", () => {
  test.each<[string, number, string, 0 | 1]>([
    ["R96 ok", CLUSTER, info("cluster_state:ok"), 1],
    ["R96 fail", CLUSTER, info("cluster_state:fail"), 0],
    ["R96 absent", CLUSTER, info("cluster_size:3"), 0],
    ["R96 disabled", CLUSTER, "-ERR This instance has cluster support disabled\r\n", 0],
    ["R97 an address", ADDRESS, array("10.0.0.1", "6379"), 1],
    ["R97 an IPv6 address", ADDRESS, array("fd00::1", "6379"), 1],
    ["R97 a name", ADDRESS, array("redis-0.redis", "6379"), 1],
    ["R97 loopback", ADDRESS, array("127.0.0.1", "6379"), 0],
    ["R97 all of 127/8", ADDRESS, array("127.9.9.9", "6379"), 0],
    ["R97 IPv6 loopback", ADDRESS, array("::1", "6379"), 0],
    ["R97 localhost", ADDRESS, array("localhost", "6379"), 0],
    ["R97 unknown", ADDRESS, "*-1\r\n", 0],
    ["R97 unknown in RESP3", ADDRESS, "_\r\n", 0],
    ["R97 one item", ADDRESS, array("10.0.0.1"), 0],
    ["R97 no Sentinel", ADDRESS, "-ERR unknown command 'SENTINEL'\r\n", 0],
    [
      "R97 quorum",
      QUORUM,
      "+OK 3 usable Sentinels. Quorum and failover authorization can be reached\r\n",
      1,
    ],
    ["R97 no quorum", QUORUM, "-NOQUORUM 1 usable Sentinels\r\n", 0],
    ["R97 no good replica", QUORUM, "-NOGOODSLAVE No suitable replica to promote\r\n", 0],
    ["R97 another text", QUORUM, "+OKAY\r\n", 0],
  ])("%s", (_, request, reply, expected) => {
    ask({ flags: CLUSTER_OK | QUORUM_OK });
    expect(take(request, reply)).toBe(expected);
  });
});

test("R99: a reply of another type than expected fails", () => {
  ask({ flags: LOADED | LINK_UP | CLUSTER_OK });
  for (const request of [PERSISTENCE, REPLICATION, CLUSTER])
    for (const reply of [":1\r\n", "*0\r\n", "$-1\r\n", "-NOPERM no\r\n"])
      expect(take(request, reply), `${request} ${reply}`).toBe(0);
});
