/**
 * A PostgreSQL for a try. It lives in one pod, and what is in it goes with the pod.
 *
 *   node test/database/main.ts                                          in the test cluster
 *   node test/database/main.ts --kubeconfig FILE [--registry HOST/PATH] in yours
 *   node test/database/main.ts --namespace NAME                         elsewhere than in default
 *   node test/database/main.ts --down                                   removes it
 */
import { parseArgs } from "node:util";
import { run } from "../cluster/command.ts";
import { imageName, images } from "../cluster/images.ts";
import { here } from "../cluster/instance.ts";
import { kubeconfigPath, toolPath } from "../cluster/tools.ts";
import { installDatabase, removeDatabase, type Kubectl } from "./install.ts";
import { hostOf, name } from "./objects.ts";

const { values } = parseArgs({
  options: {
    namespace: { type: "string", default: "default" },
    kubeconfig: { type: "string", default: kubeconfigPath() },
    registry: { type: "string" },
    down: { type: "boolean", default: false },
  },
});
const { namespace, registry } = values;

const kubectl: Kubectl = async (args, input) => {
  const env = { PATH: toolPath(), KUBECONFIG: values.kubeconfig };
  return run("kubectl", args, { env, ...(input !== undefined && { input }) });
};

try {
  if (values.down) await removeDatabase(kubectl, namespace);
  else await up();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function up(): Promise<void> {
  const isOurs = values.kubeconfig === kubeconfigPath();
  if (isOurs || registry) await images(here, { names: ["database"], registry });
  await installDatabase(kubectl, { namespace, image: imageName(here, "database", registry) });
  console.log(`PostgreSQL answers at ${hostOf(namespace)}; Secret ${name} says how to connect`);
}
