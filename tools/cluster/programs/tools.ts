import { delimiter } from "node:path";
import { areBuilt, programsFolder } from "./programs.ts";
import { here } from "../instance.ts";

/**
 * A PATH on which kubectl, helm and k6 are the ones that this project builds.
 *
 * @throws Error when they have not been built
 */
export function toolPath(): string {
  if (!areBuilt()) throw new Error("kubectl, helm and k6 have not been built; run: make setup");
  return [programsFolder(), process.env["PATH"]].join(delimiter);
}

/** Where the kubeconfig of this checkout's cluster is while the cluster runs. */
export function kubeconfigPath(): string {
  return here.kubeconfig;
}
