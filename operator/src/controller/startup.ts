import type { Api } from "../kube/api.ts";
import { isForbidden, isNotFound } from "../kube/errors.ts";
import { kinds } from "../kube/resource.ts";

/** Throws with the remedy when the API server does not have what the operator lives on. */
export async function checkCluster(api: Api, namespaces: string[]): Promise<void> {
  const [namespace] = namespaces;
  try {
    await api.list(kinds.modelDeployment, { limit: 1, ...(namespace && { namespace }) });
  } catch (cause) {
    throw new Error(remedy(cause), { cause });
  }
}

function remedy(cause: unknown): string {
  if (isNotFound(cause)) {
    return (
      "The CRD is not installed; run: helm upgrade --install intendant charts/intendant " +
      "--set crds.install=true, or: kubectl apply --server-side -f crds/modeldeployments.yaml"
    );
  }
  if (isForbidden(cause)) {
    return (
      "The operator may not list ModelDeployments; bind the chart's role to its service account, " +
      "or name in WATCH_NAMESPACES the namespaces that it may read"
    );
  }
  return "The API server does not answer; check that the kubeconfig or the service account is right";
}
