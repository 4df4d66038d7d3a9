// Files of variables (compose-spec 05-services.md, "env_file"). Pure.

/** The names that `text` sets; a name without "=" is passed through and not set. */
export function namesInEnvFile(text: string): Set<string> {
  const lines = text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/gm);
  return new Set([...lines].map(([, name]) => name!));
}
