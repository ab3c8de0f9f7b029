import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { baseImages } from "../../../tools/cluster/images/base-images.ts";
import { suite } from "../../support/suite.ts";

const test = suite("The images that all is built on");

const pipeline = parse(readFileSync(".gitlab-ci.yml", "utf8")) as {
  variables: Record<string, string>;
  [job: string]: { image?: string };
};

/** Defaults of a Dockerfile's arguments, and what its stages are built on. */
function dockerfile(path: string) {
  const text = readFileSync(path, "utf8");
  const args = Object.fromEntries(
    [...text.matchAll(/^ARG (\w+)=(.+)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  const stages = [...text.matchAll(/^FROM (?:--platform=\S+ )?(\S+)/gm)].map(([, name]) => name);
  return { args, stages };
}

for (const path of ["Dockerfile.server", "Dockerfile.operator"]) {
  test(`${path} builds on the image on which the pipeline installs the packages`, () => {
    const { args, stages } = dockerfile(path);
    assert.is(args["NODE_IMAGE"], pipeline.variables["NODE_IMAGE"]);
    assert.equal(stages, ["${NODE_IMAGE}", "${RUNTIME_IMAGE}"]);
  });
}

test("the packages are installed on that image", () => {
  assert.is(pipeline["quality"]?.image, "$NODE_IMAGE");
});

test("the test cluster stands in for the same images", () => {
  for (const path of ["Dockerfile.server", "Dockerfile.operator"]) {
    const { args } = dockerfile(path);
    assert.is(args["NODE_IMAGE"], baseImages.node);
    assert.is(args["RUNTIME_IMAGE"], baseImages.distroless);
  }
  assert.is(dockerfile("benchmarks/Dockerfile").args["K6_IMAGE"], baseImages.k6);
});

test("all have the Node that the packages are tried with", () => {
  const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const [major] = devDependencies.node.split(".");
  assert.match(baseImages.node, `/node:${major}-`);
  assert.match(baseImages.distroless, `/nodejs${major}-`);
});

test("Go is the one that the programs need", () => {
  const image = /golang:(\d+\.\d+)-/.exec(pipeline.variables["GO_IMAGE"] ?? "")?.[1];
  for (const folder of ["tools/cluster/programs", "tools/pipeline/image-tools"]) {
    const least = /^go (\d+\.\d+)/m.exec(readFileSync(`${folder}/go.mod`, "utf8"))?.[1];
    assert.is(image, least, folder);
  }
});

test.run();
