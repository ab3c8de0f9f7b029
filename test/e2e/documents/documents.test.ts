import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import * as assert from "uvu/assert";
import { parseAllDocuments, stringify } from "yaml";
import { kubeconfigPath, toolPath } from "../../../tools/cluster/programs/tools.ts";
import { completed } from "../../docs/admission.ts";
import { blocks, documents, type Block } from "../../docs/blocks.ts";
import { command, namespacedSuite } from "../world.ts";

const demo = "documents-test";
const test = namespacedSuite("The documents", demo, 900_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-documents-"));
const kubeconfig = join(folder, "kubeconfig");

test.before(async () => {
  copyFileSync(kubeconfigPath(), kubeconfig);
  const current = ["config", "set-context", "--current", `--namespace=${demo}`];
  await command("kubectl", [...current, `--kubeconfig=${kubeconfig}`]);
  // What the commands write must not get into the checkout.
  for (const name of ["crds", "docs"]) symlinkSync(resolve(name), join(folder, name));
});

test.after(() => rmSync(folder, { recursive: true }));

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
      const apply = ["apply", "--dry-run=server", "-n", demo, "--validate=strict", "-f", "-"];
      await command("kubectl", apply, stringify(object)).catch((error: unknown) => {
        throw new Error(`${where}: ${String(error)}`, { cause: error });
      });
      count += 1;
    }
  }
  assert.ok(count > examples.length, `only ${count} objects`);
});

/** The one with which a model is applied comes first. */
const order = ["docs/guides/ci.md", ...documents.filter((file) => file !== "docs/guides/ci.md")];

/** Pages that circle.test.ts and examples.test.ts run from beginning to end. */
const elsewhere = /^(docs\/guides\/improve-a-model\.md|crds\/examples\/.+)$/;

/** What is left of the README's commands without those that build and install, which have tests of their own. */
function runnable({ file, language, code, notRun }: Block): string {
  if (language !== "sh" || notRun !== undefined || elsewhere.test(file)) return "";
  return file === "README.md" ? code.replaceAll(/^(?:make|helm) (?:.*\\\n)*.*\n/gm, "") : code;
}

for (const block of order.flatMap(blocks).filter(runnable)) {
  test(`have commands that work: ${block.file}:${block.line}`, () => works(runnable(block)));
}

async function works(code: string): Promise<void> {
  const env = { ...process.env, PATH: toolPath(), KUBECONFIG: kubeconfig };
  const child = spawn("bash", ["-euo", "pipefail"], { cwd: folder, env });
  child.stdin.end(code);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  assert.is(status, 0, `${code}\n${stdout}\n${stderr}`);
}

test.run();
