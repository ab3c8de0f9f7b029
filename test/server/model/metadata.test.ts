import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { metadata } from "../../../server/src/model/metadata.ts";
import { identity, intents } from "../../../tools/support/models.ts";
import { suite } from "../../support/suite.ts";

const test = suite("metadata");

test("reads all entries, also empty and long ones", () => {
  const said = { task: "é", empty: "", long: "x".repeat(100_000) };
  assert.equal(metadata(intents({ metadata: said })).props, new Map(Object.entries(said)));
});

test("is empty where a file has none", () => {
  assert.equal(metadata(identity("float")).props, new Map());
});

test("reads the labels of the French model", () => {
  const { props } = metadata(readFileSync("model/intent-fr.onnx"));
  assert.is(props.get("task"), "intent-classification");
  assert.equal(JSON.parse(props.get("labels") ?? ""), [
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

/** A file that says nothing but which operators it uses. */
const using = (...imports: [domain: string | undefined, version: number][]) =>
  Buffer.concat(
    imports.map(([domain, version]) => {
      const name = domain === undefined ? [] : [0x0a, domain.length, ...Buffer.from(domain)];
      const entry = [...name, 0x10, version];
      return Buffer.from([0x42, entry.length, ...entry]);
    }),
  );

const opsets: [title: string, file: Uint8Array, opset: number | undefined][] = [
  ["a domain left out", using([undefined, 21], ["ai.onnx.ml", 3]), 21],
  ["an empty domain", using(["ai.onnx.ml", 3], ["", 17]), 17],
  ["the domain by its name", using(["ai.onnx", 13]), 13],
  ["other domains only", using(["ai.onnx.ml", 3], ["com.microsoft", 1]), undefined],
];
for (const [title, file, opset] of opsets) {
  test(`reads the version of the standard operators with ${title}`, () => {
    assert.is(metadata(file).opset, opset);
  });
}

test("refuses a file that is cut off anywhere inside a field", () => {
  const file = intents();
  let refused = 0;
  for (let length = 0; length < file.length; length++) {
    try {
      metadata(file.subarray(0, length));
    } catch (error) {
      assert.match((error as Error).message, "the file is truncated");
      refused += 1;
    }
  }
  assert.ok(refused > file.length - 20, `${refused} of ${file.length} were refused`);
});

test("refuses what is no protobuf message", () => {
  const files = ["<html>", "\xff".repeat(20), "PK\x03\x04", "\x7fELF"];
  for (const file of files) assert.throws(() => metadata(Buffer.from(file, "latin1")), file);
});

test.run();
