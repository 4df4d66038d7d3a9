// SGR escape sequences (ECMA-48), or nothing where colour is off. Pure.

export interface Colors {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export function colors(isOn: boolean): Colors {
  const paint = (open: number, close: number) => (text: string) =>
    isOn && text !== "" ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}

/** --color, then NO_COLOR (no-color.org), then whether a terminal reads. */
export function shouldColor(
  choice: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (choice === "always" || choice === "never") return choice === "always";
  return isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
}
