/**
 * Measures the operator with many ModelDeployments on simulated nodes, beside the same objects
 * without it.
 *
 *   node tools/bench/operator/main.ts [--models 100,1000,5000] [--rest 600]
 *   node tools/bench/operator/main.ts --quick
 *
 * A whole series is written to results.json and README.md; a quick one is only printed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { up } from "../../cluster/cluster.ts";
import { here } from "../../cluster/instance.ts";
import { inNode } from "../../cluster/network.ts";
import { kubernetesVersion } from "../../cluster/programs/programs.ts";
import { endSimulation, simulate } from "../../cluster/simulation.ts";
import { run } from "../../support/command.ts";
import { wholeNumber, wholeNumbers } from "../lib/command-line.ts";
import { loadAverage, provenance } from "../lib/provenance.ts";
import { writeReport } from "../lib/report-page.ts";
import { empty, kubectl } from "./cluster.ts";
import { measureSize } from "./measure.ts";
import { MeasuredProcess } from "./measured-process.ts";
import { namespace } from "./objects.ts";
import type { Settings } from "./operator.ts";
import { report } from "./report.ts";
import type { Results, Run } from "./results.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    models: { type: "string" },
    rest: { type: "string" },
    rate: { type: "string" },
    concurrency: { type: "string" },
  },
});
const sizes = wholeNumbers("models", values.models ?? (values.quick ? "100" : "100,1000,5000"));
const restSeconds = wholeNumber("rest", values.rest, values.quick ? 30 : 600);
const rate = wholeNumber("rate", values.rate, 200);
const settings: Settings = {
  rate,
  burst: 2 * rate,
  concurrency: wholeNumber("concurrency", values.concurrency, 16),
  resyncSeconds: Math.max(10, Math.floor(restSeconds / 2.5)),
};
const beside = (file: string) => join(import.meta.dirname, file);

const bundle = mkdtempSync(join(tmpdir(), "intendant-bench-"));
try {
  const results = await measure();
  console.log(report(results));
  if (!values.quick) {
    writeFileSync(beside("results.json"), `${JSON.stringify(results, undefined, 2)}\n`);
    await writeReport(report(results), { page: beside("README.md"), target: "bench-operator" });
  }
} finally {
  rmSync(bundle, { recursive: true });
}

async function measure(): Promise<Results> {
  const before = loadAverage();
  const began = provenance();
  await up(here);
  await run(process.execPath, ["tools/bundle.ts", "operator", bundle]);
  await kubectl(["apply", "--server-side", "-f", "crds/modeldeployments.yaml"]);
  await kubectl(["create", "namespace", namespace]).catch(() => undefined);
  await simulate(here, Math.max(5, Math.ceil(Math.max(...sizes) / 250)));
  const answering = inNode(here, process.execPath, [beside("model-servers.ts")]);
  const servers = new MeasuredProcess(answering, process.env);
  const runs: Run[] = [];
  try {
    await empty();
    for (const models of sizes) {
      runs.push(await measureSize({ models, restSeconds, bundle, settings }));
    }
  } finally {
    await servers.end();
    await empty();
    await endSimulation(here);
  }
  return {
    ...began,
    versions: { node: process.versions.node, kubernetes: kubernetesVersion() },
    load: { before, after: loadAverage() },
    settings,
    runs,
  };
}
