// One model of a container and its probes for Kubernetes, Compose and Dockerfiles: what the rules look at.

import type { Service } from "../kube/compose.ts";
import type { DockerInstruction, Stage } from "../kube/dockerfile.ts";
import type { Place } from "../kube/manifest.ts";
import type {
  ContainerSpec,
  HandlerName,
  HookType,
  ProbeType,
  Workload,
} from "../kube/pod-spec.ts";
import type { Rewrite } from "../kube/rewrite.ts";
import type { Command } from "./command.ts";
import type { Image } from "./image.ts";
import { type Reaper, reaperOf, type Start } from "./reaper.ts";

export const PLATFORMS = ["kubernetes", "compose", "dockerfile"] as const;
export type Platform = (typeof PLATFORMS)[number];

export interface ContainerParts {
  readonly platform: Platform;
  readonly name: string;
  /** "Deployment/default/redis/redis", "service/db", "stage 2". */
  readonly path: string;
  readonly image: Image;
  readonly start: Start;
  /** By name; undefined: its value is not written here. */
  readonly env: ReadonlyMap<string, string | undefined>;
  /** The names that each readable env_file sets, by the file as written (Compose). */
  readonly envFileNames?: ReadonlyMap<string, ReadonlySet<string>>;
  /** It ends by itself: of a Job or CronJob, or an init container that is no sidecar. */
  readonly isShortLived: boolean;
  readonly workload?: Workload;
  readonly spec?: ContainerSpec;
  readonly service?: Service;
  readonly stage?: Stage;
}

/** A container, wherever it is described. */
export class Container {
  readonly platform: Platform;
  readonly name: string;
  readonly path: string;
  readonly image: Image;
  readonly start: Start;
  readonly env: ReadonlyMap<string, string | undefined>;
  readonly envFileNames: ReadonlyMap<string, ReadonlySet<string>>;
  readonly isShortLived: boolean;
  /** Kubernetes only. */
  readonly workload: Workload | undefined;
  readonly spec: ContainerSpec | undefined;
  /** Compose only. */
  readonly service: Service | undefined;
  /** Dockerfile only: the final stage. */
  readonly stage: Stage | undefined;
  readonly probes: Probe[] = [];
  readonly hooks: Hook[] = [];
  #reaper: Reaper | undefined;

  constructor(parts: ContainerParts) {
    this.platform = parts.platform;
    this.name = parts.name;
    this.path = parts.path;
    this.image = parts.image;
    this.start = parts.start;
    this.env = parts.env;
    this.envFileNames = parts.envFileNames ?? new Map();
    this.isShortLived = parts.isShortLived;
    this.workload = parts.workload;
    this.spec = parts.spec;
    this.service = parts.service;
    this.stage = parts.stage;
  }

  get reaper(): Reaper {
    this.#reaper ??= reaperOf(this.start);
    return this.#reaper;
  }

  /** Where it is described; undefined in a Dockerfile. */
  get place(): Place | undefined {
    return this.spec?.place ?? this.service?.place;
  }

  probe(role: ProbeRole): Probe | undefined {
    return this.probes.find((probe) => probe.role === role);
  }
}

export type ProbeRole = ProbeType | "healthcheck";

/** A number of a probe. */
export interface Setting {
  /** The default where none is given. */
  readonly value: number;
  /** A value other than 0 (which means the default) is written. */
  readonly isExplicit: boolean;
  /** What is written is no number: a variable, a wrong type. `value` is then the default. */
  readonly isUnreadable: boolean;
}

/** Docker's interval is periodSeconds, its retries failureThreshold. */
export type TimingName =
  | "initialDelaySeconds"
  | "periodSeconds"
  | "timeoutSeconds"
  | "successThreshold"
  | "failureThreshold"
  | "startPeriodSeconds";

export type Timing = Readonly<Record<TimingName, Setting>>;

export interface ProbeParts {
  readonly container: Container;
  readonly role: ProbeRole;
  readonly handler: HandlerName | undefined;
  readonly command?: Command;
  readonly timing: Timing;
  readonly place?: Place;
  readonly instruction?: DockerInstruction;
  /** Offsets of the probe's key or instruction. */
  readonly range: readonly [number, number];
  readonly setTiming: (name: TimingName, value: number) => Rewrite | undefined;
  readonly setCommand: (argv: readonly string[]) => Rewrite | undefined;
}

/** A probe or healthcheck. */
export class Probe {
  readonly container: Container;
  readonly role: ProbeRole;
  /** undefined with none or several, which the API rejects. */
  readonly handler: HandlerName | undefined;
  /** Of an exec probe or healthcheck. */
  readonly command: Command | undefined;
  readonly timing: Timing;
  /** Its map; undefined in a Dockerfile. */
  readonly place: Place | undefined;
  readonly instruction: DockerInstruction | undefined;
  readonly range: readonly [number, number];
  /** Writes a number of seconds, or a threshold. */
  readonly setTiming: ProbeParts["setTiming"];
  /** Makes it run `argv` without a shell; undefined where it cannot be written. */
  readonly setCommand: ProbeParts["setCommand"];

  constructor(parts: ProbeParts) {
    this.container = parts.container;
    this.role = parts.role;
    this.handler = parts.handler;
    this.command = parts.command;
    this.timing = parts.timing;
    this.place = parts.place;
    this.instruction = parts.instruction;
    this.range = parts.range;
    this.setTiming = parts.setTiming;
    this.setCommand = parts.setCommand;
  }

  get path(): string {
    const role = this.instruction === undefined ? this.role : "HEALTHCHECK";
    return `${this.container.path}/${role}`;
  }

  /** Period × failure threshold: how long it fails before something happens. */
  get budgetSeconds(): number {
    return this.timing.periodSeconds.value * this.timing.failureThreshold.value;
  }

  /** "timeoutSeconds" or Docker's "timeout". */
  readonly nameOf = (name: TimingName): string =>
    this.container.platform === "kubernetes" ? name : DOCKER_NAMES[name];
}

export const DOCKER_NAMES: Readonly<Record<TimingName, string>> = {
  initialDelaySeconds: "",
  periodSeconds: "interval",
  timeoutSeconds: "timeout",
  successThreshold: "",
  failureThreshold: "retries",
  startPeriodSeconds: "start_period",
};

/** A lifecycle hook of Kubernetes. */
export interface Hook {
  readonly container: Container;
  readonly type: HookType;
  readonly path: string;
  readonly place: Place;
  readonly command?: Command;
  readonly sleepSeconds?: number;
}
