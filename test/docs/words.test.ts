import { globSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";

const test = suite("The words", 30_000);

/** Phrases that docs/glossary.md replaces, with what to write instead. */
const banned: [phrase: RegExp, instead: string][] = [
  [/\bwhat (?:serves|is serving|gets traffic)\b/i, "the serving revision"],
  [/\bgets?(?: the| any)? traffic\b/i, "receives traffic"],
  [/\b(?:nobody|somebody|whoever)\b/i, "the user, the client, or a passive"],
  [/\ba person\b/i, "a user, or a passive"],
  [/\b(?:for ever|anew)\b/i, "forever, again"],
  [/\b(?:spec|release|image|revision|operator|version) (?:of )?before\b/i, "previous"],
  [/\b(?:is no|no true|a true) figure\b/i, "a result"],
  [/\bpromises? (?:is|are|was) kept|keeps? (?:the|its|their) promise\b/i, "meets the SLO"],
  [/\bwhat (?:it )?(?:is|was) asked\b/i, "requests"],
  [/\bquiet hours?\b/i, "while traffic is low"],
  [/\bwhen left out\b/i, "if not set; defaults to"],
  [/\bblotted\b/i, "redacted"],
  [/\b(?:is|are|must be) demanded\b/i, "is required, expected"],
  [/\bgoes? on (?:serving|scaling|answering)\b/i, "keeps serving"],
];

/** Lists the phrases as examples of what not to write. */
const glossary = "docs/glossary.md";

/** Files whose sentences are still to be reworded; none may be added. */
const pending: string[] = [
  "operator/src/telemetry/model-metrics.ts",
  "server/src/capture/write-queue.ts",
  "server/src/database/schema.ts",
  "server/src/database/settings.ts",
  "server/src/database/trouble.ts",
  "server/src/database/worklist.ts",
  "server/src/serve/openapi/schema.ts",
];

const documents = globSync([
  "{README,CONTRIBUTING,SECURITY,CHANGELOG}.md",
  "{docs,crds,model,tools,charts,test}/**/*.md",
  "crds/**/*.yaml",
  "charts/intendant/{values.yaml,files/alerts.yaml,templates/NOTES.txt,dashboards/*.json}",
])
  .filter((file) => !file.includes("node_modules") && ![glossary, ...pending].includes(file))
  .sort();

test("has documents to read", () => assert.ok(documents.length > 40, `only ${documents.length}`));

for (const file of documents) {
  test(`${file} has the words of the glossary`, () => {
    const offences = readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line, index) => offencesIn(line).map((words) => `${file}:${index + 1}: ${words}`));
    assert.equal(offences, []);
  });
}

const sources = globSync("{operator,server}/src/**/*.ts")
  .filter((file) => !file.endsWith(".gen.ts") && !pending.includes(file))
  .sort();

test("the messages of the operator and the server have the words of the glossary", () => {
  assert.ok(sources.length > 100, `only ${sources.length}`);
  const offences = sources.flatMap((file) =>
    messages(readFileSync(file, "utf8"))
      .flatMap(offencesIn)
      .map((words) => `${file}: ${words}`),
  );
  assert.equal(offences, []);
});

test("the glossary lists names that the code has", () => {
  const code = globSync("{operator,server,benchmarks}/**/*.ts", {
    exclude: ["**/node_modules/**"],
  }).map((file) => readFileSync(file, "utf8"));
  const [, table = ""] = readFileSync(glossary, "utf8").split("## Names in code");
  const names = [...table.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  assert.ok(names.length > 30, `only ${names.length}`);
  const absent = names.filter(
    (name) => !code.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
  );
  assert.equal(absent, []);
});

test("finds a phrase, and says what to write instead", () => {
  assert.equal(offencesIn("It is for ever."), ['"for ever"; write: forever, again']);
  assert.equal(offencesIn("The serving revision receives traffic."), []);
});

test.run();

function offencesIn(line: string): string[] {
  const prose = line.replaceAll(/`[^`]*`/g, "");
  return banned.flatMap(([phrase, instead]) => {
    const found = phrase.exec(prose);
    return found ? [`"${found[0]}"; write: ${instead}`] : [];
  });
}

/** The strings in a source file that may be shown to users: those with a space in them. */
function messages(source: string): string[] {
  const code = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, "");
  return [...code.matchAll(/"([^"\n]* [^"\n]*)"|`([^`]* [^`]*)`/g)].map(
    ([, quoted, template]) => quoted ?? template ?? "",
  );
}
