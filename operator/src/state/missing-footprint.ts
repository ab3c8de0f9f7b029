import type { Footprint, ModelDeployment, ModelDeploymentStatus } from "../api/model-deployment.ts";

/** Something about a revision that only its pods and events can tell is still to be asked. */
export function lacksFootprint(model: ModelDeployment, revision: string): boolean {
  return !ofRevision(model.status, revision) || lacksMemoryUnderLoad(model.status, revision);
}

/** The cluster has not been asked yet how a revision's image was pulled. */
export function lacksPull({ status }: ModelDeployment, revision: string): boolean {
  return !ofRevision(status, revision);
}

/** The revision has been measured since its pods were asked for their memory. */
export function lacksMemoryUnderLoad(
  status: ModelDeploymentStatus | undefined,
  revision: string,
): boolean {
  const known = ofRevision(status, revision);
  return status?.benchmark?.revision === revision && known?.memoryUnderLoad === undefined;
}

/** The footprint in the status, where it is that of the revision. */
export function ofRevision(
  status: ModelDeploymentStatus | undefined,
  revision: string,
): Footprint | undefined {
  return status?.footprint?.revision === revision ? status.footprint : undefined;
}
