import * as assert from "uvu/assert";
import type { Capacity } from "../../../benchmarks/contract.ts";
import { suite } from "../../support/suite.ts";
import { measured } from "../../../tools/bench/lib/scenarios.ts";
import { good, intentServer, type Answer } from "../../support/target-server.ts";

const test = suite("The capacity", 300_000);

const load: Capacity = {
  scenario: "Capacity",
  slo: { p95: 1000, errorRate: 0 },
  replicas: 1,
  resolution: 0.05,
  stepSeconds: 5,
};

/** Works on one request at a time, for exactly so long: what is late in one is made up in the next. */
function oneAtATime(milliseconds: number): Answer {
  let free = 0;
  return (_number, _request, response) => {
    const now = performance.now();
    free = Math.max(now, free) + milliseconds;
    setTimeout(() => response.end(good), free - now);
  };
}

test("of a server that works for 5 ms on one request at a time is 200 a second", async () => {
  const target = await intentServer(oneAtATime(5));
  const measurement = await measured(target.url, 240, { ...load, start: 150, limit: 250 });
  await target.close();
  const { capacity, limitedBy } = measurement;
  assert.ok(capacity!.rps >= 190 && capacity!.rps <= 210, JSON.stringify(measurement));
  assert.ok(capacity!.missed! / capacity!.rps <= 1.05, JSON.stringify(measurement));
  assert.is(limitedBy, "service", JSON.stringify(measurement));
  assert.ok(capacity!.p95! <= 1000);
  assert.is(capacity!.p95, measurement.latency!.p95);
  assert.ok(Math.abs(measurement.rps - capacity!.rps) < 0.05 * capacity!.rps);
});

test("is the limit when that was held", async () => {
  const target = await intentServer((_number, _request, response) => response.end(good));
  const more = { start: 40, limit: 50, stepSeconds: 1 };
  const { capacity, limitedBy } = await measured(target.url, 60, { ...load, ...more });
  await target.close();
  assert.equal([capacity!.rps, capacity!.missed, limitedBy], [50, undefined, undefined]);
  assert.equal(
    capacity!.steps.map(([rate, , , held]) => [rate, held]),
    [
      [40, 1],
      [50, 1],
    ],
  );
});

test("is not there when nobody answers", async () => {
  const target = await intentServer((_number, _request, response) => {
    response.writeHead(500).end();
  });
  const { capacity, errors, requests, commonestFailure } = await measured(target.url, 60, load);
  await target.close();
  assert.is(capacity, undefined);
  assert.ok(requests > 0 && errors === requests);
  assert.is(commonestFailure, "status 500");
});

test.run();
