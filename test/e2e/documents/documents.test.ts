import { globSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parseAllDocuments } from "yaml";
import { completed } from "../../docs/admission.ts";
import { blocks, documents } from "../../docs/blocks.ts";
import { applyOne, namespacedSuite } from "../world.ts";

/** That their commands work is shown by test/e2e/long/commands.test.ts. */
const demo = "documents-test";
const test = namespacedSuite("The documents", demo, 120_000);
interface Manifest {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string };
  spec?: object;
}

/** The objects in a text; a ModelDeployment may be shown by its spec alone. */
function manifests(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).flatMap((document): Manifest[] => {
    const value = document.toJS() as Manifest | null;
    if (value?.apiVersion && value.kind) return [value];
    return value?.spec ? [completed(value.spec)] : [];
  });
}

const shown = documents
  .flatMap(blocks)
  .filter(({ language }) => language === "yaml")
  .map(({ file, line, code }) => [`${file}:${line}`, code]);
const examples = globSync("crds/examples/**/*.yaml").map((file) => [
  file,
  readFileSync(file, "utf8"),
]);

test("show objects that the API server takes", async () => {
  const texts = [...shown, ...examples];
  let count = 0;
  for (const [where = "", yaml = ""] of texts) {
    // A digest of which only the beginning is shown stands for a whole one.
    const whole = yaml.replaceAll(/sha256: [0-9a-f]+…/g, `sha256: "${"0".repeat(64)}"`);
    for (const object of manifests(whole)) {
      const metadata = { ...object.metadata, namespace: demo };
      await applyOne({ ...object, metadata }, { dryRun: true }).catch((error: unknown) => {
        throw new Error(`${where}: ${String(error)}`, { cause: error });
      });
      count += 1;
    }
  }
  assert.ok(count > examples.length, `only ${count} objects`);
});

test.run();
