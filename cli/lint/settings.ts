// Which rules apply to which file: the profile, then the configurations from far to near, then the command line.

import { nearest } from "../nearest.ts";
import type { ImageHint } from "../probe/image.ts";
import { namesOf, type RuleLevel } from "./config.ts";
import { type ConfigChain, matchesGlobs } from "./config-files.ts";
import { type RuleMeta, SEVERITIES, type Severity } from "./finding.ts";
import type { OptionValue } from "./options.ts";

/** How a rule runs on one file. */
export interface ActiveRule {
  /** Replaces the severity of its findings. */
  readonly severity?: Severity;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** All that is configured for one file. */
export interface ResolvedSettings {
  /** The rules that run, by number. */
  readonly rules: ReadonlyMap<string, ActiveRule>;
  readonly images: Readonly<Record<string, ImageHint>>;
  readonly kubeVersion?: string;
  readonly failOn: FailLevel;
}

/** What the command line says; it beats every configuration. Rules are numbers. */
export interface Flags {
  readonly only: readonly string[];
  readonly ignored: readonly string[];
  readonly levels: Readonly<Record<string, RuleLevel>>;
  readonly isEveryRuleOn: boolean;
  readonly kubeVersion?: string;
  readonly failOn?: FailLevel;
}

export const NO_FLAGS: Flags = { only: [], ignored: [], levels: {}, isEveryRuleOn: false };

/** From which severity on a finding makes the run fail. */
export const FAIL_LEVELS = [...SEVERITIES, "never"] as const;
export type FailLevel = (typeof FAIL_LEVELS)[number];

const DEFAULT_FAIL_ON: FailLevel = "warning";

/** True if `severity` is `threshold` or graver. */
export function reaches(severity: Severity, threshold: FailLevel): boolean {
  return threshold !== "never" && SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold);
}

/** Works out and remembers the settings of files. */
export class Settings {
  readonly #rules: readonly RuleMeta[];
  readonly #flags: Flags;
  /** By chain, then by which overrides match. */
  readonly #known = new Map<ConfigChain, Map<string, ResolvedSettings>>();

  constructor(rules: readonly RuleMeta[], flags: Flags) {
    this.#rules = rules;
    this.#flags = flags;
  }

  /** Those of the file at `path` (absolute), which the configurations of `chain` apply to. The same object for the same answer. */
  of(chain: ConfigChain, path: string): ResolvedSettings {
    const matching = chain.map(({ folder, config }) =>
      config.overrides.map(({ files }) => matchesGlobs(files, folder, path)),
    );
    const key = JSON.stringify(matching);
    const ofChain = this.#known.get(chain) ?? new Map<string, ResolvedSettings>();
    this.#known.set(chain, ofChain);
    const known = ofChain.get(key) ?? this.#resolve(chain, matching);
    ofChain.set(key, known);
    return known;
  }

  #resolve(chain: ConfigChain, matching: readonly (readonly boolean[])[]): ResolvedSettings {
    const configs = chain.map(({ config }) => config);
    const layers = configs.flatMap(({ rules, overrides }, at) => [
      rules,
      ...overrides.filter((_, index) => matching[at]?.[index]).map((override) => override.rules),
    ]);
    const rules = new Map<string, ActiveRule>();
    for (const meta of this.#rules) {
      let level: RuleLevel = meta.isOnByDefault || this.#flags.isEveryRuleOn ? "on" : "off";
      let options: Readonly<Record<string, OptionValue>> = {};
      for (const layer of layers) {
        const setting = layer[meta.id];
        if (setting === undefined) continue;
        level = setting.level;
        options = { ...options, ...setting.options };
      }
      level = this.#flagged(meta.id, level);
      if (level === "off") continue;
      rules.set(meta.id, level === "on" ? { options } : { severity: level, options });
    }
    const near = configs.toReversed();
    const kubeVersion =
      this.#flags.kubeVersion ?? near.find((config) => config.kubeVersion)?.kubeVersion;
    return {
      rules,
      images: Object.assign({}, ...configs.map(({ images }) => images)),
      ...(kubeVersion === undefined ? {} : { kubeVersion: kubeVersion.replace(/^v/, "") }),
      failOn: this.#flags.failOn ?? near.find((config) => config.failOn)?.failOn ?? DEFAULT_FAIL_ON,
    };
  }

  /** --rule turns on what is off, keeping a configured severity; --severity beats both; --ignore beats all. */
  #flagged(id: string, configured: RuleLevel): RuleLevel {
    const { only, ignored, levels } = this.#flags;
    if (ignored.includes(id)) return "off";
    if (only.length > 0 && !only.includes(id)) return "off";
    const level = levels[id] ?? configured;
    return level === "off" && only.includes(id) && levels[id] === undefined ? "on" : level;
  }
}

/** The number of the rule with this number or name. Throws an Error with the nearest name for an unknown one. */
export function ruleId(text: string, rules: readonly RuleMeta[]): string {
  const rule = rules.find(({ id, name }) => name === text || id === text.toUpperCase());
  if (rule !== undefined) return rule.id;
  const close = nearest(text, namesOf(rules));
  const hint = close === undefined ? "see knell lint --list-rules" : `did you mean "${close}"?`;
  throw new Error(`unknown rule "${text}"; ${hint}`);
}
