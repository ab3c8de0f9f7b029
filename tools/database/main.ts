/**
 * A PostgreSQL for a try. It lives in one pod, and what is in it goes with the pod.
 *
 *   node tools/database/main.ts                       where kubectl points to, or else in the test cluster
 *   REGISTRY=HOST/PATH node tools/database/main.ts    the cluster gets the image from there
 *   node tools/database/main.ts --down                removes it
 */
import { parseArgs } from "node:util";
import { run } from "../support/command.ts";
import { imageName, images } from "../cluster/images/images.ts";
import { here } from "../cluster/instance.ts";
import { kubeconfigPath, toolPath } from "../cluster/programs/tools.ts";
import { installDatabase, removeDatabase, type Kubectl } from "./install.ts";
import { hostOf, name } from "./objects.ts";

const { values } = parseArgs({ options: { down: { type: "boolean", default: false } } });
const registry = process.env["REGISTRY"] || undefined;
const KUBECONFIG = process.env["KUBECONFIG"] || kubeconfigPath();

const kubectl: Kubectl = async (args, input) =>
  run("kubectl", args, { env: { PATH: toolPath(), KUBECONFIG }, ...(input && { input }) });

try {
  const namespace = (await configured("{..namespace}")) || "default";
  if (values.down) await removeDatabase(kubectl, namespace);
  else await up(namespace);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function up(namespace: string): Promise<void> {
  if (registry || (await isOurs())) await images(here, { names: ["database"], registry });
  await installDatabase(kubectl, { namespace, image: imageName(here, "database", registry) });
  console.log(`PostgreSQL answers at ${hostOf(namespace)}; Secret ${name} says how to connect`);
}

/** What the kubeconfig says of the cluster and namespace that are current. */
async function configured(path: string, kubeconfig = KUBECONFIG): Promise<string> {
  const args = ["config", "view", "--minify", "-o", `jsonpath=${path}`, "--kubeconfig", kubeconfig];
  return kubectl(args);
}

/** Whether kubectl points to the test cluster of this checkout; only that one can be given images. */
async function isOurs(): Promise<boolean> {
  const address = "{.clusters[0].cluster.server}";
  return (await configured(address)) === (await configured(address, kubeconfigPath()));
}
