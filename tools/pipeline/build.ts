import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../support/command.ts";
import { components } from "../cluster/images/images.ts";
import { hostArchitecture, type Config } from "./config.ts";

/** The components of which images are published; the others are for tests alone. */
export const published = components.filter(({ onDemand }) => !onDemand);

/** Where a component's image for an architecture is put. */
export function archivePath(component: string, architecture: string): string {
  return join("dist/images", `${component}-${architecture}.tar`);
}

/**
 * Builds an image and leaves it in a file. The same sources on the same base images give the same
 * bytes, whenever and wherever that is done.
 */
export async function build(name: string, architecture: string, config: Config): Promise<string> {
  const component = published.find((one) => one.name === name);
  if (!component) throw new Error(`There is no image ${name}; there are ${names()}`);
  const file = archivePath(name, architecture);
  const folder = mkdtempSync(join(tmpdir(), "intendant-image-"));
  try {
    const idFile = join(folder, "id");
    const values = Object.entries(buildArguments(config));
    await run("buildah", [
      "bud",
      "--quiet",
      // Only where it is not there.
      "--pull=false",
      `--iidfile=${idFile}`,
      `--platform=linux/${architecture}`,
      `--timestamp=${config.created.getTime() / 1000}`,
      ...values.map(([key, value]) => `--build-arg=${key}=${value}`),
      `--file=${component.dockerfile}`,
      component.context,
    ]);
    mkdirSync(dirname(file), { recursive: true });
    // An archive that is there already would be added to.
    rmSync(file, { force: true });
    const image = readFileSync(idFile, "utf8");
    const reference = `docker.io/intendant/${name}:${config.version}`;
    await run("buildah", ["push", "--quiet", image, `oci-archive:${file}:${reference}`]);
    await run("buildah", ["rmi", "--force", image]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return file;
}

/** What the Dockerfiles write into the image's labels, and what they build on. */
function buildArguments(config: Config): Record<string, string> {
  return {
    VERSION: config.version,
    SOURCE: config.source,
    REVISION: config.revision,
    CREATED: config.created.toISOString(),
    // Some builders know it by themselves.
    BUILDPLATFORM: `linux/${hostArchitecture}`,
    ...config.baseImages,
  };
}

function names(): string {
  return published.map(({ name }) => name).join(", ");
}
