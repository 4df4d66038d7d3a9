// Runs the rules over the inputs. Reads no file, runs nothing, prints nothing.

import { posix } from "node:path";
import picomatch from "picomatch";
import { isMap, isSeq } from "yaml";
import type { ComposeFile } from "../kube/compose.ts";
import type { Dockerfile } from "../kube/dockerfile.ts";
import { Place } from "../kube/manifest.ts";
import type { KubernetesObject } from "../kube/object.ts";
import { workloadOf } from "../kube/pod-spec.ts";
import { containerOfService } from "../probe/compose-containers.ts";
import type { Container, Platform } from "../probe/container.ts";
import { containerOfDockerfile } from "../probe/dockerfile-containers.ts";
import type { ImageHint } from "../probe/image.ts";
import { containersOfWorkload } from "../probe/kubernetes-containers.ts";
import type { Surroundings } from "../probe/surroundings.ts";
import {
  FIX_KINDS,
  type Finding,
  type Fix,
  type LintResult,
  type RuleMeta,
  type Severity,
} from "./finding.ts";
import { type Input, readInput, type Source } from "./inputs.ts";
import type { Context, Location, OptionValue, Report, Rule } from "./rule.ts";
import { RULES } from "./rules.ts";
import {
  findSuppression,
  NO_REASON,
  type Suppression,
  suppressionsOf,
  UNUSED,
} from "./suppressions.ts";

/** "off", a severity, or a severity and the rule's options. */
export type RuleSetting =
  | "off"
  | Severity
  | readonly [Severity, Readonly<Record<string, OptionValue>>];

/** default: the rules on by default. strict: also unused suppressions. all: also the rules off by default. */
export const PROFILES = ["default", "strict", "all"] as const;
export type Profile = (typeof PROFILES)[number];

export interface LintOptions {
  readonly profile?: Profile;
  /** By id or name, for a file: they go before the profile. */
  readonly settingsFor?: (file: string) => Readonly<Record<string, RuleSetting>>;
  /** Only these ids or names; also those off by default. */
  readonly only?: readonly string[];
  /** Globs of image references, with or without tag, to what is known of them. */
  readonly images?: Readonly<Record<string, ImageHint>>;
  /** "1.33". */
  readonly kubeVersion?: string;
  /** Report suppressions without a reason. */
  readonly requireReason?: boolean;
  /** A file of a build context, by its path beside the inputs' paths; undefined if it is missing or may not be read. */
  readonly readFile?: (path: string) => string | undefined;
}

/**
 * Every finding in `inputs`, in the order of the inputs and then of the text. Never throws for what an input holds: what
 * cannot be parsed is a problem with its place, and the rest is linted all the same.
 */
export function lint(inputs: readonly Input[], options: LintOptions = {}): LintResult {
  const sources = inputs.map(readInput);
  return mergeResults(lintSources(sources, sources, options));
}

/** The result of each source in `subset`, seen in the light of all of them. */
export function lintSources(
  subset: readonly Source[],
  all: readonly Source[],
  options: LintOptions,
): LintResult[] {
  const world = new World(all, options);
  return subset.map((source): LintResult => {
    const { file, faults, text, isTemplate } = source;
    if (isTemplate) return { ...NOTHING, skipped: [{ file, reason: "template" }] };
    const findings = new SourceRun(source, world, options).run();
    const problems = faults.map(({ span, message }) => ({ file, span, message }));
    const texts = new Map(findings.length > 0 ? [[file, text]] : []);
    return { findings, problems, skipped: [], fileCount: 1, texts };
  });
}

const NOTHING: LintResult = {
  findings: [],
  problems: [],
  skipped: [],
  fileCount: 0,
  texts: new Map(),
};

/** One result of several, in their order. */
export function mergeResults(results: readonly LintResult[]): LintResult {
  return {
    findings: results.flatMap(({ findings }) => findings),
    problems: results.flatMap(({ problems }) => problems),
    skipped: results.flatMap(({ skipped }) => skipped),
    fileCount: results.reduce((sum, { fileCount }) => sum + fileCount, 0),
    texts: new Map(results.flatMap(({ texts }) => [...texts])),
  };
}

/** Everything the inputs hold together. */
class World implements Surroundings {
  readonly readFile: (path: string) => string | undefined;
  readonly #objects = new Map<string, KubernetesObject[]>();
  readonly #dockerfiles = new Map<string, Dockerfile>();
  readonly #hints: { matches: (image: string) => boolean; hint: ImageHint }[];

