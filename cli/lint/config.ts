// One .knell.yaml: its text to data, with every fault at its line and column. Pure.

import { isScalar } from "yaml";
import { isRecord, type Place, parseManifest } from "../kube/manifest.ts";
import { suggestion } from "../nearest.ts";
import type { ImageHint, ShellFlavour } from "../probe/image.ts";
import { type Problem, type RuleMeta, SEVERITIES, type Severity } from "./finding.ts";
import type { OptionValue } from "./options.ts";

export const CONFIG_NAME = ".knell.yaml";

/** What a rule can be set to; "on": its own severity. */
export const RULE_LEVELS = [...SEVERITIES, "on", "off"] as const;
export type RuleLevel = (typeof RULE_LEVELS)[number];

/** A rule that a configuration may name. */
export interface ConfigurableRule {
  readonly meta: RuleMeta;
  /** What it can be told, with the defaults. */
  readonly options?: Readonly<Record<string, OptionValue>>;
}

export interface RuleSetting {
  readonly level: RuleLevel;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** By rule number. */
export type RuleSettings = Readonly<Record<string, RuleSetting>>;

export interface Override {
  readonly files: readonly string[];
  readonly rules: RuleSettings;
}

export interface Config {
  /** No configuration further up counts. */
  readonly isRoot: boolean;
  readonly rules: RuleSettings;
  readonly failOn?: Severity | "never";
  /** Globs, from the folder of the file. */
  readonly exclude: readonly string[];
  /** What is known of the images that a pattern ("registry/app:*") matches. */
  readonly images: Readonly<Record<string, ImageHint>>;
  readonly overrides: readonly Override[];
  readonly kubeVersion?: string;
}

/** The configuration in `text`, or what is wrong with it. `file` is named in the problems. */
export function parseConfig(
  text: string,
  file: string,
  rules: readonly ConfigurableRule[],
): { config: Config; problems: readonly Problem[] } {
  const manifest = parseManifest(text);
  const problems: Problem[] = manifest.faults.map(({ span, message }) => ({ file, span, message }));
  if (manifest.documents.length > 1) {
    problems.push({ file, message: "has more than one document; keep one" });
  }
  const root = manifest.documents[0]?.root;
  const reader = new ConfigReader(file, rules, problems);
  const isEmpty = root === undefined || root.value === null;
  return { config: isEmpty ? reader.read(undefined) : reader.read(root), problems };
}

/** `kubeVersion` as a configuration or --kube-version may write it. */
export function isKubeVersion(text: string): boolean {
  return /^v?1\.\d{1,2}(\.\d+)?$/.test(text);
}

const KEYS = ["root", "rules", "failOn", "exclude", "images", "overrides", "kubeVersion"];
const OVERRIDE_KEYS = ["files", "rules"];
const SHELLS: readonly ShellFlavour[] = ["dash", "bash", "busybox"];
const IMAGE_KEYS = ["init", "reaps", "family", "shell"];

class ConfigReader {
  readonly #file: string;
  readonly #rules: readonly ConfigurableRule[];
  readonly #problems: Problem[];

  constructor(file: string, rules: readonly ConfigurableRule[], problems: Problem[]) {
    this.#file = file;
    this.#rules = rules;
    this.#problems = problems;
  }

  read(root: Place | undefined): Config {
    const top = root && this.#mapping(root, KEYS) ? root : undefined;
    const failOn = top && this.#choice(top.at("failOn"), [...SEVERITIES, "never"] as const);
    const kubeVersion = top && this.#kubeVersion(top.at("kubeVersion"));
    return {
      isRoot: (top && this.#boolean(top.at("root"))) ?? false,
      rules: top ? this.#ruleSettings(top.at("rules")) : {},
      ...(failOn === undefined ? {} : { failOn }),
      exclude: top ? this.#globs(top.at("exclude")) : [],
      images: top ? this.#images(top.at("images")) : {},
      overrides: top ? this.#overrides(top.at("overrides")) : [],
      ...(kubeVersion === undefined ? {} : { kubeVersion }),
    };
  }

  #fault(place: Place, message: string, isKey = false): void {
    const [start, end] = isKey ? place.keyRange : place.range;
    const span = place.document.manifest.lines.spanOf(start, end);
    this.#problems.push({ file: this.#file, span, message });
  }

  /** True if it is a mapping with no other keys than `keys`; reports what is not. */
  #mapping(place: Place, keys?: readonly string[]): boolean {
    if (!isRecord(place.value)) {
      this.#fault(place, `${nameOf(place)} is ${shown(place)}; give a mapping`);
      return false;
    }
    if (keys === undefined) return true;
    for (const item of place.items) {
      const key = String(item.path.at(-1));
      if (keys.includes(key)) continue;
      const hint = suggestion(key, keys) || `; there are ${keys.join(", ")}`;
      this.#fault(item, `unknown key "${key}"${hint}`, true);
    }
    return true;
  }

