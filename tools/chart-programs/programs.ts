import { join } from "node:path";
import { goTools } from "../cluster/programs/go-tools.ts";

const folder = import.meta.dirname;

/** helm-unittest, built at the first use in a minute and a half. */
export async function helmUnittest(): Promise<string> {
  return join(await goTools(join(folder, "helm-unittest")), "helm-unittest");
}

/** kube-score, built at the first use in a minute. */
export async function kubeScore(): Promise<string> {
  return join(await goTools(join(folder, "kube-score")), "kube-score");
}

/** Prometheus and promtool, built at the first use in three minutes. */
export async function prometheus(): Promise<{ server: string; tool: string }> {
  // The dozens of clouds that it could ask for its targets are most of it.
  const programs = await goTools(join(folder, "prometheus"), [
    "remove_all_sd",
    "enable_kubernetes_sd",
  ]);
  return { server: join(programs, "prometheus"), tool: join(programs, "promtool") };
}

/** Reads what is for the Prometheus Operator as that would; built at the first use in two minutes. */
export async function monitors(): Promise<string> {
  return join(await goTools(join(folder, "monitors")), "monitors");
}
