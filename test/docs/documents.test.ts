import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as assert from "uvu/assert";
import { parse, parseAllDocuments } from "yaml";
import { reasons } from "../../operator/src/api/reasons.ts";
import { fieldsOf } from "../../tools/generate/fields.ts";
import { meaning, meanings } from "../../tools/generate/reasons.ts";
import type { Example } from "../../tools/generate/reference.ts";
import { toolPath } from "../../tools/cluster/programs/tools.ts";
import { suite } from "../support/suite.ts";
import { admits, completed, statusAdmits } from "./admission.ts";
import { blocks, documents } from "./blocks.ts";

const test = suite("The documents", 30_000);
const all = documents.flatMap(blocks);

test("have blocks of code", () => {
  assert.ok(all.filter(({ language }) => language === "yaml").length > 50);
  assert.ok(all.filter(({ language }) => language === "sh").length > 15);
});

for (const { file, line, code } of all.filter(({ language }) => language === "yaml")) {
  test(`${file}:${line} is YAML, and fits the definition where it is about it`, () => {
    for (const document of parseAllDocuments(code)) {
      assert.equal(document.errors, []);
      const value = document.toJS();
      if (value?.kind === "ModelDeployment") admits(value);
      else if (value?.spec) admits(completed(value.spec));
      else if (value?.conditions) statusAdmits(value);
    }
  });
}

for (const { file, line, code, language } of all.filter(({ language }) => language === "sh")) {
  test(`${file}:${line} is read by a shell`, () => {
    assert.is(language, "sh");
    const { status, stderr } = spawnSync("bash", ["-n"], { input: code, encoding: "utf8" });
    assert.is(status, 0, stderr);
  });
}

const pages = globSync(["**/*.md"], { exclude: ["**/node_modules/**"] }).sort();
const targets = [...readFileSync("Makefile", "utf8").matchAll(/^([\w-]+):/gm)].map(
  ([, name]) => name,
);

