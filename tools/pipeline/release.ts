import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { published } from "./build.ts";
import { chartPath } from "./chart.ts";
import { notes } from "./changelog.ts";
import type { Config, GitLab } from "./config.ts";
import { digestsFile, type Digests } from "./publish.ts";
import { sbomPath } from "./sbom.ts";

/** Publishes the release: the notes of its version, the images' digests, the chart, the inventories. */
export async function release(config: Config): Promise<void> {
  const { version, architectures, gitlab } = config;
  const inventories = published.flatMap(({ name }) =>
    architectures.map((architecture) => sbomPath(name, architecture)),
  );
  const links = [];
  for (const file of [chartPath(config), ...inventories]) {
    links.push({ name: basename(file), url: await upload(file, version, gitlab) });
  }
  const digests = JSON.parse(readFileSync(digestsFile, "utf8")) as Digests;
  await call(gitlab, "POST", "/releases", {
    tag_name: `v${version}`,
    name: `Intendant ${version}`,
    description: description(config, readFileSync("CHANGELOG.md", "utf8"), digests),
    assets: { links },
  });
}

/** What the release says: the changelog's words, and how to get what was published. */
export function description(
  { version, registry }: Pick<Config, "version" | "registry">,
  changelog: string,
  digests: Digests,
): string {
  const images = Object.entries(digests).map(
    ([name, digest]) => `| ${name} | \`${registry.image}/${name}@${digest}\` |`,
  );
  const install =
    `helm install intendant oci://${registry.image}/charts/intendant --version ${version} ` +
    "--namespace intendant-system --create-namespace";
  return [
    notes(changelog, version),
    "### Install",
    `\`\`\`sh\n${install}\n\`\`\``,
    "### Images",
    ["| image | reference |", "| --- | --- |", ...images].join("\n"),
  ].join("\n\n");
}

/** Puts a file into the project's package registry and gives its address. */
async function upload(file: string, version: string, gitlab: GitLab): Promise<string> {
  const path = `/packages/generic/intendant/${version}/${basename(file)}`;
  await call(gitlab, "PUT", path, readFileSync(file));
  return gitlab.project + path;
}

/** Sends the bytes of a file, or an object as JSON. */
async function call(
  { project, token }: GitLab,
  method: string,
  path: string,
  content: Buffer | object,
): Promise<void> {
  const isFile = Buffer.isBuffer(content);
  const type = isFile ? "application/octet-stream" : "application/json";
  const answer = await fetch(project + path, {
    method,
    headers: { "content-type": type, "job-token": token },
    body: isFile ? new Uint8Array(content) : JSON.stringify(content),
  });
  if (answer.ok) return;
  const text = (await answer.text()).slice(0, 500);
  throw new Error(`GitLab answered ${answer.status} to ${method} ${project}${path}: ${text}`);
}
