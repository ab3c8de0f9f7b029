import * as assert from "uvu/assert";
import { conditionOf, measurementsOf, rate } from "../measurements.ts";
import { ask, condition, eventually, list, namespacedSuite, raw, read } from "../world.ts";

const demo = "measuring-test";
const test = namespacedSuite("A measurement", demo, 300_000);
const { deploy, model, recorded, request, jobs } = measurementsOf(demo);

test("of which nothing is wrong has figures, a history and a report", async () => {
  await deploy("fine", { slo: { p95: "5s", errorRate: "0%" } });
  const { status } = await condition(demo, "fine", "WithinSLO");
  const { benchmark, history = [], serving } = status!;
  assert.is(benchmark?.revision, serving?.revision);
  assert.is(benchmark?.sha256, serving?.sha256);
  assert.ok(benchmark?.cpuPerRequest, "the pods told what they spent");
  assert.equal(
    history.map(({ trigger, outcome }) => `${trigger} ${outcome}`),
    ["Change Valid"],
  );
  type Report = { data: Record<string, string> };
  const report = await read<Report>("configmap", demo, benchmark?.report ?? "");
  assert.match(report?.data["report.html"] ?? "", /<!doctype html>/);
});

test("is made on request, once for each, and keeps no more Jobs than three", async () => {
  for (const count of [2, 3, 4, 5]) {
    await request("fine");
    const { status, metadata } = await recorded("fine", count);
    assert.is(status?.history?.[0]?.trigger, "Request");
    assert.is(metadata.annotations?.["intendant.dev/benchmark"], undefined);
  }
  const { status } = await model("fine");
  assert.is(status?.measureRequestedAt, undefined);
  await eventually("three Jobs are left", 60, async () => (await jobs("fine")).length === 3);
  const reports = status?.history?.flatMap(({ report }) => report ?? []) ?? [];
  assert.is(reports.length, 3);
  const selector = "app.kubernetes.io/name=benchmark,intendant.dev/model=fine";
  const found = await list<{ metadata: { name: string } }>("configmap", demo, selector);
  assert.equal(found.map(({ metadata }) => metadata.name).sort(), reports.sort());
});

test("disturbs no model that is at rest, and one at rest costs nothing", async () => {
  const served = async () => {
    const pods = await list<{ metadata: { name: string } }>(
      "pod",
      demo,
      "app.kubernetes.io/name=model-server,intendant.dev/model=fine",
    );
    const path = `/api/v1/namespaces/${demo}/pods/${pods[0]?.metadata.name}:9090/proxy/metrics`;
    const metrics = await raw(path);
    return metrics.split("\n").filter((line) => /^intendant_server_.*_count/.test(line));
  };
  const before = await model("fine");
  const [made, asked] = [await jobs("fine"), await served()];
  await deploy("other");
  await condition(demo, "other", "Benchmarked");
  assert.is((await model("fine")).metadata.resourceVersion, before.metadata.resourceVersion);
  assert.equal(await jobs("fine"), made);
  assert.ok(asked.length > 0);
  assert.equal(await served(), asked);
});

test("is made by schedule, and not before", async () => {
  await deploy("nightly", { benchmark: { ...rate, schedule: "* * * * *" } });
  const { status } = await recorded("nightly", 2);
  assert.equal(
    status?.history?.map(({ trigger, outcome }) => `${trigger} ${outcome}`),
    ["Schedule Valid", "Change Valid"],
  );
  await deploy("nightly", { benchmark: { ...rate, schedule: "0 0 30 2 *" } });
  const stalled = await condition(demo, "nightly", "Stalled");
  assert.match(conditionOf(stalled, "Stalled")?.message ?? "", /matches no date/);
  assert.is(conditionOf(stalled, "Benchmarked")?.status, "True", "when is not how");
});

test("does not keep a model from answering", async () => {
  const answer = await ask<unknown[]>(demo, "fine", "/api/intent?sentence=bonjour");
  assert.ok(answer.length > 0);
});

test.run();
