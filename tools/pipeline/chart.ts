import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { run } from "../support/command.ts";
import { programsFolder } from "../cluster/programs/programs.ts";
import type { Config } from "./config.ts";
import { isLocal, type Digests } from "./publish.ts";

const source = "charts/intendant";
const folder = "dist/chart";

/** Where the packaged chart is put. */
export function chartPath({ version }: Config): string {
  return join(folder, `intendant-${version}.tgz`);
}

/** Checks the chart and packages it; with digests it installs exactly the published images. */
export async function packageChart(config: Config, digests?: Digests): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), "intendant-chart-"));
  try {
    const chart = join(work, "intendant");
    cpSync(source, chart, { recursive: true });
    if (digests) {
      const values = join(chart, "values.yaml");
      writeFileSync(values, pinned(readFileSync(values, "utf8"), config.registry.image, digests));
    }
    await helm("lint", "--strict", chart);
    mkdirSync(folder, { recursive: true });
    const versions = ["--version", config.version, "--app-version", config.version];
    await helm("package", chart, "--destination", folder, ...versions);
  } finally {
    rmSync(work, { recursive: true });
  }
  return chartPath(config);
}

/** Publishes the packaged chart beside the images. */
export async function publishChart(config: Config): Promise<void> {
  const { host, image, user, password } = config.registry;
  const options = isLocal(config.registry) ? ["--plain-http"] : [];
  if (user) {
    const login = ["registry", "login", ...options, "--username", user, "--password-stdin", host];
    await run(helmProgram(), login, { input: password });
  }
  await helm("push", ...options, chartPath(config), `oci://${image}/charts`);
}

/** The chart's values with the published images in them. */
export function pinned(values: string, image: string, digests: Digests): string {
  const document = parseDocument(values);
  const [host, ...path] = image.split("/");
  document.setIn(["image", "registry"], host);
  for (const [name, digest] of Object.entries(digests)) {
    if (!document.hasIn(["image", name, "digest"])) {
      throw new Error(`The chart's values have no image.${name}.digest`);
    }
    document.setIn(["image", name, "repository"], [...path, name].join("/"));
    document.setIn(["image", name, "digest"], digest);
  }
  return document.toString({ lineWidth: 0 });
}

function helm(...args: string[]): Promise<string> {
  return run(helmProgram(), args);
}

function helmProgram(): string {
  return join(programsFolder(), "helm");
}
