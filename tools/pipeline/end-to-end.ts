import { join } from "node:path";
import { run } from "../support/command.ts";
import { up } from "../cluster/cluster.ts";
import { importArchive } from "../cluster/images/images.ts";
import { here } from "../cluster/instance.ts";
import { programsFolder } from "../cluster/programs/programs.ts";
import { step } from "../support/progress.ts";
import { archivePath, published } from "./build.ts";
import { chartPath } from "./chart.ts";
import { hostArchitecture, type Config } from "./config.ts";

const example = "crds/examples/intent-fr/intent-fr.yaml";

/** Installs what was built in a real cluster, and waits until a model keeps its promise there. */
export async function endToEnd(config: Config): Promise<void> {
  await up(here);
  for (const { name } of published) {
    const file = archivePath(name, hostArchitecture);
    await step(`Loading ${file}`, () => importArchive(here, file));
  }
  await step(`Installing ${chartPath(config)}`, () => install(config));
  await step(`Applying ${example}`, () => tool("kubectl", "apply", "--filename", example));
  await step("Waiting until it keeps its promise", () =>
    tool("kubectl", "wait", "--for=condition=WithinSLO", "mdep/intent-fr", "--timeout=5m"),
  );
  console.log(await tool("kubectl", "get", "mdep"));
}

async function install(config: Config): Promise<string> {
  const namespace = ["--namespace", "intendant-system", "--create-namespace"];
  // The images are in the cluster already, under the names that the chart has in the repository.
  const never = ["--set", "image.pullPolicy=Never"];
  const release = ["upgrade", "--install", "intendant", chartPath(config)];
  return tool("helm", ...release, ...namespace, ...never, "--wait", "--timeout", "3m");
}

function tool(program: string, ...args: string[]): Promise<string> {
  return run(join(programsFolder(), program), args, { env: { KUBECONFIG: here.kubeconfig } });
}
