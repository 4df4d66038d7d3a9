// The Kubernetes releases whose kubelet can be played.

const OLDEST_MINOR = 20;
const NEWEST_MINOR = 37;
export const DEFAULT_KUBE_VERSION = "1.36";

/** A minor release of Kubernetes 1. */
export class KubeVersion {
  readonly minor: number;

  constructor(minor: number) {
    this.minor = minor;
  }

  isAtLeast(minor: number): boolean {
    return this.minor >= minor;
  }

  toString(): string {
    return `1.${this.minor}`;
  }
}

/** The release in "1.28", "v1.28" or "1.28.4"; undefined if it is none from 1.20 to 1.37. */
export function parseKubeVersion(text: string): KubeVersion | undefined {
  const minor = Number(/^v?1\.(\d{1,3})(?:\.\d+)?$/.exec(text)?.[1]);
  return minor >= OLDEST_MINOR && minor <= NEWEST_MINOR ? new KubeVersion(minor) : undefined;
}
