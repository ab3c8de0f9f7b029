import type { ModelDeployment } from "./api.ts";
import { benchmark, type Benchmark } from "./benchmark.ts";
import { hasDrifted, sealed } from "./drift.ts";
import type { KubeObject } from "./kube/resource.ts";
import {
  available,
  deploymentOf,
  nameOf,
  revisionOf,
  selected,
  type Deployment,
  type Observed,
  type PodTemplate,
} from "./observed.ts";
import { candidateReplicas, fewest, servingReplicas } from "./replicas.ts";
import { autoscaler } from "./resources/autoscaler.ts";
import { deployment, deploymentName, podTemplate, type Images } from "./resources/deployment.ts";
import { service } from "./resources/service.ts";
import { revision } from "./revision.ts";
import { rollout, type Rollout } from "./rollout.ts";

/** What to do about one ModelDeployment. In a world that is as it should be there is nothing. */
export interface Plan {
  rollout: Rollout;
  /** How many pods the desired revision has to have available. */
  wanted: number;
  benchmark: Benchmark;
  /** Objects that are missing or not as they should be, in the order in which to apply them. */
  apply: KubeObject[];
  /** Numbers of pods to write, by a field manager of their own. */
  scale: Scale[];
  remove: KubeObject[];
  /** The revision whose Deployment is among what is applied for the first time. */
  created: string | undefined;
}

/** How many pods a Deployment shall have. */
export interface Scale {
  deployment: string;
  replicas: number;
}

/** What Kubernetes writes into a Deployment that says nothing about replicas. */
const defaultReplicas = 1;

/** Decides what to do. Pure: the same resource in the same world is always the same plan. */
export function plan(model: ModelDeployment, observed: Observed, images: Images): Plan {
  const template = desiredTemplate(model, observed, images);
  const desired = template && revision(template);
  const current = currentRevision(model, observed);
  const needed = neededReplicas(model, observed, { desired, current });
  const decided = rollout({
    desired,
    current,
    established: current !== undefined && isEstablished(model, observed, current),
    complete: desired !== undefined && isComplete(observed, desired, needed),
    existing: observed.deployments.flatMap((deployment) => revisionOf(deployment) ?? []),
  });
  const wanted = fewest(model);
  const measuring = benchmark({ model, observed, rollout: decided, wanted, images });
  return {
    rollout: decided,
    wanted: decided.candidate === undefined ? wanted : needed,
    benchmark: measuring,
    apply: [
      ...drifted(model, observed, decided, template),
      ...(measuring.state === "starting" ? [measuring.object] : []),
    ],
    scale: scales(model, observed, decided),
    remove: removals(model, observed, decided, measuring),
    created: deploymentOf(observed, desired) ? undefined : desired,
  };
}

/**
 * The revision that the Service selects. Where somebody removed the Service or its selector, it is
 * the one that the status remembers.
 */
function currentRevision(model: ModelDeployment, observed: Observed): string | undefined {
  const remembered = model.status?.serving?.revision;
  const known = [selected(observed), remembered].filter((revision) => revision !== undefined);
  return known.find((revision) => deploymentOf(observed, revision)) ?? known[0];
}

function desiredTemplate(
  model: ModelDeployment,
  { source }: Observed,
  images: Images,
): PodTemplate | undefined {
  return source.problem ? undefined : podTemplate(model, source.sha256, images);
}

/** How many pods the desired revision needs before it can take over. */
function neededReplicas(
  model: ModelDeployment,
  observed: Observed,
  { desired, current }: { desired: string | undefined; current: string | undefined },
): number {
  if (current === undefined || current === desired) return fewest(model);
  return candidateReplicas(model, replicasOf(deploymentOf(observed, current)) ?? 0);
}

/** The revision has answered at some time, and still can. */
function isEstablished(model: ModelDeployment, observed: Observed, revision: string): boolean {
  if (!deploymentOf(observed, revision)) return false;
  return model.status?.serving?.revision === revision || available(observed, revision) > 0;
}

/** The Deployment controller has seen the Deployment as it is, and all its pods can answer. */
function isComplete(observed: Observed, revision: string, wanted: number): boolean {
  const deployment = deploymentOf(observed, revision);
  const { generation = 0 } = deployment?.metadata ?? {};
  const { observedGeneration = -1 } = deployment?.status ?? {};
  return observedGeneration >= generation && available(observed, revision) >= wanted;
}

function replicasOf(deployment: Deployment | undefined): number | undefined {
  return deployment && (deployment.spec?.replicas ?? defaultReplicas);
}

/**
 * The objects that are not as they should be. The Service comes first: when its name is taken, no
 * pod need start. A serving revision that is not the desired one was made from a spec that is gone,
 * so its Deployment stays as it is.
 */
function drifted(
  model: ModelDeployment,
  observed: Observed,
  { desired, serving }: Rollout,
  template: PodTemplate | undefined,
): KubeObject[] {
  const objects: [KubeObject | undefined, KubeObject | undefined][] = [];
  if (serving !== undefined) objects.push([observed.service, service(model, serving)]);
  if (desired !== undefined && template) {
    objects.push([deploymentOf(observed, desired), deployment(model, desired, template)]);
  }
  if (serving !== undefined) objects.push([observed.autoscaler, autoscaler(model, serving)]);
  return objects.flatMap(([current, object]) => {
    const wanted = object && sealed(object);
    return wanted && hasDrifted(current, wanted) ? [wanted] : [];
  });
}

function scales(
  model: ModelDeployment,
  observed: Observed,
  { desired, serving, candidate }: Rollout,
): Scale[] {
  const current = (revision: string | undefined) => replicasOf(deploymentOf(observed, revision));
  const wanted: [string | undefined, number | undefined][] = [
    [serving, servingReplicas(model, current(serving))],
    [candidate, candidateReplicas(model, current(serving) ?? 0)],
  ];
  return wanted.flatMap(([revision, replicas]) => {
    if (revision === undefined || replicas === undefined) return [];
    const there = current(revision) ?? (revision === desired ? defaultReplicas : undefined);
    if (there === undefined || there === replicas) return [];
    return [{ deployment: deploymentName(model, revision), replicas }];
  });
}

function removals(
  model: ModelDeployment,
  observed: Observed,
  { superseded }: Rollout,
  measuring: Benchmark,
): KubeObject[] {
  const keep = "job" in measuring ? measuring.job : undefined;
  const { autoscaler, deployments, jobs } = observed;
  return [
    ...deployments.filter((deployment) => superseded.includes(revisionOf(deployment) ?? "")),
    ...(autoscaler && !model.spec.autoscaling ? [autoscaler] : []),
    ...jobs.filter((job) => nameOf(job) !== keep),
  ];
}
