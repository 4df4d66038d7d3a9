// Which tools are missing from an image, as far as its name and the Dockerfile that builds on it tell.

import { posix } from "node:path";
import { type DockerInstruction, parseJsonForm, type Stage } from "../kube/dockerfile.ts";
import { chainOf } from "./dockerfile-containers.ts";
import type { Image } from "./image.ts";
import { type Invocation, invocationOfArgv, parseScript } from "./script.ts";

/** Programs of a distribution, not of an application. */
const TOOLS =
  /^(?:sh|bash|dash|ash|curl|wget|nc|ncat|netcat|busybox|cat|ls|test|grep|egrep|awk|sed|ps|pgrep|pidof|pkill|kill|timeout|netstat|ss|find|stat|true|echo|head|tail|wc)$/;

interface Entry {
  readonly repository: RegExp;
  readonly tag?: RegExp;
  /** The tools that it lacks. */
  readonly lacks: RegExp;
}

/** Read in the images' own Dockerfiles; repositories without a slash are Docker's official images. */
const ENTRIES: readonly Entry[] = [
  { repository: /^scratch$/, lacks: TOOLS },
  { repository: /^distroless\//, tag: /^(?!.*debug)/, lacks: TOOLS },
  {
    repository: /^chainguard\/(?:static|glibc-dynamic|python|jre|nginx)$/,
    tag: /^(?!.*-dev$)/,
    lacks: TOOLS,
  },
  { repository: /(?:^|\/)(?!busybox)(?:[^/]+-)?static$/, lacks: TOOLS },
  { repository: /^alpine$/, lacks: /^(?:bash|curl)$/ },
  { repository: /^(?:node|python|golang)$/, tag: /(?:^|-)alpine[\d.]*$/, lacks: /^(?:bash|curl)$/ },
  { repository: /^(?:debian|ubuntu)$/, lacks: /^(?:curl|wget)$/ },
  {
    repository: /^(?:node|python|ruby|rust|perl|openjdk)$/,
    tag: /(?:^|-)slim(?:-|$)/,
    lacks: /^(?:curl|wget)$/,
  },
];

/** True if `program` is known to be missing from the final image: not in the base, and nothing brings it. */
export function isMissing(program: string, image: Image, stage: Stage): boolean {
  const entry = ENTRIES.find(
    ({ repository, tag }) => repository.test(image.repository) && (tag?.test(image.tag) ?? true),
  );
  if (!entry?.lacks.test(program)) return false;
  return !chainOf(stage).some(({ instructions }) =>
    instructions.some((instruction) => mayBring(program, instruction)),
  );
}

function mayBring(program: string, instruction: DockerInstruction): boolean {
  const { keyword } = instruction;
  if (keyword === "COPY" || keyword === "ADD") return mayCopy(program, instruction);
  return keyword === "RUN" && mayInstall(program, instruction);
}

const TREE =
  /^(?:\.?|bin|sbin|usr|local|root|rootfs|out|output|dist|build|install|staging|.*[*?].*|.*\.(?:tar|tgz|txz|tar\..*))$/;
const PROGRAM_FOLDER = /^\/(?:usr\/)?(?:local\/)?(?:s?bin)?\/?$/;

/** A file of that name, or a tree that lands where programs are. */
function mayCopy(program: string, { argument }: DockerInstruction): boolean {
  const words = parseJsonForm(argument) ?? argument.text.trim().split(/\s+/);
  const names = words.map((word) => posix.basename(word));
  if (names.includes(program) || names.some((name) => name.startsWith("busybox"))) return true;
  const target = words.at(-1) ?? "";
  const isTree = words
    .slice(0, -1)
    .some((word) => word.endsWith("/") || TREE.test(posix.basename(word)));
  return PROGRAM_FOLDER.test(target) && isTree;
}

/** They install what is named elsewhere. */
const UNKNOWN =
  /^(?:|xargs|make|\.|source|eval|npx|playwright|ansible.*|install-php-extensions|nix.*|conda|mamba|micromamba|brew|pkgx|apko|task|just|cmake|tar|unzip|bsdtar|ln|cp|mv|install|docker-.*)$/;

function mayInstall(program: string, { argument }: DockerInstruction): boolean {
  const json = parseJsonForm(argument);
  const script = json ? undefined : parseScript(argument.text);
  if (script?.hasError || argument.text.trimStart().startsWith("<<")) return true;
  const invocations = json ? [invocationOfArgv(json)] : (script?.invocations ?? []);
  return invocations.some((invocation) => {
    const names = invocation.words.map(({ text }) => text);
    const isNamed = names.some((name) => isPackageOf(program, name));
    return isNamed || isUnknown(invocation);
  });
}

/** "curl", "curl=8.5.0", "/usr/bin/curl", "bash-completion", "curl~=8" */
function isPackageOf(program: string, word: string): boolean {
  const name = posix.basename(word).replace(/[=<>~@:].*$/, "");
  return name === program || name.startsWith(`${program}-`) || name === "busybox-static";
}

function isUnknown({ program, words, args, isBuiltin }: Invocation): boolean {
  const path = words[words.length - args.length - 1]?.text ?? "";
  if (UNKNOWN.test(program) || path.includes("/") || program.endsWith(".sh")) return true;
  if (/^(?:sh|bash|ash|dash)$/.test(program)) return true;
  const isInstaller = /^(?:apt|apt-get|apk|aptitude|dnf|microdnf|yum|zypper|dpkg|rpm)$/.test(
    program,
  );
  return (
    isInstaller &&
    !isBuiltin &&
    args.some(({ isLiteral, text }) => !isLiteral || text.includes("$"))
  );
}
