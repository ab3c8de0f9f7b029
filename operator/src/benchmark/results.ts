import type { Latency, Measurement } from "../../../benchmarks/contract.ts";
import type { CapacityStatus, BenchmarkResult, ModelDeployment } from "../api/model-deployment.ts";
import { deploymentOf, type Observed } from "../state/observed.ts";
import { scenarioHash, type Run } from "../resources/benchmark-job.ts";
import { cpuTime, latency, rate } from "../api/units.ts";

/** A valid measurement. */
type Valid = Measurement & { latency: Latency };

/** Whether requests come at their own rate; unknown for a script. */
const loadModels: Record<Run["scenario"], BenchmarkResult["loadModel"]> = {
  Users: "closed",
  Rate: "open",
  Capacity: "open",
  Script: undefined,
};

/** A valid measurement as the status shows it, with what it was measured on. */
export function benchmarkResult(
  model: ModelDeployment,
  observed: Observed,
  run: Run,
  measurement: Valid,
): BenchmarkResult {
  const { revision, subject, trigger, scenario } = run;
  const { benchmark } = model.spec;
  const { cpuPerRequest, dropped, requests, errors, startedAt, finishedAt } = measurement;
  const loadModel = loadModels[scenario];
  return {
    revision,
    subject,
    trigger,
    scenario,
    scenarioHash: benchmark ? scenarioHash(model, benchmark) : "",
    ...(loadModel && { loadModel }),
    ...percentiles(measurement.latency),
    rps: rate(measurement.rps),
    requests,
    errors,
    dropped,
    ...(cpuPerRequest !== undefined && { cpuPerRequest: cpuTime(cpuPerRequest) }),
    replicas: Object.keys(run.pods).length,
    ...environment(model, observed, revision),
    startedAt,
    finishedAt,
  };
}

/** What one pod can take; undefined where that was not looked for, or not even the least was held. */
export function capacityResult(run: Run, measurement: Measurement): CapacityStatus | undefined {
  const { capacity, finishedAt } = measurement;
  if (!capacity || capacity.rps === 0 || capacity.p95 === undefined) return undefined;
  const replicas = Math.max(1, Object.keys(run.pods).length);
  const { cpuPerRequest } = capacity;
  return {
    revision: run.revision,
    rpsPerReplica: rate(capacity.rps / replicas),
    p95: latency(capacity.p95),
    ...(cpuPerRequest !== undefined && { cpuPerRequest: cpuTime(cpuPerRequest) }),
    replicas,
    measuredAt: finishedAt,
  };
}

function percentiles({ p50, p95, p99 }: Latency): Pick<BenchmarkResult, "p50" | "p95" | "p99"> {
  return { p50: latency(p50), p95: latency(p95), p99: latency(p99) };
}

/** What the revision is, as far as it is known. */
function environment(
  model: ModelDeployment,
  observed: Observed,
  revision: string,
): Pick<BenchmarkResult, "image" | "sha256" | "resources" | "node"> {
  const { serving } = model.status ?? {};
  const told = observed.models.get(revision);
  const known = told ?? (serving?.revision === revision ? serving : undefined);
  const container = deploymentOf(observed, revision)?.spec?.template.spec?.containers[0];
  return {
    ...(container?.image && { image: container.image }),
    ...(known?.sha256 && { sha256: known.sha256 }),
    ...(container?.resources && { resources: amounts(container.resources) }),
    ...(known?.node && { node: known.node }),
  };
}

type Resources = { [Key in "requests" | "limits"]?: { [resource: string]: string } | undefined };

/** `cpu 250m, memory 1Gi, at most memory 1Gi`, for instance. */
function amounts({ requests = {}, limits = {} }: Resources): string {
  const list = (quantities: { [resource: string]: string }) =>
    Object.keys(quantities)
      .sort()
      .map((resource) => `${resource} ${quantities[resource]}`)
      .join(", ");
  const most = list(limits);
  return [list(requests), most && `at most ${most}`].filter(Boolean).join(", ");
}
