import type { CommandHelp } from "../command-line/help.ts";
import { RUNTIMES } from "../run/exec-sync.ts";
import { FAULT_KINDS } from "../run/faults.ts";

const POD = "Which pod, and where";
const KUBELET = "Which kubelet";
const END = "When it ends";
const FAULTS = "Faults";
const OUTPUT = "Output";

export const RUN_OUTPUTS = ["auto", "live", "plain", "json"] as const;

/** What run and compare share. */
export const SHARED_RUN_OPTIONS = {
  pod: { group: POD, value: "NAME", summary: "this pod or workload, where the files hold several" },
  "allow-host-path": {
    group: POD,
    summary: "mount hostPath volumes: the pod may change those files",
  },
  "kube-version": {
    group: KUBELET,
    value: "VERSION",
    summary: "behave and speak as this release does, 1.20 to 1.37 (default 1.36)",
  },
  runtime: {
    group: KUBELET,
    value: "NAME",
    choices: RUNTIMES,
    summary: "run exec probes as this runtime does (default containerd)",
  },
  fault: {
    group: FAULTS,
    value: "FAULT",
    isRepeatable: true,
    summary: `"[AT] KIND [CONTAINER] [N] [FOR]": ${FAULT_KINDS.join(", ")}`,
  },
  help: { group: OUTPUT, short: "h", summary: "this text" },
} as const;

const { help, fault, ...shared } = SHARED_RUN_OPTIONS;

export const RUN_OPTIONS = {
  ...shared,
  jitter: {
    group: KUBELET,
    summary: "workers begin at a random moment, as after a kubelet's start",
  },
  requeue: {
    group: KUBELET,
    value: "WHEN",
    choices: ["exact", "kubelet"],
    summary: "exact: restart when the back-off is over (default); kubelet: when its sync comes by",
  },
  until: {
    group: END,
    value: "WHAT",
    summary: "end when it is ready, or restarted, or after a duration such as 20s",
  },
  "exit-code-from": {
    group: END,
    value: "CONTAINER",
    summary: "end with this container, and with its exit status",
  },
  strict: { group: END, summary: "exit 1 if zombies are left" },
  fault,
  output: {
    group: OUTPUT,
    value: "FORMAT",
    choices: RUN_OUTPUTS,
    summary: "auto: live on a terminal, else plain; json: one entry a line",
  },
  page: {
    group: OUTPUT,
    summary: "show it on a page, too; prints its address, on this machine only",
  },
  logs: { group: OUTPUT, summary: "print what the containers write, too" },
  help,
} as const;

export const RUN_HELP: CommandHelp = {
  usage: "knell run [OPTION…] FILE…",
  description: [
    "Runs a pod on this machine and probes it as the kubelet does: same timing, same events, same",
    "kills and back-off. FILE is a manifest, or - for stdin: a Pod, or anything with a pod template,",
    "with the ConfigMaps and Secrets it uses.",
  ].join("\n"),
  example: 'knell run redis.yaml --until 40s --fault "10s freeze redis 15s"',
  options: RUN_OPTIONS,
  notes: [
    "exit status: 0 the pod ended as asked, 1 a probe brought it down (or --strict and zombies are left),",
    "2 could not do the job; with --exit-code-from the container's own",
  ].join("\n"),
};