  constructor(sources: readonly Source[], { images = {}, readFile }: LintOptions) {
    this.readFile = readFile ?? (() => undefined);
    this.#hints = Object.entries(images).map(([glob, hint]) => ({
      matches: picomatch(glob, { dot: true, bash: true }),
      hint,
    }));
    for (const { file, objects, dockerfile } of sources) {
      if (dockerfile) this.#dockerfiles.set(posix.normalize(file), dockerfile);
      for (const object of objects) {
        const known = this.#objects.get(object.kind);
        if (known) known.push(object);
        else this.#objects.set(object.kind, [object]);
      }
    }
  }

  objectsOfKind(kind: string): readonly KubernetesObject[] {
    return this.#objects.get(kind) ?? [];
  }

  hintFor(image: string): ImageHint | undefined {
    return this.#hints.find(
      ({ matches }) => matches(image) || matches(image.replace(/[:@].*$/, "")),
    )?.hint;
  }

  #configMaps: Map<string, Place> | undefined;

  configMapData(namespace: string, name: string): Place | undefined {
    this.#configMaps ??= new Map(
      this.objectsOfKind("ConfigMap").map((object) => [
        `${object.namespace}/${object.name}`,
        object.place.at("data"),
      ]),
    );
    return this.#configMaps.get(`${namespace}/${name}`);
  }

  dockerfileAt(path: string): Dockerfile | undefined {
    return this.#dockerfiles.get(posix.normalize(path));
  }
}

/** A rule that is to run on a file. */
interface ActiveRule {
  readonly rule: Rule;
  readonly severity: Severity | undefined;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** One file under the rules. */
class SourceRun {
  readonly #source: Source;
  readonly #world: World;
  readonly #options: LintOptions;
  readonly #active: readonly ActiveRule[];
  readonly #findings: Finding[] = [];
  readonly #services = new Map<ComposeFile, ReadonlyMap<string, Container>>();
  #origin: string | undefined;

  constructor(source: Source, world: World, options: LintOptions) {
    this.#source = source;
    this.#world = world;
    this.#options = options;
    this.#active = activeRules(source.file, options);
  }

  run(): Finding[] {
    const { objects, composeFiles, dockerfile, file } = this.#source;
    for (const object of objects) this.#visitObject(object);
    for (const composeFile of composeFiles) this.#visitCompose(composeFile);
    if (dockerfile !== undefined) {
      const container = containerOfDockerfile(dockerfile, file, this.#world);
      if (container !== undefined) {
        this.#each("dockerfile", { path: container.path, at: [0, 0] }, (rule, context) =>
          rule.check.dockerfile?.(dockerfile, context),
        );
        this.#visitContainer(container);
      }
    }
    return this.#settle();
  }

  #visitObject(object: KubernetesObject): void {
    const workload = workloadOf(object);
    if (workload === undefined) return;
    this.#origin = object.origin;
    const path = `${object.kind}/${object.namespace}/${object.name}`;
    this.#each("kubernetes", { path, at: object.place.at("kind") }, (rule, context) =>
      rule.check.workload?.(workload, context),
    );
    for (const container of containersOfWorkload(workload, this.#world)) {
      this.#visitContainer(container);
    }
    this.#origin = undefined;
  }