  #list(place: Place): readonly Place[] {
    if (!place.exists) return [];
    if (Array.isArray(place.value)) return place.items;
    this.#fault(place, `${nameOf(place)} is ${shown(place)}; give a list`);
    return [];
  }

  #boolean(place: Place): boolean | undefined {
    if (!place.exists || typeof place.value === "boolean") {
      return place.value as boolean | undefined;
    }
    this.#fault(place, `${nameOf(place)} is ${shown(place)}; give true or false`);
    return undefined;
  }

  #string(place: Place): string | undefined {
    if (!place.exists || (place.string !== undefined && place.string !== "")) return place.string;
    this.#fault(place, `${nameOf(place)} is ${shown(place)}; give a string`);
    return undefined;
  }

  #choice<Choice extends string>(place: Place, choices: readonly Choice[]): Choice | undefined {
    if (!place.exists) return undefined;
    const found = choices.find((choice) => choice === place.value);
    if (found !== undefined) return found;
    const hint = suggestion(String(place.value), choices);
    this.#fault(place, `${nameOf(place)} is ${shown(place)}; give ${choices.join(", ")}${hint}`);
    return undefined;
  }

  #globs(place: Place): string[] {
    return this.#list(place).flatMap((item) => this.#string(item) ?? []);
  }

  /** Written 1.30 it is a number, whose last zero only the source text has. */
  #kubeVersion(place: Place): string | undefined {
    if (!place.exists) return undefined;
    const text = isScalar(place.node) ? String(place.node.source ?? place.value) : "";
    if (isKubeVersion(text)) return text;
    this.#fault(place, `kubeVersion is ${shown(place)}; give one such as 1.34`);
    return undefined;
  }

  #ruleSettings(place: Place): RuleSettings {
    if (!place.exists || !this.#mapping(place)) return {};
    const settings: Record<string, RuleSetting> = {};
    for (const item of place.items) {
      const key = String(item.path.at(-1));
      const rule = this.#rules.find(({ meta }) => meta.id === key || meta.name === key);
      if (rule === undefined) {
        const hint =
          suggestion(key, namesOf(this.#rules.map(({ meta }) => meta))) ||
          "; see knell lint --list-rules";
        this.#fault(item, `unknown rule "${key}"${hint}`, true);
      } else if (Object.hasOwn(settings, rule.meta.id)) {
        const { id, name } = rule.meta;
        this.#fault(item, `rule ${id} ${name} is set twice; set it once`, true);
      } else {
        const setting = this.#ruleSetting(item, rule);
        if (setting !== undefined) settings[rule.meta.id] = setting;
      }
    }
    return settings;
  }

  /** `warning` or `[warning, {seconds: 5}]`. */
  #ruleSetting(place: Place, rule: ConfigurableRule): RuleSetting | undefined {
    const parts = Array.isArray(place.value) ? place.items : [place];
    const [level, options, superfluous] = parts;
    if (level === undefined || superfluous !== undefined) {
      this.#fault(place, `${nameOf(place)} has ${parts.length} items; give [LEVEL, {OPTION: …}]`);
      return undefined;
    }
    const chosen = this.#choice(level, RULE_LEVELS);
    const given = options === undefined ? {} : this.#ruleOptions(options, rule);
    if (chosen === undefined || given === undefined) return undefined;
    return { level: chosen, options: given };
  }

  #ruleOptions(
    place: Place,
    { meta, options = {} }: ConfigurableRule,
  ): Record<string, OptionValue> | undefined {
    if (!this.#mapping(place)) return undefined;
    const known = Object.keys(options);
    const list = known.length === 0 ? "has no options" : `has ${known.join(", ")}`;
    for (const item of place.items) {
      const key = String(item.path.at(-1));
      const standard = Object.hasOwn(options, key) ? options[key] : undefined;
      if (standard === undefined) {
        const hint = suggestion(key, known) || `; ${meta.name} ${list}`;
        this.#fault(item, `unknown option "${key}"${hint}`, true);
      } else if (!isLike(item, standard)) {
        const kind = Array.isArray(standard) ? "list of strings" : typeof standard;
        this.#fault(item, `${nameOf(item)} is ${shown(item)}; give a ${kind}`);
      }
    }
    return place.value as Record<string, OptionValue>;
  }

  #images(place: Place): Record<string, ImageHint> {
    if (!place.exists || !this.#mapping(place)) return {};
    const images: Record<string, ImageHint> = {};
    for (const item of place.items) {
      if (!this.#mapping(item, IMAGE_KEYS)) continue;
      const entries = [
        ["init", this.#boolean(item.at("init"))],
        ["reaps", this.#boolean(item.at("reaps"))],
        ["family", this.#string(item.at("family"))],
        ["shell", this.#choice(item.at("shell"), SHELLS)],
      ].filter(([, value]) => value !== undefined);
      images[String(item.path.at(-1))] = Object.fromEntries(entries) as ImageHint;
    }
    return images;
  }

  #overrides(place: Place): Override[] {
    return this.#list(place).flatMap((item) => {
      if (!this.#mapping(item, OVERRIDE_KEYS)) return [];
      const files = this.#globs(item.at("files"));
      if (!item.at("files").exists) this.#fault(item, "override without files; give globs");
      return [{ files, rules: this.#ruleSettings(item.at("rules")) }];
    });
  }
}

/** Numbers and names. */
export function namesOf(rules: readonly RuleMeta[]): string[] {
  return rules.flatMap(({ id, name }) => [id, name]);
}

/** True if the value is of the kind that an option's default is. */
function isLike({ value, strings }: Place, standard: OptionValue): boolean {
  return Array.isArray(standard) ? strings !== undefined : typeof value === typeof standard;
}

function nameOf(place: Place): string {
  return place.path.length === 0 ? "the configuration" : place.path.join(".");
}

function shown({ value }: Place): string {
  if (Array.isArray(value)) return "a list";
  if (isRecord(value)) return "a mapping";
  return value === null || value === undefined ? "empty" : JSON.stringify(String(value));
}
