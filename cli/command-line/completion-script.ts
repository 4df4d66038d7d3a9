// Completion scripts for three shells, from the tables that the command line is read by. Pure.

import type { Option, OptionTable } from "./options.ts";

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: OptionTable;
  /** "file", or the only words it takes. */
  readonly argument: "file" | readonly string[];
}

/** The script, to be read by the shell. `modes` are commands without options here: name to summary. */
export function completionScript(
  shell: "bash" | "zsh" | "fish",
  commands: readonly CompletedCommand[],
  modes: Readonly<Record<string, string>>,
): string {
  return { bash, zsh, fish }[shell](commands, modes);
}

function valuesOf(option: Option): readonly string[] {
  return option.choices ?? option.examples ?? [];
}

type Shell = typeof bash;

function bash(
  commands: readonly CompletedCommand[],
  modes: Readonly<Record<string, string>>,
): string {
  const names = [...commands.map(({ name }) => name), ...Object.keys(modes)];
  const values = commands.flatMap(({ name, options }) =>
    Object.entries(options)
      .filter(([, option]) => option.value !== undefined)
      .map(([option, spec]) => {
        const words = valuesOf(spec);
        const reply =
          spec.completes === "file"
            ? 'COMPREPLY=($(compgen -f -- "$word"))'
            : `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word"))`;
        return `    "${name} --${option}") ${reply}; return ;;`;
      }),
  );
  const words = commands.map(({ name, options, argument }) => {
    const list = Object.keys(options).map((option) => `--${option}`);
    const other =
      argument === "file"
        ? 'COMPREPLY=($(compgen -f -- "$word"))'
        : `COMPREPLY=($(compgen -W "${argument.join(" ")}" -- "$word"))`;
    return `    ${name}) if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "${list.join(" ")}" -- "$word")); else ${other}; fi ;;`;
  });
  return `# bash completion for knell: eval "$(knell completions bash)"
_knell() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} before=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${names.join(" ")} --help --version" -- "$word"))
    return
  fi
  # --name=value arrives as three words.
  if [[ $word == "=" ]]; then word=; elif [[ $before == "=" ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case "$command $before" in
${values.join("\n")}
  esac
  case "$command" in
${words.join("\n")}
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _knell knell
`;
}

/** A word for _describe or _arguments: colons and brackets separate there. */
function zshText(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/[[\]:]/g, "\\$&");
}

const zsh: Shell = (commands, modes) => {
  const described = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ...Object.entries(modes),
  ].map(([name, summary]) => `    '${name}:${zshText(summary)}'`);
  const cases = commands.map(({ name, options, argument }) => {
    const specs = Object.entries(options).map(([option, spec]) => {
      const repeat = spec.isRepeatable ? "*" : "";
      const value =
        spec.value === undefined
          ? ""
          : `:${zshText(spec.value)}:${
              spec.completes === "file" ? "_files" : `(${valuesOf(spec).join(" ")})`
            }`;
      return `        '${repeat}--${option}[${zshText(spec.summary)}]${value}'`;
    });
    const rest = argument === "file" ? "'*:path:_files'" : `'1:word:(${argument.join(" ")})'`;
    return `    ${name})\n      _arguments \\\n${[...specs, `        ${rest}`].join(" \\\n")} ;;`;
  });
  return `#compdef knell
# zsh completion for knell: eval "$(knell completions zsh)"
_knell() {
  local -a commands
  commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
    *) _files ;;
  esac
}
compdef _knell knell
`;
};

function fishText(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

const fish: Shell = (commands, modes) => {
  const all = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ...Object.entries(modes),
  ];
  const names = all.map(
    ([name, summary]) =>
      `complete -c knell -n __fish_use_subcommand -f -a ${name} -d ${fishText(summary)}`,
  );
  const options = commands.flatMap(({ name, options: table, argument }) => {
    const when = `complete -c knell -n '__fish_seen_subcommand_from ${name}'`;
    const lines = Object.entries(table).map(([option, spec]) => {
      const short = spec.short === undefined ? "" : ` -s ${spec.short}`;
      const words = valuesOf(spec);
      const value =
        spec.value === undefined
          ? ""
          : spec.completes === "file"
            ? " -r -F"
            : ` -x${words.length > 0 ? ` -a ${fishText(words.join(" "))}` : ""}`;
      return `${when} -l ${option}${short}${value} -d ${fishText(spec.summary)}`;
    });
    return argument === "file"
      ? lines
      : [...lines, `${when} -f -a ${fishText(argument.join(" "))}`];
  });
  return `# fish completion for knell: knell completions fish | source\n${[...names, ...options].join("\n")}\n`;
};
