import { hostVariablesIn, withContainerVariable } from "../../probe/compose-interpolation.ts";
import type { Container } from "../../probe/container.ts";
import { fixWith, type Rule } from "../rule.ts";

export const rule: Rule = {
  meta: {
    id: "KN602",
    name: "healthcheck-host-interpolation",
    severity: "warning",
    isOnByDefault: true,
    summary: "a variable in a healthcheck that Compose takes from the host, not from the container",
    why: "Compose puts the host's value in before the container starts: it is empty, or another one than the container has.",
    remedy: "Write $$NAME, which the shell in the container expands.",
    link: "https://github.com/docker/compose/issues/8171",
    fixKinds: ["unsafe"],
  },
  platforms: ["compose"],
  check: {
    probe({ command, place, container }, { report }) {
      if (command === undefined || place === undefined) return;
      for (const variable of hostVariablesIn(place.at("test"))) {
        const origin = originInContainer(variable, container);
        if (origin === undefined) continue;
        const { name, at } = variable;
        const isShell = command.script !== undefined;
        report({
          message: `"${variable.text}" is the host's ${name}; the container's ${origin}`,
          at,
          fixes: isShell
            ? [fixWith("unsafe", `double the $ of ${name}`, withContainerVariable(variable))]
            : [],
        });
      }
    },
  },
};

/** Where the container has a value that the host need not have, as a part of a sentence. */
function originInContainer(
  { name, text, fallback }: { name: string; text: string; fallback?: string },
  { env, service }: Container,
): string | undefined {
  if (env.has(name)) {
    const value = env.get(name);
    // Passed through, or made of the same variable: the host's value is the container's.
    if (value === undefined || value === text || value.includes("$")) return undefined;
    return value === fallback ? undefined : `is "${value}"`;
  }
  const files = service?.envFiles ?? [];
  const isForeign = files.length > 0 && files.every((file) => !/(?:^|\/)\.env$/.test(file));
  return isForeign && fallback === undefined ? `comes from ${files.join(", ")}` : undefined;
}
