import type { ModelDeployment, HistoryEntry } from "../api/model-deployment.ts";
import { attempt } from "../rollout/attempt.ts";
import {
  decideBenchmark,
  heldReplicas,
  obsoleteJobs,
  type Benchmark,
} from "../benchmark/benchmark.ts";
import { needsExclusivePods, type BenchmarkRun } from "../benchmark/run.ts";
import { children } from "./children.ts";
import { isRequested } from "../benchmark/triggers.ts";
import { decideEnrichment, type Enrichment } from "../enrichment/enrichment.ts";
import { completedRunOf, decideGate, gateJob, type Gate } from "../rollout/gate.ts";
import type { Installation } from "../resources/installation.ts";
import type { KubeObject } from "../kube/resource.ts";
import { isUnderWay } from "../state/jobs.ts";
import { available, deploymentOf, revisionOf, selected, type Observed } from "../state/observed.ts";
import { nameOf, type Deployment, type Job, type PodTemplate } from "../kube/objects.ts";
import { records } from "../benchmark/history.ts";
import { candidateReplicas, minReplicas, servingReplicas } from "../resources/replicas.ts";
import { deploymentName, podTemplate, type Images } from "../resources/deployment.ts";
import { revisionOfTemplate } from "../resources/revision.ts";
import { decideRollout, type Rollout } from "../rollout/rollout.ts";

