import { setTimeout as sleep } from "node:timers/promises";
import { conditionOf, type ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { isTrue, type Deployment } from "../../../operator/src/kube/objects.ts";
import { kinds, type KubeObject } from "../../../operator/src/kube/resource.ts";
import { here } from "../../cluster/instance.ts";
import { applyAndWait, empty, kubectl } from "./cluster.ts";
import { models, namespace, withoutOperator } from "./objects.ts";
import { RunningOperator, type Calls, type Settings } from "./operator.ts";
import type { Rest, Run } from "./results.ts";

/** How one number of ModelDeployments is measured. */
export interface Wanted {
  models: number;
  /** How long the operator is watched while nothing changes, in seconds. */
  restSeconds: number;
  /** Folder of the bundled operator. */
  bundle: string;
  settings: Settings;
}

/** Prints what happens, with the time. */
const say = (text: string): void =>
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);

/** Measures a number of ModelDeployments with the operator, then the same objects without it. */
export async function measureSize(wanted: Wanted): Promise<Run> {
  say(`${wanted.models} models`);
  const operator = await RunningOperator.start(here, wanted.bundle, wanted.settings);
  let found: Awaited<ReturnType<typeof withOperator>>;
  try {
    found = await withOperator(operator, wanted);
  } finally {
    await operator.end();
  }
  const { children, ...measured } = found;
  const plain = await untilAvailable(children, wanted.models);
  say(`the same objects without the operator: ${plain.toFixed(1)} s`);
  await empty();
  return { models: wanted.models, ...measured, plain };
}

async function withOperator(operator: RunningOperator, { models: size, ...wanted }: Wanted) {
  const emptyMemory = operator.memory().now;
  const ready = await untilReady(size);
  const cpu = operator.cpu();
  say(`all Ready after ${ready.toFixed(1)} s`);
  const calls = perModel(await settledCalls(operator), size);
  const children = await childrenNow();
  const rest = await atRest(operator, wanted);
  const { now, peak } = operator.memory();
  const memory = { empty: emptyMemory, rest: now, peak };
  const changed = await untilReady(size, { round: 2 });
  say(`all changed after ${changed.toFixed(1)} s`);
  await empty();
  const broken = Math.floor(size / 10);
  const besideBroken = await untilReady(size, { broken });
  say(`all others Ready after ${besideBroken.toFixed(1)} s, beside ${broken} broken ones`);
  await empty();
  return { ready, changed, besideBroken, calls, memory, cpu, rest, children };
}

/** Applies ModelDeployments at once; seconds until all but the broken ones are Ready. */
function untilReady(
  size: number,
  { broken = 0, round = 1 }: { broken?: number; round?: number } = {},
): Promise<number> {
  const isDone = (object: KubeObject) => {
    const { metadata, spec, status } = object as ModelDeployment;
    const { status: isReady, observedGeneration } = conditionOf(status, "Ready") ?? {};
    const isCurrent = spec.server?.image === `server:${round}`;
    return isCurrent && isReady === "True" && observedGeneration === metadata.generation;
  };
  const count = size - broken;
  const goal = { kind: kinds.modelDeployment, isDone, count, what: "all are Ready" };
  return applyAndWait(models(size, { broken, round }), goal);
}

/** Applies the same children without the operator; seconds until all are available. */
function untilAvailable(objects: object[], count: number): Promise<number> {
  const isDone = (object: KubeObject) =>
    Boolean((object as Deployment).status?.conditions?.some(isTrue("Available")));
  return applyAndWait(objects, {
    kind: kinds.deployment,
    isDone,
    count,
    what: "all are available",
  });
}

/** The calls that it took, once no further ones are made. */
async function settledCalls(operator: RunningOperator): Promise<Calls> {
  let last = "";
  for (;;) {
    const calls = await operator.calls();
    if (JSON.stringify(calls) === last) return calls;
    last = JSON.stringify(calls);
    await sleep(3000);
  }
}

async function atRest(
  operator: RunningOperator,
  { restSeconds, settings }: Omit<Wanted, "models">,
): Promise<Rest> {
  const before = await operator.calls();
  const cpu = operator.cpu();
  await sleep(restSeconds * 1000);
  const used = (operator.cpu() - cpu) / restSeconds;
  const after = await operator.calls();
  const writes = (["writes", "status", "events"] as const)
    .map((purpose) => after[purpose] - before[purpose])
    .reduce((sum, count) => sum + count);
  say(`at rest: ${writes} writes in ${restSeconds} s, CPU ${(100 * used).toFixed(2)} %`);
  const resyncs = Math.floor(restSeconds / settings.resyncSeconds);
  return { seconds: restSeconds, resyncs, cpu: used, writes };
}

async function childrenNow(): Promise<object[]> {
  const kindsOfChildren = "deployments,services,networkpolicies";
  const text = await kubectl(["get", kindsOfChildren, "-n", namespace, "-o", "json"]);
  return (JSON.parse(text) as { items: KubeObject[] }).items.map(withoutOperator);
}

function perModel(calls: Calls, count: number): Calls {
  const { reads, writes, status, events } = calls;
  return {
    reads: reads / count,
    writes: writes / count,
    status: status / count,
    events: events / count,
  };
}
