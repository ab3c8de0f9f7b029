/**
 * Measures the operator with many ModelDeployments on simulated nodes, beside the same objects
 * without it.
 *
 *   node tools/bench/operator/main.ts [--quick] [--models 100,1000,5000] [--rest 600]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { format } from "prettier";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { createApi } from "../../../operator/src/kube/api.ts";
import { kinds, type KubeObject } from "../../../operator/src/kube/resource.ts";
import { isTrue, type Deployment } from "../../../operator/src/kube/objects.ts";
import { conditionOf } from "../../../operator/src/api/model-deployment.ts";
import { up } from "../../cluster/cluster.ts";
import { run as command } from "../../support/command.ts";
import { here } from "../../cluster/instance.ts";
import { inNode } from "../../cluster/network.ts";
import { kubernetesVersion } from "../../cluster/programs/programs.ts";
import { endSimulation, simulate } from "../../cluster/simulation.ts";
import { toolPath } from "../../cluster/programs/tools.ts";
import { models, namespace, plain } from "./objects.ts";
import { startOperator, type Calls, type Operator, type Settings } from "./operator.ts";
import { measured } from "./process.ts";
import { report, withReport } from "./report.ts";
import type { Rest, Results, Run } from "./results.ts";
import { tally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    models: { type: "string" },
    rest: { type: "string" },
    rate: { type: "string" },
    concurrency: { type: "string" },
  },
});
const sizes = (values.models ?? (values.quick ? "100" : "100,1000,5000")).split(",").map(Number);
const restSeconds = Number(values.rest ?? (values.quick ? 30 : 600));
const settings: Settings = {
  rate: Number(values.rate ?? 200),
  burst: 2 * Number(values.rate ?? 200),
  concurrency: Number(values.concurrency ?? 16),
  resyncSeconds: Math.max(10, Math.floor(restSeconds / 2.5)),
};
const resultsFile = "tools/bench/operator/results.json";
const readme = "tools/bench/operator/README.md";
/** Nobody waits longer than this for anything, in seconds. */
const patience = 3_000;

