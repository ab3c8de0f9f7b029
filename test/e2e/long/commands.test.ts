import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import * as assert from "uvu/assert";
import { kubeconfigPath, toolPath } from "../../../tools/cluster/programs/tools.ts";
import { blocks, documents, type Block } from "../../docs/blocks.ts";
import { command, namespacedSuite } from "../world.ts";

const demo = "commands-test";
const test = namespacedSuite("The documents", demo, 900_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-commands-"));
const kubeconfig = join(folder, "kubeconfig");

test.before(async () => {
  copyFileSync(kubeconfigPath(), kubeconfig);
  const current = ["config", "set-context", "--current", `--namespace=${demo}`];
  await command("kubectl", [...current, `--kubeconfig=${kubeconfig}`]);
  // What the commands write must not get into the checkout.
  for (const name of ["crds", "docs"]) symlinkSync(resolve(name), join(folder, name));
});

test.after(() => rmSync(folder, { recursive: true }));

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
