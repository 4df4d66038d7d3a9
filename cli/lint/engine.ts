// Runs the rules over the inputs. Reads no file, runs nothing, prints nothing.

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
import { decodeInput, readInput, type Source } from "./inputs.ts";
import type { FileSettings, Input, LintOptions, OptionValue } from "./options.ts";
import type { Checks, Context, Location, Report, Rule } from "./rule.ts";
import { RULES } from "./rules.ts";
import {
  findSuppression,
  NO_REASON,
  type Suppression,
  suppressionsOf,
  UNUSED,
} from "./suppressions.ts";
import { World } from "./world.ts";

/**
 * Every finding in `inputs`, in the order of the inputs and then of the text. Never throws for what an input holds: what
 * cannot be parsed is a problem with its place, and the rest is linted all the same.
 */
export function lint(inputs: readonly Input[], options: LintOptions = {}): LintResult {
  const texts = inputs.map((input) => ({ file: input.file, text: decodeInput(input).text }));
  const linter = new Linter(new World(texts), options);
  // One parsed file at a time.
  return mergeResults(inputs.map((input) => linter.lint(readInput(input))));
}

/** The results of several files as that of all. */
export function mergeResults(results: readonly LintResult[]): LintResult {
  return {
    findings: results.flatMap(({ findings }) => findings),
    problems: results.flatMap(({ problems }) => problems),
    skipped: results.flatMap(({ skipped }) => skipped),
    fileCount: results.reduce((sum, { fileCount }) => sum + fileCount, 0),
    texts: new Map(results.flatMap(({ texts }) => [...texts])),
  };
}

/** Lints one file after another in the light of all of them. */
export class Linter {
  readonly #world: World;
  readonly #options: LintOptions;
  readonly #setups = new Map<FileSettings | undefined, FileSetup>();

  constructor(world: World, options: LintOptions) {
    this.#world = world;
    this.#options = options;
  }