const say = (text: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
const bundle = mkdtempSync(join(tmpdir(), "intendant-bench-"));
try {
  await measure();
} finally {
  rmSync(bundle, { recursive: true });
}

async function measure(): Promise<void> {
  const before = loadavg()[0]!;
  const measuredAt = new Date().toISOString();
  await up(here);
  execFileSync(process.execPath, ["tools/bundle.ts", "operator", bundle]);
  await kubectl(["apply", "--server-side", "-f", "crds/modeldeployments.yaml"]);
  await kubectl(["create", "namespace", namespace]).catch(() => undefined);
  await simulate(here, Math.max(5, Math.ceil(Math.max(...sizes) / 250)));
  const servers = measured(
    inNode(here, process.execPath, [join(import.meta.dirname, "model-servers.ts")]),
    process.env,
  );
  const runs: Run[] = [];
  try {
    await empty();
    for (const size of sizes) runs.push(await measureSize(size));
  } finally {
    await servers.end();
    await empty();
    await endSimulation(here);
  }
  const results: Results = {
    measuredAt,
    commit: commit(),
    machine: `${cpus()[0]?.model}, ${cpus().length} CPUs, Linux ${release()}`,
    versions: { node: process.versions.node, kubernetes: kubernetesVersion() },
    load: { before, after: loadavg()[0]! },
    settings,
    runs,
  };
  const text = report(results);
  console.log(text);
  if (values.quick) return;
  writeFileSync(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`);
  const markdown = await format(text, { parser: "markdown", printWidth: 100 });
  writeFileSync(readme, withReport(readFileSync(readme, "utf8"), markdown));
}

async function measureSize(size: number): Promise<Run> {
  say(`${size} models`);
  const operator = await startOperator(here, bundle, settings);
  let measuring: Omit<Run, "plain">;
  let children: object[];
  try {
    const emptyMemory = operator.memory().now;
    const ready = await untilReady(size);
    const cpu = operator.cpu();
    say(`all Ready after ${ready.toFixed(1)} s`);
    const calls = perModel(await settled(operator), size);
    children = await childrenNow();
    const rest = await atRest(operator, restSeconds);
    const memory = {
      empty: emptyMemory,
      rest: operator.memory().now,
      peak: operator.memory().peak,
    };
    const changed = await untilReady(size, { round: 2 });
    say(`all changed after ${changed.toFixed(1)} s`);
    await empty();
    const broken = Math.floor(size / 10);
    const besideBroken = await untilReady(size, { broken });
    say(`all others Ready after ${besideBroken.toFixed(1)} s, beside ${broken} broken ones`);
    await empty();
    measuring = { models: size, ready, changed, besideBroken, calls, memory, cpu, rest };
  } finally {
    await operator.end();
  }
  const plain = await untilAvailable(children, size);
  say(`the same objects without the operator: ${plain.toFixed(1)} s`);
  await empty();
  return { ...measuring, plain };
}

/** Applies ModelDeployments at once and waits until so many serve what they ask for. */
async function untilReady(
  size: number,
  { broken = 0, round = 1 }: { broken?: number; round?: number } = {},
): Promise<number> {
  const api = client();
  const ready = await tally(api, kinds.modelDeployment, isServed);
  try {
    const started = performance.now();
    await Promise.all([
      apply(models(size, { broken, round })),
      ready.reached({ done: size - broken }, "all are Ready", patience),
    ]);
    return (performance.now() - started) / 1000;
  } finally {
    await ready.stop();
    await api.close();
  }

  function isServed(object: KubeObject): boolean {
    const { metadata, spec, status } = object as ModelDeployment;
    const { status: isReady, observedGeneration } = conditionOf(status, "Ready") ?? {};
    const isCurrent = spec.server?.image === `server:${round}`;
    return isCurrent && isReady === "True" && observedGeneration === metadata.generation;
  }
}

/** Applies the same children without the operator and waits until all are available. */
async function untilAvailable(objects: object[], count: number): Promise<number> {
  const api = client();
  const available = await tally(api, kinds.deployment, (object) =>
    Boolean((object as Deployment).status?.conditions?.some(isTrue("Available"))),
  );
  try {
    const started = performance.now();
    await Promise.all([
      apply(objects),
      available.reached({ done: count }, "all are available", patience),
    ]);
    return (performance.now() - started) / 1000;
  } finally {
    await available.stop();
    await api.close();
  }
}

/** The calls that it took, once no further ones are made. */
async function settled(operator: Operator): Promise<Calls> {
  let last = "";
  for (;;) {
    const calls = await operator.calls();
    if (JSON.stringify(calls) === last) return calls;
    last = JSON.stringify(calls);
    await pause(3);
  }
}

async function atRest(operator: Operator, seconds: number): Promise<Rest> {
  const before = await operator.calls();
  const cpu = operator.cpu();
  await pause(seconds);
  const used = (operator.cpu() - cpu) / seconds;
  const after = await operator.calls();
  const writes = (["writes", "status", "events"] as const)
    .map((purpose) => after[purpose] - before[purpose])
    .reduce((sum, count) => sum + count);
  say(`at rest: ${writes} writes in ${seconds} s, CPU ${(100 * used).toFixed(2)} %`);
  return { seconds, resyncs: Math.floor(seconds / settings.resyncSeconds), cpu: used, writes };
}

async function childrenNow(): Promise<object[]> {
  const text = await kubectl([
    "get",
    "deployments,services,networkpolicies",
    "-n",
    namespace,
    "-o",
    "json",
  ]);
  return (JSON.parse(text) as { items: KubeObject[] }).items.map(plain);
}

/** Removes everything and waits until it is gone. */
async function empty(): Promise<void> {
  const api = client();
  const pods = await tally(api, kinds.pod, () => true);
  const deployments = await tally(api, kinds.deployment, () => true);
  try {
    const ours = "/apis/intendant.dev/v1alpha1";
    for (const path of [
      `${ours}/namespaces/${namespace}/modeldeployments`,
      `/apis/apps/v1/namespaces/${namespace}/deployments`,
      `/api/v1/namespaces/${namespace}/services`,
      `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
    ]) {
      await remove(path);
    }
    await deployments.reached({ left: 0 }, "all Deployments are gone", patience);
    await pods.reached({ left: 0 }, "all pods are gone", patience);
  } finally {
    await pods.stop();
    await deployments.stop();
    await api.close();
  }
}

/** The API server breaks off after a minute, however much there is left to remove. */
async function remove(collection: string, tries = 60): Promise<void> {
  try {
    await kubectl(["delete", "--raw", collection]);
  } catch (error) {
    if (tries === 0) throw error;
    await remove(collection, tries - 1);
  }
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

function client() {
  const config = new KubeConfig();
  config.loadFromFile(here.kubeconfig);
  return createApi(config, { userAgent: "intendant-bench", rate: 1_000, burst: 1_000 });
}

function apply(objects: object[]): Promise<string> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  return kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
}

function kubectl(args: string[], input?: string): Promise<string> {
  const env = { PATH: toolPath(), KUBECONFIG: here.kubeconfig };
  return command("kubectl", args, { env, ...(input !== undefined && { input }) });
}

function commit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") ? "+" : ""}`;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
