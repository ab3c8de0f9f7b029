import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { run } from "../../../tools/support/command.ts";
import { hostArchitecture } from "../../../tools/pipeline/config.ts";
import { cache } from "../../../tools/support/cache.ts";
import { programsFolder } from "../../../tools/cluster/programs/programs.ts";
import { suite } from "../../support/suite.ts";
import { clone, type Clone } from "./clone.ts";
import { startGitLab, type FakeGitLab } from "./gitlab.ts";
import { jobs } from "./jobs.ts";
import { startRegistry, type ImageRegistry } from "./registry.ts";
import { createStorage, type Storage } from "./storage.ts";

const test = suite("The pipeline", 600_000);
const version = parse(readFileSync("charts/intendant/Chart.yaml", "utf8")).appVersion as string;
const components = ["server", "operator", "benchmark"];

let sources: Clone;
let storage: Storage;
let registry: ImageRegistry;
let gitlab: FakeGitLab;
let pipeline: ReturnType<typeof jobs>;

test.before(async () => {
  sources = await clone();
  storage = await createStorage();
  registry = await startRegistry();
  gitlab = await startGitLab("the job's token");
  pipeline = jobs(sources, {
    ...storage.env,
    STORAGE_DRIVER: "overlay",
    ARCHITECTURES: hostArchitecture,
    // The others run beside this one.
    UNIT_TESTS: "test/tools/pipeline",
    XDG_CACHE_HOME: join(cache, ".."),
    CI_COMMIT_TAG: `v${version}`,
    CI_REGISTRY: registry.host,
    CI_REGISTRY_IMAGE: `${registry.host}/team/intendant`,
    CI_REGISTRY_USER: "",
    CI_API_V4_URL: gitlab.url,
    CI_PROJECT_ID: "7",
    CI_JOB_TOKEN: "the job's token",
  });
});

test.after(async () => {
  gitlab?.close();
  await registry?.close();
  await storage?.remove();
  sources?.remove();
});

test("keeps the order quality, build, end-to-end, publish, release", async () => {
  const listed = await pipeline.list();
  const stages = ["quality", "build", "end-to-end", "publish", "release"];
  assert.equal([...new Set(listed.map(({ stage }) => stage))], stages);
});

test("refuses a file that is not as GitLab publishes it", async () => {
  const text = readFileSync(join(sources.folder, ".gitlab-ci.yml"), "utf8");
  const mistaken = text.replace("expire_in: 1 day", "expires_in: 1 day");
  assert.is.not(mistaken, text);
  writeFileSync(join(sources.folder, "mistaken.yml"), mistaken);
  const outcome = await pipeline.list("mistaken.yml").then(() => "taken", String);
  assert.match(outcome, "'expires_in' property is not expected to be here at quality.artifacts");
});

/** Each needs what the ones before it left, as in the pipeline. */
const steps = [
  ["quality"],
  ["images"],
  ["chart", "inventories"],
  ["publish-images"],
  ["publish-chart"],
  ["release"],
];
for (const names of steps) {
  test(`runs ${names.join(" and ")}`, async () => {
    await pipeline.run(...names);
  });
}

for (const name of components) {
  test(`publishes the image ${name} with what it is made of`, () => hasImage(name));
}

test("publishes a chart that installs the very images", hasChart);

test("publishes a release with the changelog's notes and all files", hasRelease);

test.run();

async function hasImage(name: string): Promise<void> {
  const { manifests } = await registry.manifest(`team/intendant/${name}`, version);
  assert.equal(
    manifests?.map(({ platform }) => platform),
    [{ architecture: hostArchitecture, os: "linux" }],
  );
  const { config } = await registry.manifest(`team/intendant/${name}`, manifests![0]!.digest);
  const url = `http://${registry.host}/v2/team/intendant/${name}/blobs/${config!.digest}`;
  const { config: settings } = (await (await fetch(url)).json()) as {
    config: { Labels: Record<string, string> };
  };
  assert.is(settings.Labels["org.opencontainers.image.version"], version);
  assert.is(settings.Labels["org.opencontainers.image.revision"], sources.commit);
  assert.is(settings.Labels["org.opencontainers.image.licenses"], "Apache-2.0");
  assert.match(settings.Labels["org.opencontainers.image.source"]!, /team\/intendant$/);
  assert.match(settings.Labels["org.opencontainers.image.created"]!, /^\d{4}-\d\d-\d\dT/);
}

/** The chart in the registry installs the very images in the registry. */
async function hasChart(): Promise<void> {
  const chart = await registry.manifest("team/intendant/charts/intendant", version);
  assert.is(chart.config?.mediaType, "application/vnd.cncf.helm.config.v1+json");
  const address = `oci://${registry.host}/team/intendant/charts/intendant`;
  const helm = join(programsFolder(), "helm");
  const text = await run(helm, ["template", "intendant", address, "--plain-http"]);
  const digests = JSON.parse(readFileSync(join(sources.folder, "dist/digests.json"), "utf8"));
  for (const name of components) {
    const image = `${registry.host}/team/intendant/${name}@${digests[name]}`;
    assert.ok(text.includes(image), image);
    const { manifests } = await registry.manifest(`team/intendant/${name}`, digests[name]);
    assert.ok(manifests);
  }
}

async function hasRelease(): Promise<void> {
  const last = gitlab.received.at(-1)!;
  assert.is(`${last.method} ${last.path}`, "POST /api/v4/projects/7/releases");
  const release = JSON.parse(String(last.body));
  assert.is(release.tag_name, `v${version}`);
  assert.match(release.description, /ModelDeployment/);
  const files = release.assets.links.map(({ name }: { name: string }) => name);
  assert.equal(files, [
    `intendant-${version}.tgz`,
    ...components.map((name) => `${name}-${hostArchitecture}.spdx.json`),
  ]);
  for (const { url } of release.assets.links) {
    const path = new URL(url).pathname;
    const upload = gitlab.received.find((received) => received.path === path);
    assert.is(upload?.method, "PUT");
    assert.ok(upload!.body.length > 1000, path);
  }
}
