// What probes cost a node and a cluster, from what a few containers cost here. Pure.

/** One measured point. */
export interface Sample {
  /** Probes a second on the node. */
  readonly rate: number;
  /** CPU seconds a second above the same containers without probes: cores. */
  readonly cores: number;
}

/** cores = secondsPerProbe × rate: no constant, because it was subtracted. */
export interface Model {
  readonly secondsPerProbe: number;
  /** The largest distance of a sample from the line, as a share of the sample. */
  readonly error: number;
}

/** Least squares through the origin. NaN without samples. */
export function fitModel(samples: readonly Sample[]): Model {
  const sum = (value: (sample: Sample) => number) => samples.reduce((t, s) => t + value(s), 0);
  const secondsPerProbe = sum((s) => s.rate * s.cores) / sum((s) => s.rate * s.rate);
  const distances = samples.map((s) => Math.abs(s.cores - secondsPerProbe * s.rate) / s.cores);
  return { secondsPerProbe, error: Math.max(...distances) };
}

/** Cores that `pods` with one probe each, every `periodSeconds`, cost a node. */
export function coresOf(model: Model, pods: number, periodSeconds: number): number {
  return (model.secondsPerProbe * pods) / periodSeconds;
}
