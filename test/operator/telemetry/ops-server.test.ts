import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { Metrics } from "../../../operator/src/telemetry/metrics.ts";
import { OpsServer } from "../../../operator/src/telemetry/ops-server.ts";
import { suite } from "../../support/suite.ts";
import { intentFr } from "../fixtures.ts";

const test = suite("ops");

/** A model whose condition Ready has this status. */
function ready(status: "True" | "False" | undefined): ModelDeployment {
  if (!status) return intentFr();
  const condition = {
    type: "Ready",
    status,
    reason: "Serving",
    message: "",
    lastTransitionTime: "",
  };
  return intentFr({}, { conditions: [condition] });
}

/** What an ops server answers, as `status text`. */
async function answer(path: string, { isReady = true, fails = false } = {}): Promise<string> {
  const metrics = new Metrics();
  metrics.reconciled("done", 0.002);
  const models = (["True", "True", "False", undefined] as const).map((status) => ready(status));
  const snapshot = { queueDepth: 3, isLeader: true, models };
  const server = await OpsServer.listen({
    port: 0,
    isReady: () => isReady,
    metricsType: metrics.contentType,
    metrics: () => (fails ? Promise.reject(new Error("no figures")) : metrics.text(snapshot)),
  });
  try {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return `${response.status} ${await response.text()}`;
  } finally {
    await server.close();
  }
}

test("is live as soon as it listens, and ready when the operator is", async () => {
  assert.is(await answer("/livez", { isReady: false }), "200 ok\n");
  assert.is(await answer("/readyz", { isReady: false }), "503 starting\n");
  assert.is(await answer("/readyz"), "200 ok\n");
});

test("says what there is when it is asked for something else", async () => {
  assert.match(await answer("/"), /^404 there are \/livez/);
});

const samples = [
  'intendant_reconcile_total{result="done"} 1',
  'intendant_reconcile_total{result="error"} 0',
  'intendant_reconcile_duration_seconds_bucket{le="0.005"} 1',
  "intendant_queue_depth 3",
  "intendant_leader 1",
  'intendant_models{ready="True"} 2',
  'intendant_models{ready="False"} 1',
  'intendant_models{ready="Unknown"} 1',
  'intendant_condition{namespace="demo",name="intent-fr",type="Ready",status="True"} 1',
];
for (const sample of samples) {
  test(`has the sample ${sample}`, async () => {
    assert.ok((await answer("/metrics?name=all")).includes(`\n${sample}\n`));
  });
}

test("answers 500 when the figures cannot be had", async () => {
  assert.is(await answer("/metrics", { fails: true }), "500 Error: no figures\n");
});

test.run();
