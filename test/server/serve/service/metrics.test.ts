import * as assert from "uvu/assert";
import { ask, post } from "../../../support/ask.ts";
import { modelServer, type ModelServer } from "../../../../tools/support/model-server.ts";
import { linear } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("metrics");
let server: ModelServer;

test.before.each(async () => {
  server = await modelServer(linear());
});

test.after.each(() => server.end());

const infer = (data: unknown[]) =>
  post(`${server.url}/v2/models/test/infer`, {
    inputs: [{ name: "x", datatype: "FP32", shape: [data.length / 4, 4], data }],
  });

/** All samples whose name begins so, without the buckets of histograms. */
async function samples(prefix: string): Promise<string[]> {
  const { body } = await ask(`${server.ops}/metrics`);
  const lines = String(body).split("\n");
  return lines.filter((line) => line.startsWith(prefix) && !line.includes("_bucket"));
}

const counts = async (prefix: string) =>
  (await samples(prefix)).filter((line) => line.includes("_count"));

test("are in the text format of Prometheus", async () => {
  const { status, type } = await ask(`${server.ops}/metrics`);
  assert.is(status, 200);
  assert.is(type, "text/plain; version=0.0.4; charset=utf-8");
});

test("count requests by method, route and status", async () => {
  await infer([1, 2, 3, 4]);
  await infer([1, 2, 3, 4]);
  await infer([1, 2, 3, null]);
  await ask(`${server.url}/v2/models/test/versions/1`);
  const prefix = "intendant_server_request_duration_seconds";
  assert.equal(await counts(prefix), [
    `${prefix}_count{method="POST",route="/v2/models/:model/infer",code="200"} 2`,
    `${prefix}_count{method="POST",route="/v2/models/:model/infer",code="400"} 1`,
    `${prefix}_count{method="GET",route="/v2/models/:model/versions/:version",code="200"} 1`,
  ]);
});

test("have no label that a client can make up", async () => {
  for (const path of ["/a", "/b", "/v2/models/test/c"]) await ask(`${server.url}${path}`);
  await ask(`${server.url}/v2`, { method: "PROPFIND" });
  const prefix = "intendant_server_request_duration_seconds";
  assert.equal(await counts(prefix), [
    `${prefix}_count{method="other",route="other",code="404"} 3`,
    `${prefix}_count{method="other",route="other",code="405"} 1`,
  ]);
});

test("count errors by class", async () => {
  await infer([null]);
  await ask(`${server.url}/nowhere`);
  assert.equal(await samples("intendant_server_errors_total"), [
    'intendant_server_errors_total{class="refused"} 2',
  ]);
});

test("count runs of the model, their rows and what waited for them", async () => {
  await infer([1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(await samples("intendant_server_batch_rows"), [
    "intendant_server_batch_rows_sum 2",
    "intendant_server_batch_rows_count 1",
  ]);
  assert.equal(await counts("intendant_server_inference_duration_seconds"), [
    "intendant_server_inference_duration_seconds_count 1",
  ]);
  assert.equal(await counts("intendant_server_queue_wait_seconds"), [
    "intendant_server_queue_wait_seconds_count 1",
  ]);
});

test("tell what is in flight, and about the process", async () => {
  assert.equal(await samples("intendant_server_requests_in_flight"), [
    "intendant_server_requests_in_flight 0",
  ]);
  for (const name of [
    "process_cpu_seconds_total",
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "nodejs_eventloop_lag_p99_seconds",
  ]) {
    assert.is((await samples(`${name} `)).length, 1, name);
  }
});

test.run();
