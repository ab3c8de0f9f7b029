import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, succeeds } from "../../../tools/support/command.ts";
import { images } from "../../../tools/cluster/images/images.ts";
import { cache } from "../../../tools/support/cache.ts";
import { checkout } from "../../../tools/support/checkout.ts";
import { here } from "../../../tools/cluster/instance.ts";
import { locked } from "../../../tools/support/lock.ts";

/**
 * What users have before they upgrade. Nothing has been released yet, so it is the last commit whose
 * chart had only the operator, its rights and its metrics; write the tag of a release here.
 */
const commit = "9e056de628bbed31738c47ec19fb8ee9fa6b3167";

/** Version of its chart and tag of its images, which differ from those of this checkout. */
export const previousVersion = "0.0.9";

/**
 * Builds the images of the previous release, at the first use, and loads them into the cluster; gives
 * the folder of its chart.
 */
export async function previousRelease(): Promise<string> {
  const folder = join(cache, `release-${commit.slice(0, 12)}`);
  await locked("release", "bringing back the previous release", async () => {
    if (!existsSync(folder)) await bringBack(folder);
  });
  await images({ ...here, id: "previous", checkout: folder, run: join(here.run, "previous") });
  return join(folder, "charts/intendant");
}

async function bringBack(folder: string): Promise<void> {
  if (!(await succeeds("git", ["-C", checkout, "cat-file", "-e", `${commit}^{commit}`]))) {
    throw new Error(`This clone ends before ${commit}; run: git fetch --unshallow`);
  }
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const archive = join(unfinished, "archive.tar");
  await run("git", ["-C", checkout, "archive", "--output", archive, commit]);
  await run("tar", ["--extract", "--file", archive, "--directory", unfinished]);
  rmSync(archive);
  // The packages of today: what they were then would have to be installed.
  await run("cp", ["--archive", join(checkout, "node_modules"), unfinished]);
  const file = join(unfinished, "charts/intendant/Chart.yaml");
  const versioned = readFileSync(file, "utf8").replaceAll(
    /^((app)?[vV]ersion): .*$/gm,
    `$1: ${previousVersion}`,
  );
  writeFileSync(file, versioned);
  renameSync(unfinished, folder);
}
