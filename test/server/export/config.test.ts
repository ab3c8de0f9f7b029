import * as assert from "uvu/assert";
import { readExportConfig } from "../../../server/src/export/config.ts";
import { suite } from "../../support/suite.ts";

const test = suite("export/config");
const environment = { CAPTURE_MODEL: "demo/intent-fr" };
const common = { model: "demo/intent-fr", databaseFolder: "/database" };
const examples = {
  ...common,
  command: "examples",
  annotator: "",
  minProbability: 0.9,
  limitPerLabel: undefined,
  renames: {},
};

const asked: [args: string[], expected: object][] = [
  [[], examples],
  [["examples", "--min-probability", "0.5"], { ...examples, minProbability: 0.5 }],
  [["--reviewed-only"], { ...examples, minProbability: undefined }],
  [["--annotator", "00ed"], { ...examples, annotator: "00ed" }],
  [["--limit-per-label", "500"], { ...examples, limitPerLabel: 500 }],
  [["--rename", "a=b", "--rename", "c=d"], { ...examples, renames: { a: "b", c: "d" } }],
  [["--model", "ml/other"], { ...examples, model: "ml/other" }],
  [["review"], { ...common, command: "review", below: 0.6, limit: 100 }],
  [
    ["review", "--below", "0.9", "--limit", "7"],
    { ...common, command: "review", below: 0.9, limit: 7 },
  ],
  [["import", "-"], { ...common, command: "import", file: "-" }],
];
for (const [args, expected] of asked) {
  test(`understands "${args.join(" ")}"`, () => {
    assert.equal(readExportConfig(args, environment), expected);
  });
}

const refused: [args: string[], message: RegExp][] = [
  [["everything"], /^"everything" is not a command; write examples, review or import/],
  [["toString"], /^"toString" is not a command/],
  [["--model", "intent-fr"], /^The model is "intent-fr"; write --model NAMESPACE\/NAME/],
  [["--min-probability", "90"], /^--min-probability is "90"; write a number from 0 to 1/],
  [["--min-probability", ""], /^--min-probability is ""/],
  [["--min-probability", "0.5", "--reviewed-only"], /not both/],
  [["--annotator", "XYZ"], /^--annotator is "XYZ"; write the SHA-256/],
  [["--limit-per-label", "0"], /^--limit-per-label is "0"; write a whole number/],
  [["--rename", "a"], /^--rename is "a"; write LABEL=LABEL/],
  [["review", "--rename", "a=b"], /^review has no option --rename/],
  [["review", "--below", "all"], /^--below is "all"; write a number from 0 to 1/],
  [["--below", "0.9"], /^examples has no option --below/],
  [["review", "--limit", "ten"], /^--limit is "ten"/],
  [["import"], /^Name the one file to import/],
  [["examples", "file.json"], /^"file.json" was not expected/],
  [["--nothing"], /Unknown option '--nothing'/],
];
for (const [args, message] of refused) {
  test(`refuses "${args.join(" ")}"`, () => {
    assert.throws(() => readExportConfig(args, environment), message);
  });
}

test("needs a model from somewhere", () => {
  assert.throws(() => readExportConfig([], {}), /^The model is ""/);
});

test.run();
