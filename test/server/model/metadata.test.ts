import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { metadataProps } from "../../../server/src/model/metadata.ts";
import { identity, intents } from "../../support/models.ts";
import { suite } from "../../support/suite.ts";

const test = suite("metadata");

test("reads all entries, also empty and long ones", () => {
  const metadata = { task: "é", empty: "", long: "x".repeat(100_000) };
  assert.equal(metadataProps(intents({ metadata })), new Map(Object.entries(metadata)));
});

test("is empty where a file has none", () => {
  assert.equal(metadataProps(identity("float")), new Map());
});

test("reads the labels of the French model", () => {
  const metadata = metadataProps(readFileSync("model/intent-fr.onnx"));
  assert.is(metadata.get("task"), "intent-classification");
  assert.equal(JSON.parse(metadata.get("labels") ?? ""), [
    "purchase",
    "find-restaurant",
    "irrelevant",
    "find-hotel",
    "provide-showtimes",
    "find-around-me",
    "find-train",
    "find-flight",
  ]);
});

test("refuses a file that is cut off anywhere inside a field", () => {
  const file = intents();
  let refused = 0;
  for (let length = 0; length < file.length; length++) {
    try {
      metadataProps(file.subarray(0, length));
    } catch (error) {
      assert.match((error as Error).message, "the file is cut off");
      refused += 1;
    }
  }
  assert.ok(refused > file.length - 20, `${refused} of ${file.length} were refused`);
});

test("refuses what is no protobuf message", () => {
  const files = ["<html>", "\xff".repeat(20), "PK\x03\x04", "\x7fELF"];
  for (const file of files) assert.throws(() => metadataProps(Buffer.from(file, "latin1")), file);
});

test.run();
