import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** What a run of the pipeline is about. */
export interface Config {
  /** The version that images and chart get, without the v of its tag. */
  version: string;
  /** The commit. */
  revision: string;
  /** When the commit was made; everything in an image is as old as that. */
  created: Date;
  /** Where the sources are. */
  source: string;
  /** Architectures that images are built for, as images call them. */
  architectures: string[];
  /** Images to build on instead of the Dockerfiles' own, by the names of their arguments. */
  baseImages: Record<string, string>;
  registry: Registry;
  gitlab: GitLab;
}

/** Where images and the chart are published. */
export interface Registry {
  host: string;
  /** What the names of this project's images begin with, with the host. */
  image: string;
  user: string;
  password: string;
}

/** Where the release is published. */
export interface GitLab {
  /** Address of the project in GitLab's API. */
  project: string;
  token: string;
}

type Environment = Record<string, string | undefined>;

/**
 * What GitLab tells a job; outside a pipeline, what git knows.
 *
 * @throws Error when a tag is not the version that the chart installs
 */
export function config(env: Environment = process.env): Config {
  return {
    version: versionOf(env["CI_COMMIT_TAG"], chartVersion()),
    revision: env["CI_COMMIT_SHA"] || git("rev-parse", "HEAD"),
    created: new Date(env["CI_COMMIT_TIMESTAMP"] || git("log", "-1", "--format=%cI")),
    source: env["CI_PROJECT_URL"] ?? "",
    architectures: (env["ARCHITECTURES"] || hostArchitecture).split(/[ ,]+/),
    baseImages: Object.fromEntries(
      ["NODE_IMAGE", "RUNTIME_IMAGE", "K6_IMAGE"].flatMap((name) =>
        env[name] ? [[name, env[name]]] : [],
      ),
    ),
    registry: {
      host: env["CI_REGISTRY"] ?? "",
      image: env["CI_REGISTRY_IMAGE"] ?? "",
      user: env["CI_REGISTRY_USER"] ?? "",
      password: env["CI_REGISTRY_PASSWORD"] ?? "",
    },
    gitlab: {
      project: `${env["CI_API_V4_URL"] ?? ""}/projects/${env["CI_PROJECT_ID"] ?? ""}`,
      token: env["CI_JOB_TOKEN"] ?? "",
    },
  };
}

/** This machine's architecture, as images call it. */
export const hostArchitecture = process.arch === "x64" ? "amd64" : process.arch;

/** The version that a tag stands for, which is the chart's; the chart's where there is no tag. */
export function versionOf(tag: string | undefined, chart: string): string {
  if (!tag || tag === `v${chart}`) return chart;
  throw new Error(
    `The tag ${tag} is not v${chart}, the version in charts/intendant/Chart.yaml; ` +
      "change version and appVersion there, or tag another commit",
  );
}

function chartVersion(): string {
  return parse(readFileSync("charts/intendant/Chart.yaml", "utf8")).appVersion;
}

function git(...args: string[]): string {
  return execFileSync("git", args, { encoding: "utf8" }).trim();
}