test("call targets of the Makefile that are there", () => {
  const calls = pages.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/(?:^|`)make ([a-z][\w-]*)/gm)].map(
      ([, target = ""]) => [file, target] as const,
    ),
  );
  assert.ok(calls.length > 30, `only ${calls.length}`);
  for (const [file, target] of calls)
    assert.ok(targets.includes(target), `${file}: make ${target}`);
});

/** Commands that install the chart or upgrade to it, each as one line. */
const installations = pages.flatMap((file) =>
  blocks(file)
    .filter(({ language }) => language === "sh")
    .flatMap(({ line, code }) =>
      [...code.replaceAll("\\\n", "").matchAll(/^helm (?:install|upgrade) (.*)$/gm)].map(
        ([, args = ""]) => ({ where: `${file}:${line}`, args }),
      ),
    ),
);

test("install the chart in several ways", () => {
  assert.ok(installations.length > 6, `only ${installations.length}`);
});

for (const { where, args } of installations) {
  test(`${where} gives the chart values that it knows: ${args}`, () => {
    // An archive is made of the same chart; what is left out is for a cluster.
    const chart = args
      .replace(/\S+\.tgz/, "charts/intendant")
      .replaceAll(/ --(?:wait|reuse-values|reset-then-reuse-values)\b/g, "");
    const options = { encoding: "utf8", env: { ...process.env, PATH: toolPath() } } as const;
    const { status, stderr } = spawnSync("bash", ["-c", `helm template ${chart}`], options);
    assert.is(status, 0, stderr);
  });
}

for (const file of globSync("crds/examples/**/*.yaml").sort()) {
  test(`${file} fits the definition`, () => {
    const values = parseAllDocuments(readFileSync(file, "utf8")).map((one) => one.toJS());
    assert.ok(values.length > 0);
    for (const model of values.filter(({ kind }) => kind === "ModelDeployment")) admits(model);
  });
}

/** Anchors of a document's headings, as GitLab and GitHub make them. */
function anchors(file: string): string[] {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

for (const file of pages) {
  test(`${file} leads to what is there`, () => {
    const text = readFileSync(file, "utf8").replaceAll(/^```.*?^```$/gms, "");
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const other = path ? join(dirname(file), path) : file;
      assert.ok(existsSync(other), `${target}: there is no ${other}`);
      if (anchor && other.endsWith(".md")) {
        assert.ok(anchors(other).includes(anchor), `${target}: no such heading`);
      }
    }
  });
}

test("docs/ARCHITECTURE.md names files and folders that exist", () => {
  const text = readFileSync("docs/ARCHITECTURE.md", "utf8").replace(
    /<!-- rooms[^]*end of rooms -->/,
    "",
  );
  const roots = ["", "operator/src/", "server/src/"];
  const paths = [...text.matchAll(/`([\w./-]+\/[\w.-]*)`/g)].map(([, path = ""]) => path);
  assert.ok(paths.length > 40, `only ${paths.length}`);
  const missing = paths.filter((path) => !roots.some((root) => existsSync(root + path)));
  assert.equal(missing, []);
});

test("docs/README.md leads to every document", () => {
  const index = readFileSync("docs/README.md", "utf8");
  for (const file of documents.filter((file) => /^docs\/(?!adr|README)/.test(file))) {
    assert.ok(index.includes(`(${file.slice("docs/".length)})`), file);
  }
});

const examples = parse(readFileSync("docs/reference/conditions.yaml", "utf8")) as Example[];

for (const reason of Object.keys(reasons)) {
  test(`reason ${reason} has an example and an entry in troubleshooting`, () => {
    assert.ok(
      examples.some((example) => example.reason === reason),
      `write one in docs/reference/conditions.yaml, then: npm run generate`,
    );
    assert.ok(
      anchors("docs/troubleshooting.md").includes(reason.toLowerCase()),
      `write "### ${reason}" in docs/troubleshooting.md`,
    );
  });
}

test("troubleshooting knows no reason that is not there", () => {
  const text = readFileSync("docs/troubleshooting.md", "utf8");
  const entries = [...text.matchAll(/^### (\w+)$/gm)].map(([, reason = ""]) => reason);
  assert.equal(
    entries.filter((reason) => !(reason in reasons)),
    [],
  );
});

/** What the sources say to people, clause by clause, with a gap where something is filled in. */
const clauses = globSync(["operator/src/**/*.ts", "server/src/**/*.ts"])
  .map((file) => readFileSync(file, "utf8"))
  .map((source) => source.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, "\0"))
  // A long sentence is written as several strings, of one kind or the other.
  .map((source) => source.replaceAll('"', "`").replaceAll(/` \+\s+`/g, ""))
  .flatMap((source) => [
    ...source.matchAll(/`([^`\\\n]+)`/g),
    // Where a line has a regular expression with a quote in it, the string at its end.
    ...source.matchAll(/`([^`\n]+)`\],$/gm),
  ])
  .flatMap(([, sentence = ""]) => sentence.split("; "))
  .map((clause) => clause.split("\0"))
  .filter((parts) => parts.join("").length >= 8)
  .map((parts) => new RegExp(`^${parts.map((part) => RegExp.escape(part)).join(".*")}$`));

/** These begin with what somebody else says. */
const foreign = [
  "DatabaseUnreachable",
  "FailedCreate",
  "Forbidden",
  "ImagePullBackOff",
  "Refused",
  "Unschedulable",
];

for (const { type, reason, message } of examples) {
  test(`the example of ${type} and ${reason} says what the operator or the server says`, () => {
    for (const clause of message.split("; ").slice(foreign.includes(reason) ? 1 : 0)) {
      const said = clause.replace(/^run: /, "");
      const isSaid = clauses.some((pattern) => pattern.test(said));
      assert.ok(isSaid, clause);
    }
  });
}

test("a field's entry has its type, its bounds and the words of a refusal", () => {
  const [list, name] = fieldsOf("spec.a", {
    type: "array",
    maxItems: 3,
    "x-kubernetes-list-map-keys": ["name"],
    items: {
      type: "object",
      required: ["name"],
      properties: {
        name: {
          type: "string",
          enum: ["x", "y"],
          default: "x",
          "x-kubernetes-validations": [{ rule: "false", message: "never" }],
        },
      },
    },
  });
  assert.is(list?.type, "list of objects");
  assert.equal(list?.bounds, ["at most 3 entries", "no two entries have the same name"]);
  assert.equal(name, {
    path: "spec.a[].name",
    description: "",
    type: "string",
    isRequired: true,
    default: '"x"',
    bounds: ["one of `x`, `y`"],
    refusals: ["never"],
  });
});

test("a reason may mean one thing in one condition and another in the next", () => {
  const source = `/**
   * Ready, Stalled: it is so. Reconciling: it is
   * otherwise, and why.
   */
  Odd: "Odd",
  /** A pod: it fell. */
  Fallen: "Fallen",`;
  const { Odd = [], Fallen = [] } = meanings(source);
  assert.is(meaning(Odd, "Stalled"), "it is so");
  assert.is(meaning(Odd, "Reconciling"), "it is otherwise, and why");
  assert.is(meaning(Fallen, "Stalled"), "it fell");
  assert.throws(() => meanings('/** No name. */ Odd: "Odd"'), /No condition is named/);
});

test.run();