  #visitCompose(composeFile: ComposeFile): void {
    const { root } = composeFile.document;
    this.#each("compose", { path: "services", at: root.at("services") }, (rule, context) =>
      rule.check.composeFile?.(composeFile, context),
    );
    for (const container of this.#servicesOf(composeFile).values()) this.#visitContainer(container);
  }

  #servicesOf(composeFile: ComposeFile): ReadonlyMap<string, Container> {
    let containers = this.#services.get(composeFile);
    if (containers === undefined) {
      const { file } = this.#source;
      containers = new Map(
        composeFile.services.map((service) => [
          service.name,
          containerOfService(service, file, this.#world),
        ]),
      );
      this.#services.set(composeFile, containers);
    }
    return containers;
  }

  #visitContainer(container: Container): void {
    const { platform, path, probes, hooks } = container;
    const at = locationOf(container);
    this.#each(platform, { path, at }, (rule, context) =>
      rule.check.container?.(container, context),
    );
    for (const probe of probes) {
      this.#each(platform, { path: probe.path, at: probe.range }, (rule, context) =>
        rule.check.probe?.(probe, context),
      );
    }
    for (const hook of hooks) {
      this.#each(platform, { path: hook.path, at: hook.place }, (rule, context) =>
        rule.check.hook?.(hook, context),
      );
    }
  }

  #each(
    platform: Platform,
    subject: { path: string; at: Location },
    visit: (rule: Rule, context: Context) => void,
  ): void {
    for (const active of this.#active) {
      if (!active.rule.platforms.includes(platform)) continue;
      visit(active.rule, {
        options: active.options,
        kubeVersion: this.#options.kubeVersion,
        objectsOfKind: (kind) => this.#world.objectsOfKind(kind),
        servicesOf: (file) => this.#servicesOf(file),
        report: (report) => this.#report(active, { ...subject, ...report }),
      });
    }
  }

  #report(
    { rule: { meta }, severity }: ActiveRule,
    report: Report & { path: string; at: Location },
  ): void {
    const [start, end] = rangeOf(report.at);
    const fixes = (report.fixes ?? []).filter((fix) => fix !== undefined);
    this.#add(meta, {
      severity: severity ?? report.severity ?? meta.severity,
      message: report.message,
      remedy: report.remedy ?? meta.remedy,
      range: [start, end],
      objectPath: report.path,
      fixes: fixes.sort((a, b) => FIX_KINDS.indexOf(a.kind) - FIX_KINDS.indexOf(b.kind)),
    });
  }

  #add(
    { id, name, why, link }: RuleMeta,
    parts: Pick<Finding, "severity" | "message" | "remedy" | "objectPath"> & {
      range: readonly [number, number];
      fixes: readonly Fix[];
    },
  ): void {
    const { range, ...rest } = parts;
    const span = this.#source.lines.spanOf(range[0], range[1]);
    this.#findings.push({
      id,
      name,
      why,
      link,
      file: this.#source.file,
      span,
      ...(this.#origin !== undefined && { origin: this.#origin }),
      ...rest,
    });
  }

  /** What is left after superseded and suppressed findings, in the order of the text. */
  #settle(): Finding[] {
    const superseded = new Set<string>();
    const supersedes = new Map(this.#active.map(({ rule }) => [rule.meta.id, rule.supersedes]));
    for (const { id, objectPath } of this.#findings) {
      for (const other of supersedes.get(id) ?? []) superseded.add(`${other} ${objectPath}`);
    }
    const suppressions = suppressionsOf(this.#source);
    const kept = this.#findings.filter((finding) => {
      if (superseded.has(`${finding.id} ${finding.objectPath}`)) return false;
      return findSuppression(suppressions, finding) === undefined;
    });
    this.#findings.length = 0;
    this.#reportSuppressions(suppressions);
    return [...kept, ...this.#findings].sort(
      (a, b) => a.span.start.offset - b.span.start.offset || (a.id < b.id ? -1 : 1),
    );
  }

  #reportSuppressions(suppressions: readonly Suppression[]): void {
    const { profile = "default", requireReason = false } = this.#options;
    if (suppressions.length === 0) return;
    const active = new Set(this.#active.flatMap(({ rule: { meta } }) => [meta.id, meta.name]));
    const known = new Set(RULES.flatMap(({ meta }) => [meta.id, meta.name]));
    for (const { rules, used, range, reason } of suppressions) {
      const unused = rules.filter(
        (rule) => !used.has(rule) && (active.has(rule) || !known.has(rule)),
      );
      const parts = { range, objectPath: "suppression", fixes: [], severity: "warning" } as const;
      if (profile !== "default" && unused.length > 0) {
        const message = `nothing to suppress here: ${unused.map((rule) => `"${rule}"`).join(", ")}`;
        this.#add(UNUSED, { ...parts, message, remedy: UNUSED.remedy });
      }
      if (requireReason && reason === undefined) {
        const message = `no reason given for suppressing ${rules.map((rule) => `"${rule}"`).join(", ")}`;
        this.#add(NO_REASON, { ...parts, message, remedy: NO_REASON.remedy });
      }
    }
  }
}

function activeRules(file: string, options: LintOptions): ActiveRule[] {
  const { profile = "default", settingsFor, only } = options;
  const settings = settingsFor?.(file) ?? {};
  return RULES.flatMap((rule): ActiveRule[] => {
    const { id, name, isOnByDefault } = rule.meta;
    if (only !== undefined && !only.includes(id) && !only.includes(name)) return [];
    const setting = settings[id] ?? settings[name];
    const isOn = isOnByDefault || profile === "all" || only !== undefined || setting !== undefined;
    if (!isOn || setting === "off") return [];
    const [severity, given = {}] = typeof setting === "string" ? [setting] : (setting ?? []);
    return [{ rule, severity, options: { ...rule.options, ...given } }];
  });
}

/** A container's name, or what stands for it. */
function locationOf({ spec, service, stage }: Container): Location {
  if (spec !== undefined) return spec.place.at("name");
  if (service !== undefined) return service.place.keyRange;
  return stage === undefined ? [0, 0] : [stage.from.start, stage.from.end];
}

/** A map or sequence in block style is shown by its key. */
function rangeOf(location: Location): readonly [number, number] {
  if (location instanceof Place) {
    const { node } = location;
    const isBlock = (isMap(node) || isSeq(node)) && !node.flow;
    return isBlock ? location.keyRange : location.range;
  }
  return "range" in location ? location.range : location;
}