  lint(source: Source): LintResult {
    const { file, faults, text } = source;
    if (source.isTemplate) {
      const skipped = [{ file, reason: "template" }];
      return { findings: [], problems: [], skipped, fileCount: 0, texts: new Map() };
    }
    const findings = new SourceRun(source, this.#setupFor(file)).run();
    return {
      findings,
      problems: faults.map(({ span, message }) => ({ file, span, message })),
      skipped: [],
      fileCount: 1,
      texts: new Map(findings.length > 0 ? [[file, text]] : []),
    };
  }

  #setupFor(file: string): FileSetup {
    const settings = this.#options.settingsFor?.(file);
    const known = this.#setups.get(settings);
    if (known !== undefined) return known;
    const options = { ...this.#options, ...settings };
    const setup = {
      options,
      world: this.#world,
      surroundings: new FileSurroundings(this.#world, options),
      active: activeRules(options),
    };
    this.#setups.set(settings, setup);
    return setup;
  }
}

/** What files with the same settings share. */
interface FileSetup {
  readonly options: LintOptions;
  readonly world: World;
  readonly surroundings: Surroundings;
  readonly active: readonly ActiveRule[];
}

/** The world as a file's configuration sees it. */
class FileSurroundings implements Surroundings {
  readonly readFile: (path: string) => string | undefined;
  readonly #world: World;
  readonly #hints: readonly { matches: (image: string) => boolean; hint: ImageHint }[];

  constructor(world: World, { images = {}, readFile }: LintOptions) {
    this.readFile = readFile ?? (() => undefined);
    this.#world = world;
    this.#hints = Object.entries(images).map(([glob, hint]) => ({
      matches: picomatch(glob, { dot: true, bash: true }),
      hint,
    }));
  }

  hintFor(image: string): ImageHint | undefined {
    return this.#hints.find(
      ({ matches }) => matches(image) || matches(image.replace(/[:@].*$/, "")),
    )?.hint;
  }

  configMapData(namespace: string, name: string): Place | undefined {
    return this.#world.configMapData(namespace, name);
  }

  dockerfileAt(path: string): Dockerfile | undefined {
    return this.#world.dockerfileAt(path);
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
  readonly #setup: FileSetup;
  readonly #findings: Finding[] = [];
  readonly #services = new Map<ComposeFile, ReadonlyMap<string, Container>>();
  readonly #contexts = new Map<ActiveRule, Context>();
  #subject: { path: string; at: Location } = { path: "", at: [0, 0] };
  #origin: string | undefined;

  constructor(source: Source, setup: FileSetup) {
    this.#source = source;
    this.#setup = setup;
  }

  run(): Finding[] {
    const { objects, composeFiles, dockerfile, file } = this.#source;
    for (const object of objects) this.#visitObject(object);
    for (const composeFile of composeFiles) this.#visitCompose(composeFile);
    if (dockerfile !== undefined) {
      const container = containerOfDockerfile(dockerfile, file, this.#setup.surroundings);
      if (container !== undefined) {
        this.#each("dockerfile", "dockerfile", dockerfile, container.path, [0, 0]);
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
    this.#each("workload", "kubernetes", workload, path, object.place.at("kind"));
    for (const container of containersOfWorkload(workload, this.#setup.surroundings)) {
      this.#visitContainer(container);
    }
    this.#origin = undefined;
  }

  #visitCompose(composeFile: ComposeFile): void {
    const { root } = composeFile.document;
    this.#each("composeFile", "compose", composeFile, "services", root.at("services"));
    for (const container of this.#servicesOf(composeFile).values()) this.#visitContainer(container);
  }

  #servicesOf(composeFile: ComposeFile): ReadonlyMap<string, Container> {
    let containers = this.#services.get(composeFile);
    if (containers === undefined) {
      const { file } = this.#source;
      containers = new Map(
        composeFile.services.map((service) => [
          service.name,
          containerOfService(service, file, this.#setup.surroundings),
        ]),
      );
      this.#services.set(composeFile, containers);
    }
    return containers;
  }

  #visitContainer(container: Container): void {
    const { platform, path, probes, hooks } = container;
    this.#each("container", platform, container, path, locationOf(container));
    for (const probe of probes) this.#each("probe", platform, probe, probe.path, probe.range);
    for (const hook of hooks) this.#each("hook", platform, hook, hook.path, hook.place);
  }

  /** Runs every rule that looks at this kind of subject. */
  #each<Kind extends keyof Checks>(
    kind: Kind,
    platform: Platform,
    value: Parameters<NonNullable<Checks[Kind]>>[0],
    path: string,
    at: Location,
  ): void {
    this.#subject = { path, at };
    for (const active of this.#setup.active) {
      const check = active.rule.check[kind] as
        | ((value: unknown, context: Context) => void)
        | undefined;
      if (check === undefined || !active.rule.platforms.includes(platform)) continue;
      check(value, this.#contextOf(active));
    }
  }

  /** One per rule and file; what it reports is about the subject at hand. */
  #contextOf(active: ActiveRule): Context {
    let context = this.#contexts.get(active);
    if (context === undefined) {
      const { world, options } = this.#setup;
      context = {
        options: active.options,
        kubeVersion: options.kubeVersion,
        objectsOfKind: (kind) => world.objectsOfKind(kind),
        servicesOf: (file) => this.#servicesOf(file),
        report: (report) => this.#report(active, { ...this.#subject, ...report }),
      };
      this.#contexts.set(active, context);
    }
    return context;
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
    const supersedes = new Map(
      this.#setup.active.map(({ rule }) => [rule.meta.id, rule.supersedes]),
    );
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
    const { profile = "default", requireReason = false } = this.#setup.options;
    if (suppressions.length === 0) return;
    const active = new Set(
      this.#setup.active.flatMap(({ rule: { meta } }) => [meta.id, meta.name]),
    );
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

function activeRules(options: LintOptions): ActiveRule[] {
  const { profile = "default", rules: settings = {}, only } = options;
  return RULES.flatMap((rule): ActiveRule[] => {
    const { id, name, isOnByDefault } = rule.meta;
    if (only !== undefined && !only.includes(id) && !only.includes(name)) return [];
    const setting = settings[id] ?? settings[name];
    const isOn = isOnByDefault || profile === "all" || only !== undefined || setting !== undefined;
    if (!isOn || setting === "off") return [];
    const [level, given = {}] = typeof setting === "string" ? [setting] : (setting ?? []);
    const severity = level === "on" ? undefined : level;
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
