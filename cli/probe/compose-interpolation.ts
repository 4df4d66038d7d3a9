// Variables that Compose puts into a string from the host (compose-spec 12-interpolation.md).

import type { Place } from "../kube/manifest.ts";
import type { Rewrite } from "../kube/rewrite.ts";
import { type ScalarText, scalarText } from "../kube/scalar-text.ts";

export interface HostVariable {
  readonly name: string;
  /** "$NAME" or "${NAME:-x}". */
  readonly text: string;
  /** The default, if it has one. */
  readonly fallback?: string;
  /** Offsets in the file. */
  readonly at: readonly [start: number, end: number];
  readonly source: ScalarText;
  readonly start: number;
}

const VARIABLE = /\$\$|\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?([-?+])([^{}]*))?\})/g;

/** Those in a test, a string or a list; `$$` is the container's own. */
export function hostVariablesIn(test: Place): HostVariable[] {
  const texts = test.string === undefined ? test.items.map(scalarText) : [scalarText(test)];
  return texts.flatMap((source) => (source ? variablesIn(source) : []));
}

function variablesIn(source: ScalarText): HostVariable[] {
  return [...source.text.matchAll(VARIABLE)].flatMap(
    ({ 0: text, 1: bare, 2: braced, 3: operator, 4: operand, index }) => {
      const name = bare ?? braced;
      if (name === undefined) return [];
      const at = source.rangeOf(index, index + text.length);
      const fallback = operator === "-" ? operand : undefined;
      return [
        { name, text, at, source, start: index, ...(fallback !== undefined && { fallback }) },
      ];
    },
  );
}

/** The same variable, left to the container's shell: one more `$`. */
export function withContainerVariable({ source, start }: HostVariable): Rewrite | undefined {
  return source.splice([{ start, end: start, text: "$" }]);
}
