import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { suite } from "../../support/suite.ts";

const test = suite("The jobs of the pipeline");

interface Job {
  script?: string[];
  before_script?: string[];
  after_script?: string[];
}

const {
  stages,
  workflow,
  default: _,
  variables,
  ...jobs
} = parse(readFileSync(".gitlab-ci.yml", "utf8")) as Record<string, Job>;
const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const targets = [...readFileSync("Makefile", "utf8").matchAll(/^([a-z-]+):/gm)].map(
  ([, target]) => target,
);

test("are jobs, and nothing else is in the file", () => {
  assert.ok(stages && workflow && variables);
  const named = Object.entries(jobs).filter(([name]) => !name.startsWith("."));
  assert.ok(named.length >= 8);
  for (const [name, { script }] of named) assert.ok(script?.length, name);
});

for (const [name, job] of Object.entries(jobs)) {
  const { script = [], before_script = [], after_script = [] } = job;
  for (const line of [...before_script, ...script, ...after_script]) {
    test(`${name}: ${line} is what anybody can run`, () => {
      const [, npm, make] = /^(?:npm run ([\w:]+)|make ([\w-]+))(?: |$)/.exec(line) ?? [];
      if (npm) return assert.ok(npm in scripts, `package.json has no script ${npm}`);
      if (make) return assert.ok(targets.includes(make), `the Makefile has no target ${make}`);
      assert.match(line, /^(npm ci --cache|touch node_modules\/)/);
    });
  }
}

test.run();
