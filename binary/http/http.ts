// `knell http`: one request to one server, judged as the kubelet judges httpGet.

import { runAttempts } from "../probe/run";
import { buffer } from "../system/buffers";
import { printHelp } from "../system/help";
import { HTTP_TEXTS_SIZE, HttpOptions, parseHttpOptions } from "./options";
import { HTTP_PROBE_SIZE, HttpProbe } from "./probe";

const STDOUT: i32 = 1;

const httpOptions = new HttpOptions(buffer(HTTP_TEXTS_SIZE));
const probe = new HttpProbe(httpOptions, buffer(HTTP_PROBE_SIZE), STDOUT);

/** Runs `knell http` with the options from argument `first` on; gives the exit status. */
export function http(first: i32): i32 {
  const status = parseHttpOptions(first, httpOptions);
  if (status >= 0) return status;
  if (httpOptions.help) return printHelp("http");
  return runAttempts(probe, httpOptions.timeout, httpOptions.wait);
}
