import { nearestName } from "../../kube/edit-distance.ts";
import { isRecord, type Place } from "../../kube/manifest.ts";
import { HANDLERS } from "../../kube/pod-spec.ts";
import {
  HANDLER_FIELDS,
  PROBE_DEFAULTS,
  PROBE_FIELDS,
  PROBE_NUMBERS,
} from "../../kube/probe-fields.ts";
import { join } from "../../kube/rewrite.ts";
import { removeKey, renameKey, setValue } from "../../kube/yaml-edits.ts";
import type { Probe } from "../../probe/container.ts";
import { fixWith, type Report, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN403",
    name: "probe-schema",
    severity: "error",
    isOnByDefault: true,
    summary: "a probe that the API server rejects, or a field of it that is dropped",
    why: "A rejected pod never starts; an unknown field is dropped without a word, and the default counts.",
    remedy: "Write the field as the API names it, at its place.",
    link: "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe",
    fixKinds: ["safe"],
  },
  platforms: ["kubernetes"],
  check: {
    probe(probe, { report }) {
      const { place, container } = probe;
      if (place === undefined || !container.workload?.isBuiltIn) return;
      for (const fault of [
        ...placementFaults(probe, place),
        ...handlerFaults(probe, place),
        ...numberFaults(probe, place),
        ...unknownFields(place),
      ]) {
        report(fault);
      }
    },
  },
};

/** P5, and the probe-level grace of P1's table. */
function placementFaults({ role, container }: Probe, place: Place): Report[] {
  const faults: Report[] = [];
  const { spec } = container;
  if (spec?.isInit && !spec.isSidecar) {
    const message = `${role} on an init container is rejected: only one with restartPolicy Always may have probes`;
    faults.push({ message });
  }
  const grace = place.at("terminationGracePeriodSeconds");
  if (role === "readinessProbe" && grace.exists) {
    const message =
      "terminationGracePeriodSeconds is rejected on readinessProbe, which kills nothing";
    faults.push({ message, at: grace.keyRange });
  }
  return faults;
}

/** P3, P4 and the ports of P1's table. */
function handlerFaults({ role, container }: Probe, place: Place): Report[] {
  const present = HANDLERS.filter((name) => isRecord(place.at(name).value)).sort(
    (a, b) => place.at(a).keyRange[0] - place.at(b).keyRange[0],
  );
  const faults: Report[] = [];
  // Without an image it is a patch, which adds to a probe that stands elsewhere.
  const isWhole = container.spec?.image !== "" && !("$patch" in (place.value as object));
  if (present.length === 0 && isWhole && HANDLERS.every((name) => !nearestKey(place, name))) {
    faults.push({ message: `${role} has no handler: it needs exec, httpGet, tcpSocket or grpc` });
  }
  if (present.length > 1) {
    const message = `${role} has ${present.length} handlers, ${present.join(" and ")}: one is allowed`;
    faults.push({ message, at: place.at(present[1]!).keyRange });
  }
  for (const name of present) {
    const port = place.at(name, "port");
    if (name !== "grpc" && /^\d+$/.test(port.string ?? "")) {
      faults.push({
        message: `port "${port.string}" in quotes is a name, and a name needs a letter: write ${port.string}`,
        at: port,
      });
    }
    if (name === "grpc" && port.string !== undefined) {
      faults.push({ message: `the port of grpc is a number, not "${port.string}"`, at: port });
    }
  }
  return faults;
}

/** True if a key of `place` is `name` mistyped. */
function nearestKey(place: Place, name: string): boolean {
  return Object.keys(place.value as object).some((key) => nearestName(key, [name]) === name);
}

/** P1, P2. */
function numberFaults({ role }: Probe, place: Place): Report[] {
  return PROBE_NUMBERS.flatMap((name): Report[] => {
    const number = place.at(name);
    const { integer } = number;
    if (integer === undefined) return [];
    const isGrace = name === "terminationGracePeriodSeconds";
    if (integer < 0 || (isGrace && integer === 0)) {
      return [
        { message: `${name} ${integer} is rejected: the least is ${isGrace ? 1 : 0}`, at: number },
      ];
    }
    if (name === "successThreshold" && integer > 1 && role !== "readinessProbe") {
      return [
        { message: `successThreshold ${integer} is rejected on ${role}: it must be 1`, at: number },
      ];
    }
    if (integer > 0 || name === "initialDelaySeconds") return [];
    const message = `${name} 0 means the default, ${PROBE_DEFAULTS[name]}`;
    return [
      {
        message,
        at: number,
        severity: "info",
        remedy: "Leave it out, or write the number that is meant.",
      },
    ];
  });
}

function unknownFields(place: Place): Report[] {
  const inHandlers = HANDLERS.flatMap((name) =>
    place
      .at(name)
      .items.filter(({ path }) => typeof path.at(-1) === "string")
      .flatMap((field) => unknownField(field, HANDLER_FIELDS[name], place)),
  );
  return [...place.items.flatMap((field) => unknownField(field, PROBE_FIELDS)), ...inHandlers];
}

/** `probe` is given for a field of a handler. */
function unknownField(field: Place, known: readonly string[], probe?: Place): Report[] {
  const name = String(field.path.at(-1));
  if (known.includes(name) || name.startsWith("$")) return [];
  const holder = field.path.at(-2);
  const at = field.keyRange;
  if (probe !== undefined && PROBE_FIELDS.includes(name)) {
    const moved = probe.at(name).exists
      ? undefined
      : join(removeKey(field), setValue(probe.at(name), field.value));
    const message = `${name} is dropped: it belongs beside "${holder}", not in it`;
    return [{ message, at, fixes: [fixWith("safe", `move ${name} one level up`, moved)] }];
  }
  const meant = nearestName(name, known);
  const fixes = meant ? [fixWith("safe", `write ${meant}`, renameKey(field, meant))] : [];
  const hint = meant ? `: is "${meant}" meant?` : "";
  return [{ message: `"${name}" is dropped: ${holder} has no such field${hint}`, at, fixes }];
}
