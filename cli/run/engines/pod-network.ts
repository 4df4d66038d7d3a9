// A pod's own address: a veth pair between its network namespace and this machine.

import { randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";
import { needProgram, runProgram } from "./programs.ts";

/** 10.231.0.0/16 in networks of four addresses: one end here, one in the pod. */
const NETWORKS = 2 ** 14;

/** Gives the network namespace of `pid` a loopback and an address that this machine reaches. Gives the address. */
export function connectPod(pid: number): string {
  const ip = needProgram("ip", "iproute2");
  const nsenter = needProgram("nsenter", "util-linux");
  const { here, there } = freeNetwork();
  const link = `knell${pid}`;
  const host = [
    `link add ${link} type veth peer name eth0 netns ${pid}`,
    `addr add ${here}/30 dev ${link}`,
    `link set ${link} up`,
  ];
  runProgram([ip, "-batch", "-"], `${host.join("\n")}\n`);
  const pod = ["link set lo up", `addr add ${there}/30 dev eth0`, "link set eth0 up"];
  const enter = [nsenter, `--net=/proc/${pid}/ns/net`, "--"];
  runProgram([...enter, ip, "-batch", "-"], `${pod.join("\n")}\n`);
  return there;
}

function freeNetwork(): { here: string; there: string } {
  const used = new Set(
    Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []),
  );
  for (;;) {
    const index = randomInt(NETWORKS);
    const third = index >> 6;
    const fourth = (index & 63) << 2;
    const here = `10.231.${third}.${fourth + 1}`;
    if (!used.has(here)) return { here, there: `10.231.${third}.${fourth + 2}` };
  }
}
