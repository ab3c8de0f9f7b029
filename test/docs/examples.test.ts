import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse, parseAllDocuments } from "yaml";
import { suite } from "../support/suite.ts";
import { commandsOf, examples, fileOf, missing } from "./examples.ts";

/** That the scripts do what the pages say is shown on the cluster, by test/e2e/documents/examples.test.ts. */
const test = suite("The examples");

test("are there", () => {
  assert.ok(examples.length > 10, `only ${examples.length}`);
});

test("name the digest of the French model as it ships", () => {
  const digest = createHash("sha256").update(readFileSync("model/intent-fr.onnx")).digest("hex");
  const named = examples.flatMap((name) =>
    [...readFileSync(fileOf(name), "utf8").matchAll(/\bsha256: (\w{64})$/gm)].map(
      ([, found]) => `${name}: ${found}`,
    ),
  );
  assert.ok(named.length >= 2, "at least two examples name it");
  assert.equal(
    named.filter((line) => !line.endsWith(digest)),
    [],
  );
});

for (const name of examples) {
  test(`${name} is about a resource of that name`, () => {
    const documents = parseAllDocuments(readFileSync(fileOf(name), "utf8"));
    const model = documents.map((one) => one.toJS()).find((one) => one.kind === "ModelDeployment");
    assert.is(model?.metadata.name, name);
    assert.is(model.metadata.namespace, undefined, "it goes where its user is");
  });

  test(`${name} has a script that a person can start and a shell can read`, () => {
    const path = fileOf(name, "test.sh");
    const text = readFileSync(path, "utf8");
    assert.ok(statSync(path).mode & 0o100, `run: chmod +x ${path}`);
    assert.match(text, /^#!\/usr\/bin\/env bash\n/);
    assert.match(text, /^set -euxo pipefail$/m);
    const { status, stderr } = spawnSync("bash", ["-n", path], { encoding: "utf8" });
    assert.is(status, 0, stderr);
  });

  test(`${name} has a page whose commands its script runs, in their order`, () => {
    const commands = commandsOf(fileOf(name, "README.md"));
    assert.ok(commands.some((line) => line.includes(fileOf(name))));
    const script = readFileSync(fileOf(name, "test.sh"), "utf8");
    assert.is(missing(commands, script), undefined);
    assert.ok(script.includes("[["), "it looks at what came of them");
  });

  test(`${name} is in the list of examples`, () => {
    const list = readFileSync("crds/examples/README.md", "utf8");
    assert.ok(list.includes(`[${name}](${name}/README.md)`));
  });
}

test("have no file that no page leads to", () => {
  for (const file of globSync("crds/examples/*/*").filter((file) => !file.endsWith("README.md"))) {
    const [, , folder = "", name = ""] = file.split("/");
    const page = readFileSync(fileOf(folder, "README.md"), "utf8");
    // The list of examples says what test.sh is.
    assert.ok(name === "test.sh" || page.includes(`](${name})`), file);
  }
});

test("take images of this version", () => {
  const { appVersion } = parse(readFileSync("charts/intendant/Chart.yaml", "utf8"));
  const images = globSync("crds/examples/*/*.{yaml,sh}").flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/image: docker\.io\/intendant\/\w+:(\S+)/g),
  ]);
  assert.ok(images.length >= 2);
  for (const [image, version] of images) assert.is(version, appVersion, image);
});

test("may have more in their script than on their page, and nothing less", () => {
  const script = "a\nx=$(b --long)\n[[ $x ]]\nc\n";
  assert.is(missing(["a", "b --long", "c"], script), undefined);
  assert.is(missing(["a", "b --other"], script), "b --other");
  assert.is(missing(["c", "a"], script), "a", "in another order");
  assert.is(missing(["a", "a"], script), "a", "only once");
});

test.run();
