import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import * as assert from "uvu/assert";
import { kubeconfigPath, toolPath } from "../../../tools/cluster/programs/tools.ts";
import { fileOf } from "../../docs/examples.ts";
import { command, eventually, kubectl, namespace } from "../world.ts";

/** Longest that a script may take, in milliseconds; tests of scripts need a bit more. */
export const longest = 480_000;

/** The namespace that an example's script runs in. */
export const namespaceOf = (example: string): string => `example-${example}`;

/** Runs an example's script as its reader would, in an empty namespace, and sees that all goes. */
export async function runExample(example: string): Promise<void> {
  const own = namespaceOf(example);
  await namespace(own);
  const folder = mkdtempSync(join(tmpdir(), "intendant-example-"));
  try {
    const kubeconfig = join(folder, "kubeconfig");
    copyFileSync(kubeconfigPath(), kubeconfig);
    const current = ["config", "set-context", "--current", `--namespace=${own}`];
    await command("kubectl", [...current, `--kubeconfig=${kubeconfig}`]);
    await succeeds(resolve(fileOf(example, "test.sh")), kubeconfig);
    await eventually(`nothing is left of ${example}`, 120, () => isEmpty(own));
  } finally {
    rmSync(folder, { recursive: true });
  }
  await kubectl("delete", "namespace", own, "--wait=false");
}

/** Runs a script; a failed one throws with each of its commands and what they printed. */
async function succeeds(script: string, kubeconfig: string): Promise<void> {
  const env = { ...process.env, PATH: toolPath(), KUBECONFIG: kubeconfig };
  const child = spawn("bash", ["-c", 'exec "$0" 2>&1', script], { env, timeout: longest });
  const [printed, [code, signal]] = await Promise.all([text(child.stdout), once(child, "close")]);
  assert.is(code ?? signal, 0, printed);
}

const kinds =
  "mdep,deployment,statefulset,job,pod,service,ingress,hpa,configmap,secret,persistentvolumeclaim";

async function isEmpty(namespace: string): Promise<boolean> {
  const found = await kubectl("get", kinds, "-n", namespace, "-o", "name");
  const left = found.split("\n").filter((name) => name !== "configmap/kube-root-ca.crt");
  if (left.length > 0) throw new Error(`These are: ${left.join(", ")}`);
  return true;
}
