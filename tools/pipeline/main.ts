/**
 * What the jobs of .gitlab-ci.yml do; each runs on any machine as well.
 *
 *   node tools/pipeline/main.ts COMMAND
 */
import { readFileSync } from "node:fs";
import { archive } from "./archive.ts";
import { build } from "./build.ts";
import { packageChart, publishChart } from "./chart.ts";
import { config } from "./config.ts";
import { endToEnd } from "./end-to-end.ts";
import { digestsFile, publishImages, type Digests } from "./publish.ts";
import { release } from "./release.ts";
import { sboms } from "./sbom.ts";
import { size } from "./size.ts";

const usage = `Usage: node tools/pipeline/main.ts COMMAND
  image NAME...    builds images for each of $ARCHITECTURES and checks their size
  sbom             makes an inventory of each image
  chart            checks and packages the chart
  end-to-end       installs chart and images in the test cluster and waits for a kept promise
  publish-images   pushes the images, each for all architectures together
  publish-chart    packages the chart with the published images' digests and pushes it
  release          publishes the release with the notes of CHANGELOG.md
`;

const [command = "", ...names] = process.argv.slice(2);

const commands: Record<string, () => Promise<void>> = {
  image: async () => {
    if (names.length === 0) throw new Error(usage);
    for (const name of names) await image(name);
  },
  sbom: () => sboms(config()),
  chart: async () => console.log(await packageChart(config())),
  "end-to-end": () => endToEnd(config()),
  "publish-images": async () => console.log(await publishImages(config())),
  "publish-chart": async () => {
    const digests = JSON.parse(readFileSync(digestsFile, "utf8")) as Digests;
    await packageChart(config(), digests);
    await publishChart(config());
  },
  release: () => release(config()),
};

try {
  const work = commands[command];
  if (work === undefined) throw new Error(usage);
  await work();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function image(name: string): Promise<void> {
  const settings = config();
  for (const architecture of settings.architectures) {
    const built = await archive(await build(name, architecture, settings));
    console.log(`${name} ${architecture} ${built.digest}: ${size(name, built)}`);
  }
}
