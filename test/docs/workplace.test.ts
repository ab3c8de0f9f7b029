import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { suite } from "../support/suite.ts";

const test = suite("The workplace of a developer", 30_000);

const read = (path: string) => readFileSync(path, "utf8");
const { devDependencies } = JSON.parse(read("package.json"));
const { variables } = parse(read(".gitlab-ci.yml")) as { variables: Record<string, string> };

test("make help lists each target that has a description, under a heading", () => {
  const { status, stdout } = spawnSync("make", ["--no-print-directory", "help"], {
    encoding: "utf8",
  });
  assert.is(status, 0);
  const listed = [...stdout.matchAll(/^ {2}make (\S+) +\S/gm)].map(([, name]) => name);
  const described = [...read("Makefile").matchAll(/^([a-z0-9-]+):.*## /gm)].map(([, name]) => name);
  assert.equal(listed, described);
  assert.ok([...stdout.matchAll(/^\S.*$/gm)].length >= 5, "no headings");
});

test(".nvmrc names the Node.js that the tests run on", () => {
  assert.is(devDependencies.node.split(".")[0], read(".nvmrc").trim());
});

test("the dev container has the pipeline's Go and Node.js", () => {
  const stages = [...read(".devcontainer/Dockerfile").matchAll(/^FROM (\S+)/gm)];
  const version = (image = "") => image.replace(/-slim$/, "");
  assert.equal(
    stages.map(([, image]) => image),
    [version(variables["GO_IMAGE"]), version(variables["NODE_IMAGE"])],
  );
});

test("each debug configuration starts a program that exists", () => {
  const { configurations } = JSON.parse(read(".vscode/launch.json"));
  for (const { program } of configurations as { program: string }[]) {
    const path = program.replace("${workspaceFolder}/", "");
    assert.ok(path === "${relativeFile}" || existsSync(path), program);
  }
});

test("CODEOWNERS and .gitattributes name files that exist", () => {
  const owned = [...read(".gitlab/CODEOWNERS").matchAll(/^\/(\S+) /gm)].map(([, path]) => path);
  assert.ok(owned.length > 3);
  for (const path of owned) assert.ok(existsSync(path as string), path);
  const marked = [...read(".gitattributes").matchAll(/^((?!\[)\S*[a-z]\S*) /gm)].map(
    ([, path]) => path,
  );
  assert.ok(marked.length > 3);
  for (const path of marked) {
    const pattern = path?.includes("/") ? path : `**/${path}`;
    const files = globSync(pattern, { exclude: ["**/node_modules/**"] });
    assert.ok(files.length > 0, path);
  }
});

test.run();
