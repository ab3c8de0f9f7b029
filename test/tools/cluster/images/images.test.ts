import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as assert from "uvu/assert";
import { suite } from "../../../support/suite.ts";
import {
  chosen,
  components,
  inputsKey,
  type Component,
} from "../../../../tools/cluster/images/images.ts";
import { checkout } from "../../../../tools/support/checkout.ts";

const test = suite<{ folder: string }>("images");
const component: Component = {
  name: "web",
  dockerfile: "Dockerfile",
  context: ".",
  inputs: ["Dockerfile", "*/package.json", "src/**"],
};

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "intendant-"));
  write(context.folder, "Dockerfile", "FROM scratch\n");
  write(context.folder, "src/main.ts", "main();\n");
});

test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

test("the same files give the same key", ({ folder }) => {
  assert.is(inputsKey(folder, component, []), inputsKey(folder, component, []));
});

for (const [title, file] of [
  ["a changed file", "src/main.ts"],
  ["a new file", "src/deep/new.ts"],
  ["another file of the same content", "src/other.ts"],
]) {
  test(`${title} gives another key`, ({ folder }) => {
    const before = inputsKey(folder, component, []);
    write(folder, file ?? "", "// changed\n");
    assert.is.not(inputsKey(folder, component, []), before);
  });
}

test("what does not go into the image does not change its key", ({ folder }) => {
  const before = inputsKey(folder, component, []);
  write(folder, "README.md", "");
  write(folder, "node_modules/package.json", "{}");
  write(folder, "src/node_modules/left/index.js", "");
  assert.is(inputsKey(folder, component, []), before);
});

test("another base or version gives another key", ({ folder }) => {
  assert.is.not(inputsKey(folder, component, ["0.1.0"]), inputsKey(folder, component, ["0.2.0"]));
});

test("a database is made only when it is asked for", () => {
  const names = (...args: string[]) => chosen(args).map(({ name }) => name);
  assert.equal(names(), ["server", "operator", "benchmark"]);
  assert.equal(names("database"), ["database"]);
  assert.throws(() => chosen(["databse"]), /no image "databse"; there are server, .*, database$/);
});

test("every pattern of the project's images stands for a file", () => {
  for (const { name, inputs } of components) {
    for (const pattern of inputs) {
      assert.ok(globSync(pattern, { cwd: checkout }).length > 0, `${name}: ${pattern}`);
    }
  }
});

test.run();

function write(folder: string, path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
