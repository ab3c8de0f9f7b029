import type { ConditionType } from "./reasons.ts";
import type { ModelDeploymentSpec, ModelDeploymentStatus } from "./model-deployment.gen.ts";
import type { KubeObject } from "../kube/resource.ts";

export type { ModelDeploymentSpec, ModelDeploymentStatus } from "./model-deployment.gen.ts";

/** What the API server stores; everything with a default is there. */
export interface ModelDeployment extends KubeObject {
  metadata: NonNullable<KubeObject["metadata"]> & {
    name: string;
    namespace: string;
    uid: string;
    generation: number;
  };
  spec: ModelDeploymentSpec;
  status?: ModelDeploymentStatus;
}

/** One line of status.conditions. */
export type Condition = NonNullable<ModelDeploymentStatus["conditions"]>[number];

/** The revision that receives traffic, as the status shows it. */
export type Serving = NonNullable<ModelDeploymentStatus["serving"]>;

/** The revision that is being rolled out or was refused, as the status shows it. */
export type Candidate = NonNullable<ModelDeploymentStatus["candidate"]>;

/** Why a candidate does not receive traffic. */
export type Refusal = NonNullable<Candidate["refusal"]>;

/** A measurement as the status shows it. */
export type BenchmarkResult = NonNullable<ModelDeploymentStatus["benchmark"]>;

/** What the serving revision costs, as the status shows it. */
export type Footprint = NonNullable<ModelDeploymentStatus["footprint"]>;
/** What one pod can take, as the status shows it. */
export type CapacityStatus = NonNullable<ModelDeploymentStatus["capacity"]>;

/** A measurement of the past, valid or not, as the status shows it. */
export type HistoryEntry = NonNullable<ModelDeploymentStatus["history"]>[number];

/** What to keep of requests, and where. */
export type CaptureSpec = NonNullable<ModelDeploymentSpec["capture"]>;

/** How to label what was captured. */
export type EnrichmentSpec = NonNullable<ModelDeploymentSpec["enrichment"]>;

/** How to measure. */
export type BenchmarkSpec = NonNullable<ModelDeploymentSpec["benchmark"]>;

/** The key under which a ModelDeployment is queued. */
export function keyOf(model: ModelDeployment): string {
  return `${model.metadata.namespace}/${model.metadata.name}`;
}

/** The condition of a type in a status. */
export function conditionOf(
  status: ModelDeploymentStatus | undefined,
  type: ConditionType,
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}
