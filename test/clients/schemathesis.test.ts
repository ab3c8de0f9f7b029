import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { run } from "../../tools/support/command.ts";
import { ask } from "../support/ask.ts";
import { sumAndDifference } from "../../tools/support/models.ts";
import { suite } from "../support/suite.ts";
import { environment } from "../../tools/support/python.ts";
import { everyDatatype, withServed } from "./served.ts";

const test = suite("schemathesis", 240_000);

const models: [what: string, model: string | Uint8Array][] = [
  ["the French classifier", "model/intent-fr.onnx"],
  ["two inputs and outputs of whole numbers", sumAndDifference()],
  ["inputs of every datatype", everyDatatype()],
];

for (const [what, model] of models) {
  test(`keeps to its OpenAPI document, whatever is sent: ${what}`, async () => {
    await withServed(model, async (server) => {
      const report = await schemathesis(`${server.url}/openapi.json`);
      assert.match(report, /Fuzzing \(in/);
      const { body } = await ask(`${server.ops}/metrics`);
      assert.not.match(String(body), /code="5\d\d"/);
    });
  });
}

test.run();

/** Lets schemathesis ask all that the document allows, and more; fails with what it found. */
async function schemathesis(document: string): Promise<string> {
  const { python } = await environment();
  // It writes what it learned beside it.
  const cwd = mkdtempSync(join(tmpdir(), "intendant-schemathesis-"));
  try {
    return await run(python, ["-m", "schemathesis.cli", "run", document, ...options], { cwd });
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

// A schema cannot say that data has as many elements as the shape demands, so what it allows may
// still be refused; all other checks hold.
const options = [
  "--checks=all",
  "--exclude-checks=positive_data_acceptance",
  "--phases=examples,coverage,fuzzing",
  "--generation-deterministic",
  "--max-examples=50",
  "--no-color",
];
