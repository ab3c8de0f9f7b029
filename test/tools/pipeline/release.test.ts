import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { published } from "../../../tools/pipeline/build.ts";
import { notes } from "../../../tools/pipeline/changelog.ts";
import { pinned } from "../../../tools/pipeline/chart.ts";
import { config } from "../../../tools/pipeline/config.ts";
import { publishImages } from "../../../tools/pipeline/publish.ts";
import { limits, size } from "../../../tools/pipeline/size.ts";
import { description, release } from "../../../tools/pipeline/release.ts";
import { startGitLab } from "../../long/pipeline/gitlab.ts";
import { suite } from "../../support/suite.ts";

const test = suite("tools/pipeline: a release");

const changelog =
  "# Changelog\n\n## 0.2.0\n\n- New\n\n### Fixed\n\n- Old\n\n## [0.1.0] - 2026\n\n- First\n\n## 0.0.1\n";

test("its notes are the changelog's section", () => {
  assert.is(notes(changelog, "0.2.0"), "- New\n\n### Fixed\n\n- Old");
  assert.is(notes(changelog, "0.1.0"), "- First");
});

for (const version of ["0.3.0", "0.2", "0.0.1"]) {
  test(`there is none of ${version}, of which the changelog says nothing`, () => {
    assert.throws(() => notes(changelog, version), /says nothing of .*; write a section "## /);
  });
}

test("this project's changelog has the notes of its version", () => {
  const { appVersion } = parse(readFileSync("charts/intendant/Chart.yaml", "utf8"));
  assert.ok(notes(readFileSync("CHANGELOG.md", "utf8"), appVersion).length > 100);
});

test("it says how to install it, and which images that are", () => {
  const registry = { host: "a.example", image: "a.example/team/b", user: "", password: "" };
  const text = description({ version: "0.2.0", registry }, changelog, { server: "sha256:12" });
  assert.match(text, "- New");
  assert.match(
    text,
    "helm install intendant oci://a.example/team/b/charts/intendant --version 0.2.0",
  );
  assert.match(text, "| server | `a.example/team/b/server@sha256:12` |");
});

test("its chart has the published images, and every other value and comment", () => {
  const values = readFileSync("charts/intendant/values.yaml", "utf8");
  const digests = Object.fromEntries(published.map(({ name }) => [name, `sha256:${name}`]));
  const text = pinned(values, "a.example:5000/team/b", digests);
  const { image, ...others } = parse(text);
  const { image: _, ...before } = parse(values);
  assert.equal(others, before);
  assert.is(image.registry, "a.example:5000");
  for (const { name } of published) {
    assert.is(image[name].repository, `team/b/${name}`);
    assert.is(image[name].digest, `sha256:${name}`);
  }
  const comments = (of: string) => of.match(/#.*/g)?.sort();
  assert.equal(comments(text), comments(values));
});

test("a chart that knows no such image is not published", () => {
  const values = "image:\n  registry: a\n";
  assert.throws(() => pinned(values, "a/b", { server: "sha256:12" }), /no image.server.digest/);
});

test("an image as large as its limit is told with both sizes", () => {
  const told = size("server", { digest: "", uncompressed: 220e6, compressed: 77_654_321 });
  assert.is(told, "220.0 MB on a node, 77.7 MB to download");
});

test("a larger one is refused", () => {
  const { message } = thrown(() =>
    size("server", { digest: "", uncompressed: 220.1e6, compressed: 1 }),
  );
  assert.match(message, /^The image server may have 220 MB, and has 220\.1 MB on a node/);
});

test("every image has a limit", () => {
  assert.equal(
    Object.keys(limits),
    published.map(({ name }) => name),
  );
});

test("says what GitLab answered when it takes no release", async () => {
  const gitlab = await startGitLab("the right token");
  const here = config({});
  const folder = mkdtempSync(join(tmpdir(), "intendant-release-"));
  const from = process.cwd();
  try {
    process.chdir(folder);
    mkdirSync("dist/chart", { recursive: true });
    writeFileSync("dist/chart/intendant-0.2.0.tgz", "a chart");
    const project = `${gitlab.url}/projects/7`;
    const settings = { ...here, version: "0.2.0", gitlab: { project, token: "another" } };
    const outcome = await release(settings).then(() => "released", String);
    const path = "/projects/7/packages/generic/intendant/0.2.0/intendant-0.2.0.tgz";
    assert.match(outcome, `GitLab answered 401 to PUT ${gitlab.url}${path}: `);
    assert.match(outcome, "401 Unauthorized");
  } finally {
    process.chdir(from);
    rmSync(folder, { recursive: true });
    gitlab.close();
  }
});

test("nothing is published where there is no registry", async () => {
  const outcome = publishImages(config({})).then(() => "published", String);
  assert.match(await outcome, "CI_REGISTRY is not set");
});

test.run();

function thrown(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
