import type { BenchmarkSpec, BenchmarkResult, ModelDeployment } from "../api/model-deployment.ts";
import { hash } from "../api/hash.ts";
import { minReplicas } from "../resources/replicas.ts";
import { scenarioHash } from "../resources/benchmark-job.ts";

/**
 * Hash of what a measurement holds for: the revision, how many pods it has at least, and the load.
 * With another one, a result is stale.
 */
export function subjectOf(
  model: ModelDeployment,
  benchmark: BenchmarkSpec,
  revision: string,
): string {
  return hash([revision, minReplicas(model), scenarioHash(model, benchmark)]);
}

/**
 * The result in the status, as long as it holds for this subject. The model file and the
 * processor count where both then and now are known.
 */
export function currentResult(
  model: ModelDeployment,
  subject: string,
): BenchmarkResult | undefined {
  const { benchmark: figures, serving } = model.status ?? {};
  if (figures?.subject !== subject) return undefined;
  const isTrue =
    isSame(figures.sha256, serving?.sha256) && isSame(figures.node?.cpu, serving?.node?.cpu);
  return isTrue ? figures : undefined;
}

function isSame(then: string | undefined, now: string | undefined): boolean {
  return then === undefined || now === undefined || then === now;
}
