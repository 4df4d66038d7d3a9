// `knell tcp`: passes when a connection is established, as the kubelet's tcpSocket. Not a byte is sent.

import { runAttempts } from "../probe/run";
import { buffer } from "../system/buffers";
import { printHelp } from "../system/help";
import { parseTcpOptions, TCP_TEXTS_SIZE, TcpOptions } from "./options";
import { TCP_PROBE_SIZE, TcpProbe } from "./probe";

const STDOUT: i32 = 1;

const tcpOptions = new TcpOptions(buffer(TCP_TEXTS_SIZE));
const probe = new TcpProbe(tcpOptions, buffer(TCP_PROBE_SIZE), STDOUT);

/** Runs `knell tcp` with the options from argument `first` on; gives the exit status. */
export function tcp(first: i32): i32 {
  const status = parseTcpOptions(first, tcpOptions);
  if (status >= 0) return status;
  if (tcpOptions.help) return printHelp("tcp");
  return runAttempts(probe, tcpOptions.timeout, tcpOptions.wait);
}
