// CPU of a node against pods and period: measured with 1, 10 and 30 probed containers, extrapolated by a straight line.
// Writes bench/node-scale.md and .svg.

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Engine } from "../test/engines/engine.ts";
import { type Subject, startSubject } from "../test/engines/matrix/conditions.ts";
import { attempt, WAY_NAMES, WAYS, type WayName } from "../test/engines/matrix/ways.ts";
import { coresDuring, wait, withContainerd } from "./cri-ways.ts";
import type { Row } from "./row.ts";
import { fitModel, type Sample } from "./scale-model.ts";
import { pageOf, pictureOf, type Scale } from "./scale-page.ts";

const CONTAINERS = [1, 10, 30];
const SECONDS = 10;

export async function measure(): Promise<Row[]> {
  const scales = await withContainerd(async (engine) => {
    const all: Scale[] = [];
    for (const way of WAY_NAMES) all.push({ way, ...(await measureWay(engine, way)) });
    return all;
  });
  const about = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    seconds: SECONDS,
  };
  writeFileSync(join(import.meta.dirname, "node-scale.md"), pageOf(about, scales));
  writeFileSync(join(import.meta.dirname, "node-scale.svg"), pictureOf(scales));
  return scales.map(({ way, model, samples }) => ({
    what: `CPU a probe at 1 to 30 containers, ${WAYS[way].title}`,
    value: model.secondsPerProbe * 1e3,
    unit: "ms",
    good: "at most",
    detail: samples
      .map(({ rate, cores }) => `${perProbe(cores, rate)} at ${rate.toFixed(1)}/s`)
      .join(", "),
  }));
}

const perProbe = (cores: number, rate: number) => `${((cores / rate) * 1e3).toFixed(2)} ms`;

async function measureWay(engine: Engine, way: WayName) {
  const samples: Sample[] = [];
  for (const count of CONTAINERS) {
    const subjects: Subject[] = [];
    for (let i = 0; i < count; i++) subjects.push(await startSubject(engine, WAYS[way]));
    // Once before: the first exec into a container costs more.
    for (const subject of subjects) await attempt(WAYS[way], subject.container, "live");
    const idle = await coresDuring(engine, () => wait(SECONDS * 1000));
    let probes = 0;
    const busy = await coresDuring(engine, async () => {
      const counts = await Promise.all(subjects.map((subject, i) => probeAll(subject, i / count)));
      probes = counts.reduce((sum, done) => sum + done, 0);
    });
    samples.push({ rate: probes / busy.seconds, cores: busy.cores - idle.cores });
    for (const { container } of subjects) await container.remove();
  }
  return { samples, model: fitModel(samples) };
}

/** One probe a second, from a moment of its own within the second, as a kubelet spreads them. Gives how many. */
async function probeAll({ way, container }: Subject, phase: number): Promise<number> {
  const startedAtMs = performance.now() + phase * 1000;
  let probes = 0;
  for (; probes < SECONDS; probes++) {
    await wait(startedAtMs + probes * 1000 - performance.now());
    const verdict = await attempt(way, container, "live");
    if (verdict !== "pass") throw new Error(`a probe of a healthy Redis: ${verdict}`);
  }
  return probes;
}
