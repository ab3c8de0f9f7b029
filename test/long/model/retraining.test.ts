import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { readCorpus, readManifest } from "../../../model/src/corpus/corpus.ts";
import { graph } from "../../../model/src/onnx/graph.ts";
import { encode } from "../../../model/src/onnx/model.ts";
import { fit, shippedSettings } from "../../../model/src/train/fit.ts";
import { suite } from "../../support/suite.ts";

const test = suite("training the model that ships once more", 840_000);

test("gives the committed file, byte for byte", () => {
  const { labels, languages } = readManifest("model/corpus");
  const names = Object.keys(labels);
  const trained = encode(graph(fit(readCorpus("model/corpus"), names, shippedSettings), languages));
  assert.is(sha256(trained), sha256(readFileSync("model/intent-fr.onnx")), "run: make model");
});

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

test.run();
