import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCorpus, readManifest } from "./corpus/corpus.ts";
import { encode } from "./onnx/model.ts";
import { graph } from "./onnx/graph.ts";
import { fit, settings } from "./train/fit.ts";
const root = join(import.meta.dirname, "..");
const t0 = performance.now();
const manifest = readManifest(join(root, "corpus"));
const examples = readCorpus(join(root, "corpus"));
console.log(`${examples.length} sentences`);
const classifier = fit(examples, Object.keys(manifest.labels), settings);
const bytes = encode(graph(classifier, manifest.languages));
writeFileSync(join(root, "intent-fr.onnx"), bytes);
console.log(
  `${bytes.length} bytes`,
  createHash("sha256").update(bytes).digest("hex"),
  ((performance.now() - t0) / 1000).toFixed(1),
  "s",
);
