import * as assert from "uvu/assert";
import { config, hostArchitecture, versionOf } from "../../../tools/pipeline/config.ts";
import { suite } from "../../support/suite.ts";

const test = suite("tools/pipeline/config");

test("a tag is the version of the chart", () => {
  assert.is(versionOf("v1.2.3", "1.2.3"), "1.2.3");
  assert.is(versionOf(undefined, "1.2.3"), "1.2.3");
  assert.is(versionOf("", "1.2.3"), "1.2.3");
});

for (const tag of ["v1.2.4", "1.2.3", "v1.2.3-rc.1"]) {
  test(`the tag ${tag} is not that of chart 1.2.3`, () => {
    const message = `The tag ${tag} is not v1.2.3, the version in charts/intendant/Chart.yaml`;
    assert.throws(() => versionOf(tag, "1.2.3"), new RegExp(`^${message}`));
  });
}

test("everything is what the pipeline says", () => {
  const settings = config({
    CI_COMMIT_SHA: "abc",
    CI_COMMIT_TIMESTAMP: "2026-10-01T14:00:00+02:00",
    CI_PROJECT_URL: "https://gitlab.example.com/team/intendant",
    ARCHITECTURES: "amd64, arm64",
    CI_REGISTRY: "registry.example.com",
    CI_REGISTRY_IMAGE: "registry.example.com/team/intendant",
    CI_API_V4_URL: "https://gitlab.example.com/api/v4",
    CI_PROJECT_ID: "7",
  });
  assert.is(settings.revision, "abc");
  assert.is(settings.created.toISOString(), "2026-10-01T12:00:00.000Z");
  assert.equal(settings.architectures, ["amd64", "arm64"]);
  assert.is(settings.gitlab.project, "https://gitlab.example.com/api/v4/projects/7");
});

test("outside a pipeline git says it, for this machine", () => {
  const { revision, created, architectures } = config({});
  assert.match(revision, /^[0-9a-f]{40}$/);
  assert.not(Number.isNaN(created.getTime()));
  assert.equal(architectures, [hostArchitecture]);
});

test.run();
