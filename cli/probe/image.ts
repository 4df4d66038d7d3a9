// What a container image's name tells: which program it holds, whether its ENTRYPOINT is an init. Pure.

/** What configuration says of an image (`images:` in .knell.yaml). */
export interface ImageHint {
  /** Its ENTRYPOINT is an init that reaps. */
  readonly init?: boolean;
  /** Its main program reaps strangers itself. */
  readonly reaps?: boolean;
  readonly family?: string;
  /** What its sh is. */
  readonly shell?: ShellFlavour;
}

/** What kind of shell `sh` is: they differ in whether the last command replaces the shell. */
export type ShellFlavour = "dash" | "bash" | "busybox";

export const REDIS_FAMILIES = ["redis", "valkey", "keydb", "dragonfly", "kvrocks"] as const;

export interface Image {
  /** As written. */
  readonly text: string;
  /** Without registry, tag and digest: "jenkins/jenkins". */
  readonly repository: string;
  /** The last part of the repository. */
  readonly basename: string;
  /** "" if it has none. */
  readonly tag: string;
  /** "redis", "valkey", "postgres", "rabbitmq" …; undefined where the name tells nothing. */
  readonly family?: string;
  /** The kind of its sh: BusyBox on Alpine, bash on Red Hat's, dash where nothing is known. */
  readonly shell: ShellFlavour;
  /** The init its ENTRYPOINT starts with, from the table below. */
  readonly init?: ImageInit;
  readonly hint?: ImageHint;
}

export interface ImageInit {
  /** The words to put before a command: ["/usr/bin/tini", "--"]. */
  readonly argv: readonly string[];
  /** It must be PID 1 itself: s6, my_init. */
  readonly isSupervisor: boolean;
}

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  redis: ["redis", "redis-stack", "redis-stack-server", "redis-cluster", "redis-sentinel"],
  valkey: ["valkey", "valkey-bundle", "valkey-cluster", "valkey-sentinel"],
  keydb: ["keydb"],
  dragonfly: ["dragonfly"],
  kvrocks: ["kvrocks"],
  postgres: [
    "postgres",
    "postgresql",
    "postgresql-repmgr",
    "postgis",
    "timescaledb",
    "timescaledb-ha",
    "pgvector",
  ],
  mysql: ["mysql", "mysql-server"],
  mariadb: ["mariadb", "mariadb-galera"],
  mongo: ["mongo", "mongodb", "mongodb-sharded"],
  cassandra: ["cassandra"],
  elasticsearch: ["elasticsearch"],
  opensearch: ["opensearch"],
  rabbitmq: ["rabbitmq"],
  kafka: ["kafka", "cp-kafka"],
  clickhouse: ["clickhouse", "clickhouse-server"],
  neo4j: ["neo4j"],
  cockroach: ["cockroach", "cockroachdb"],
};
const FAMILY_OF = new Map(
  Object.entries(FAMILIES).flatMap(([family, names]) => names.map((name) => [name, family])),
);

interface InitEntry {
  readonly pattern: RegExp;
  readonly init: ImageInit;
}

/** `pattern` is matched against the repository. */
function initEntry(pattern: RegExp, argv: readonly string[], isSupervisor = false): InitEntry {
  return { pattern, init: { argv, isSupervisor } };
}

/** Read in the images' own Dockerfiles, named beside each. */
const INIT_TABLE: readonly InitEntry[] = [
  initEntry(/^jenkins\/jenkins$/, ["/usr/bin/tini", "--"]), // jenkinsci/docker
  initEntry(/(?:^|\/)elasticsearch$/, ["/bin/tini", "--"]), // elastic/elasticsearch, distribution/docker
  initEntry(/^jupyter\//, ["tini", "-g", "--"]), // jupyter/docker-stacks
  initEntry(/^argoproj\/argocd$/, ["/usr/bin/tini", "--"]), // argoproj/argo-cd
  initEntry(/^netboxcommunity\/netbox$/, ["/usr/bin/tini", "--"]), // netbox-community/netbox-docker
  initEntry(/(?:^|\/)consul$/, ["/usr/bin/dumb-init"]), // hashicorp/consul, Dockerfile
  initEntry(/^langfuse\//, ["dumb-init", "--"]), // langfuse/langfuse
  initEntry(/^linuxserver\//, ["/init"], true), // linuxserver/docker-baseimage-*
  initEntry(/^phusion\/baseimage/, ["/sbin/my_init", "--"], true), // phusion/baseimage-docker
];

const JVM =
  /^(?:openjdk|eclipse-temurin|amazoncorretto|tomcat|jetty|wildfly|keycloak|zookeeper|crate|solr)$/;
const REDHAT =
  /(?:^|\/)(?:centos|fedora|rockylinux|almalinux|amazonlinux|oraclelinux|ubi\d[^/]*)(?:\/|$)/;

/** What the image reference `text` tells; `hint` goes before everything. */
export function parseImage(text: string, hint?: ImageHint): Image {
  const [path = "", tag = ""] = splitTag(text.replace(/@.*$/, ""));
  const parts = path.split("/");
  const hasRegistry = parts.length > 1 && /[.:]|^localhost$/.test(parts[0]!);
  const repository = (hasRegistry ? parts.slice(1) : parts).join("/").replace(/^library\//, "");
  const basename = parts.at(-1) ?? "";
  const entry = INIT_TABLE.find(({ pattern }) => pattern.test(repository));
  return {
    text,
    repository,
    basename,
    tag,
    family: hint?.family ?? FAMILY_OF.get(basename),
    shell: hint?.shell ?? shellOf(repository, tag),
    init: entry?.init,
    hint,
  };
}

function splitTag(reference: string): string[] {
  const colon = reference.lastIndexOf(":");
  if (colon <= reference.lastIndexOf("/")) return [reference];
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}

function shellOf(repository: string, tag: string): ShellFlavour {
  if (/(?:^|[-/])(?:alpine|busybox)/.test(repository) || /alpine|busybox|musl/.test(tag)) {
    return "busybox";
  }
  return REDHAT.test(repository) || /(?:^|-)ubi\d|centos|rocky/.test(tag) ? "bash" : "dash";
}

/** True if the image holds Redis or a server that speaks for it. */
export function isRedisFamily({ family }: Image): boolean {
  return (REDIS_FAMILIES as readonly string[]).includes(family ?? "");
}

/** True if the image's name says that it holds a Java runtime or a server on one. */
export function isJvm({ basename }: Image): boolean {
  return JVM.test(basename);
}