/** What to do about one ModelDeployment. In a world that is as it should be there is nothing. */
export interface Plan {
  rollout: Rollout;
  /** How many pods the serving revision has to have available. */
  wanted: number;
  /** How many pods the candidate has to have available before it can take over. */
  needed: number;
  /** Whether the candidate may take over; undefined where nothing else than the desired one serves. */
  gate: Gate | undefined;
  benchmark: Benchmark;
  /** What becomes of the workers that label what was captured. */
  enrichment: Enrichment;
  /** What was measured up to now. */
  history: HistoryEntry[];
  /** Whether to take the annotation away that asks for a measurement, as the status has it now. */
  acknowledge: boolean;
  /** Objects that are missing or not as they should be, in the order in which to apply them. */
  apply: KubeObject[];
  /** Numbers of pods to write, by a field manager of their own. */
  scale: Scale[];
  remove: KubeObject[];
  /** Objects to apply when all else is done, so that one that is refused keeps nothing from it. */
  expose: KubeObject[];
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

/** Decides what to do. Pure: the same resource in the same world at the same time is one plan. */
export function plan(model: ModelDeployment, observed: Observed, context: PlanContext): Plan {
  const template = desiredTemplate(model, observed, context.images);
  const decisions = decide(model, observed, context, template && revisionOfTemplate(template));
  const { benchmark, gate } = decisions;
  const isMeasuring = openRuns(decisions).some(needsExclusivePods) || isUnderWay(observed);
  const completed = [completedRunOf(gate), benchmark.completed].flatMap((one) => one ?? []);
  const reports = records(model, completed, context.now);
  const base: Plan = {
    ...decisions,
    ...nothing,
    enrichment: decideEnrichment({ model, observed, ...context, isMeasuring }),
    history: reports.history,
    acknowledge: isRequested(model) && model.status?.measureRequestedAt !== undefined,
    apply: reports.apply,
    remove: reports.remove,
  };
  // What is under way, such as a benchmark, comes to its end by itself.
  return model.spec.paused ? base : withChanges(base, { model, observed, template, context });
}

const nothing = { scale: [], expose: [], created: undefined };

/** Adds what changes in the cluster while spec.paused is not true. */
function withChanges(base: Plan, { model, observed, template, context }: ChangeInput): Plan {
  const { rollout, benchmark, gate } = base;
  const { desired, refused } = rollout;
  const held = heldReplicas(benchmark);
  const changes = children({ model, observed, rollout, template, held, installation: context });
  const job = startingJob(base);
  return {
    ...base,
    apply: [...base.apply, ...changes.apply, ...(job ? [job] : [])],
    scale: scales(model, observed, base),
    remove: [
      ...changes.remove,
      ...base.remove,
      ...obsoleteJobs(model, observed.jobs, gateJob(gate)),
    ],
    expose: changes.expose,
    created: refused !== undefined || deploymentOf(observed, desired) ? undefined : desired,
  };
}

interface ChangeInput {
  model: ModelDeployment;
  observed: Observed;
  template: PodTemplate | undefined;
  context: PlanContext;
}

/** The runs that are not over: of the serving revision, and of a candidate behind its gate. */
export function openRuns({ benchmark, gate }: Pick<Plan, "benchmark" | "gate">): BenchmarkRun[] {
  return [benchmark.activity, gate].flatMap((one) => (one?.state === "measuring" ? [one.run] : []));
}

/** The Job that a plan makes. */
export function startingJob(decisions: Pick<Plan, "benchmark" | "gate">): Job | undefined {
  return openRuns(decisions).flatMap((run) => (run.state === "starting" ? [run.object] : []))[0];
}

/** What a plan is made with. */
export interface PlanContext extends Installation {
  now: Date;
}

/** What is decided, before it is known what there is to do about it. */
type Decisions = Pick<Plan, "rollout" | "wanted" | "needed" | "gate" | "benchmark">;

function decide(
  model: ModelDeployment,
  observed: Observed,
  context: PlanContext,
  desired: string | undefined,
): Decisions {
  const {
    paused,
    rollout: { historyLimit },
  } = model.spec;
  const input = { model, observed, ...context };
  const current = currentRevision(model, observed);
  const established = current !== undefined && isEstablished(model, observed, current);
  const needed = neededReplicas(model, observed, { desired, current });
  const isBeside = established && desired !== undefined && desired !== current && !paused;
  const candidate = isBeside && {
    revision: desired,
    attempt: attempt(model, desired),
    needed,
    complete: isComplete(observed, desired, needed),
  };
  const gateDecision = candidate ? decideGate({ ...input, ...candidate }) : undefined;
  const rolloutDecision = decideRollout({
    desired,
    current,
    established,
    paused,
    gate: gateDecision?.state,
    existing: newestFirst(observed.deployments).flatMap((one) => revisionOf(one) ?? []),
    historyLimit,
  });
  const wanted = minReplicas(model);
  return {
    rollout: rolloutDecision,
    wanted,
    needed,
    gate: gateDecision,
    benchmark:
      measuredBefore(gateDecision) ??
      decideBenchmark({ ...input, rollout: rolloutDecision, wanted }),
  };
}

/** The result of a candidate holds for it after its promotion. */
function measuredBefore(gateDecision: Gate | undefined): Benchmark | undefined {
  if (gateDecision?.state !== "open" || !gateDecision.completed?.figures) return undefined;
  const { figures } = gateDecision.completed;
  return { subject: figures.subject, figures, activity: { state: "idle" } };
}

/**
 * The revision that the Service selects. Where the Service or its selector was removed, it is
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
  if (current === undefined || current === desired) return minReplicas(model);
  return candidateReplicas(model, replicasOf(deploymentOf(observed, current)) ?? 0);
}

/** The revision has answered at some time, and still can. */
function isEstablished(model: ModelDeployment, observed: Observed, revision: string): boolean {
  if (!deploymentOf(observed, revision)) return false;
  return model.status?.serving?.revision === revision || available(observed, revision) > 0;
}

/** By the time of creation, and by name where that is the same. */
function newestFirst(deployments: Deployment[]): Deployment[] {
  const age = (one: Deployment) => `${String(one.metadata?.creationTimestamp)} ${nameOf(one)}`;
  return [...deployments].sort((one, other) => (age(one) < age(other) ? 1 : -1));
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

function scales(
  model: ModelDeployment,
  observed: Observed,
  { rollout: { desired, serving, candidate, retired }, gate }: Decisions,
): Scale[] {
  const current = (revision: string | undefined) => replicasOf(deploymentOf(observed, revision));
  const wanted: [string | undefined, number | undefined][] = [
    [serving, servingReplicas(model, current(serving))],
    // What is being measured stays as it is; it follows the serving revision afterwards.
    ...(gate?.state === "measuring" && gate.run.state !== "queued"
      ? []
      : [[candidate, candidateReplicas(model, current(serving) ?? 0)] as [string, number]]),
    ...retired.map((revision): [string, number] => [revision, 0]),
  ];
  return wanted.flatMap(([revision, replicas]) => {
    if (revision === undefined || replicas === undefined) return [];
    const there = current(revision) ?? (revision === desired ? defaultReplicas : undefined);
    if (there === undefined || there === replicas) return [];
    return [{ deployment: deploymentName(model, revision), replicas }];
  });
}
