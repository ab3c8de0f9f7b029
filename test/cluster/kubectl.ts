import { existsSync } from "node:fs";
import { here } from "./instance.ts";
import { areBuilt, programsFolder } from "./programs.ts";

/** The cluster to use: the one that KUBECONFIG names, otherwise this checkout's own. */
export function kubeconfig(): string {
  const named = process.env["KUBECONFIG"];
  if (named) return named;
  if (existsSync(here.kubeconfig)) return here.kubeconfig;
  throw new Error("There is no cluster; run: make cluster-up, or set KUBECONFIG");
}

/** A PATH that begins with the pinned kubectl, helm and k6, as far as they have been built. */
export function toolPath(): string {
  const path = process.env["PATH"] ?? "";
  return areBuilt() ? `${programsFolder()}:${path}` : path;
}

/** The environment of a command that uses the cluster. */
export function clusterEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, KUBECONFIG: kubeconfig(), PATH: toolPath() };
}
