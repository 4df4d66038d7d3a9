// `$(NAME)` as the kubelet expands it in command, args and probe commands
// (third_party/forked/golang/expansion/expand.go, P38). Pure.

export interface Reference {
  readonly name: string;
  /** From the dollar to behind the parenthesis. */
  readonly start: number;
  readonly end: number;
}

/** Every `$(NAME)` in `text` that is not escaped as `$$(NAME)`. */
export function referencesIn(text: string): Reference[] {
  const references: Reference[] = [];
  for (let at = text.indexOf("$"); at !== -1; at = text.indexOf("$", at)) {
    const close = text[at + 1] === "(" ? text.indexOf(")", at) : -1;
    const end = close === -1 ? at + 2 : close + 1;
    if (close !== -1) references.push({ name: text.slice(at + 2, close), start: at, end });
    at = end;
  }
  return references;
}
