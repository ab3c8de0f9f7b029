import type { ServerResponse } from "node:http";
import * as assert from "uvu/assert";
import type { Plan, Rate, Users } from "../../benchmarks/contract.ts";
import { suite } from "../support/suite.ts";
import { runScenarios, measured } from "../../tools/bench/lib/scenarios.ts";
import { good, inferenceServer, intentServer } from "../support/target-server.ts";

const test = suite("k6", 60_000);

const busy: Users = { scenario: "Users", users: 5, thinkTime: { min: 0.01, max: 0.03 } };
const rate = (rate: number): Rate => ({ scenario: "Rate", rate });
const wrong = '[{"intent":"purchase","probability":0.9}]';

/** Half an answer, and then nothing. */
function cutOff(response: ServerResponse): void {
  response.writeHead(200, { "content-length": good.length });
  response.write(good.slice(0, 10), () => response.destroy());
}

test("measures the percentiles of what it was answered", async () => {
  const target = await intentServer((number, _request, response) => {
    setTimeout(() => response.end(good), number % 10 === 0 ? 200 : 0);
  });
  const { latency, ...counts } = await measured(target.url, 3, busy);
  await target.close();
  assert.ok(latency!.p50 < 100, `the median is ${latency!.p50} ms`);
  assert.ok(latency!.p95 >= 200, `the 95th percentile is ${latency!.p95} ms`);
  assert.ok(latency!.p99 >= latency!.p95);
  assert.is(counts.requests, target.requests.length);
  assert.ok(counts.requests > 50, `there were only ${counts.requests} requests`);
  assert.equal([counts.errors, counts.failedChecks, counts.dropped], [0, 0, 0]);
  assert.is(counts.commonestFailure, undefined);
  const seconds = (Date.parse(counts.finishedAt) - Date.parse(counts.startedAt)) / 1000;
  assert.ok(seconds >= 3);
  assert.ok(Math.abs(counts.rps - counts.requests / seconds) < 0.01);
});

test("asks an intent classifier new sentences, each user on one connection", async () => {
  const target = await intentServer((_number, _request, response) => response.end(good));
  await measured(target.url, 1, busy);
  await target.close();
  const paths = target.requests.map(({ url }) => url ?? "");
  for (const path of paths) assert.match(path, /^\/api\/intent\?sentence=[a-z]{20}$/);
  assert.is(new Set(paths).size, paths.length);
  assert.is(target.connections, busy.users);
});

test("asks a server that captures to keep nothing of it, unless the plan says otherwise", async () => {
  const target = await intentServer((_number, _request, response) => response.end(good));
  const said = async (more: Partial<Plan>) => {
    const before = target.requests.length;
    await measured(target.url, 1, busy, more);
    const own = target.requests.slice(before).map(({ headers }) => headers["intendant-capture"]);
    return [...new Set(own)];
  };
  assert.equal(await said({}), ["none"]);
  assert.equal(await said({ capture: true }), [undefined]);
  await target.close();
});

test("counts errors, and leaves them out of the latency", async () => {
  let errors = 0;
  const target = await intentServer((number, _request, response) => {
    if (number % 4 !== 0) return response.end(good);
    errors += 1;
    if (number % 8 === 0) return cutOff(response);
    return setTimeout(() => response.writeHead(503).end("busy"), 300);
  });
  const result = await measured(target.url, 2, busy);
  await target.close();
  assert.is(result.errors, errors);
  assert.is(result.requests, target.requests.length);
  assert.ok(result.latency!.p99 < 300);
  assert.match(result.commonestFailure ?? "", /status 503|EOF|reset/);
});

test("counts answers with the wrong content", async () => {
  let bad = 0;
  const target = await intentServer((number, _request, response) => {
    if (number % 5 === 0) bad += 1;
    response.end(number % 5 === 0 ? wrong : good);
  });
  const result = await measured(target.url, 1, busy);
  await target.close();
  assert.equal([result.errors, result.failedChecks], [0, bad]);
  assert.ok(bad > 0);
  assert.is(result.commonestFailure, "the probabilities do not add up to 1");
});

test("does not follow a redirection to a better answer", async () => {
  const target = await intentServer((_number, _request, response) => {
    response.writeHead(302, { location: "/api/intent-supported-languages" }).end();
  });
  const result = await measured(target.url, 1, busy);
  await target.close();
  assert.is(result.errors, result.requests);
  assert.is(result.commonestFailure, "status 302");
});

test("asks any other model with tensors that fit its metadata", async () => {
  const bodies: string[] = [];
  const metadata = {
    name: "a-model",
    inputs: [
      { name: "x", datatype: "FP32", shape: [-1, 3] },
      { name: "ids", datatype: "INT64", shape: [2] },
    ],
    outputs: [
      { name: "ns::y", datatype: "FP32", shape: [-1] },
      { name: "z", datatype: "FP32", shape: [-1] },
    ],
  };
  const y = { name: "ns::y", datatype: "FP32", shape: [1], data: [1] };
  const z = { ...y, name: "z" };
  const target = await inferenceServer(metadata, (number, request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      bodies.push(body);
      response.end(JSON.stringify({ outputs: number === 1 ? [z] : [y, z] }));
    });
  });
  const result = await measured(target.url, 2, rate(20));
  await target.close();
  assert.equal([result.errors, result.failedChecks], [0, 1]);
  assert.is(result.commonestFailure, "output ns:y is missing");
  for (const { method, url } of target.requests) {
    assert.equal([method, url], ["POST", "/v2/models/a-model/infer"]);
  }
  const { inputs } = JSON.parse(bodies[0]!);
  assert.equal(
    inputs.map(({ name, datatype, shape, data }: (typeof inputs)[0]) => [
      name,
      datatype,
      shape,
      data.length,
    ]),
    [
      ["x", "FP32", [1, 3], 3],
      ["ids", "INT64", [2], 2],
    ],
  );
});

test("keeps a constant rate", async () => {
  const target = await intentServer((_number, _request, response) => response.end(good));
  const result = await measured(target.url, 2, rate(40));
  await target.close();
  assert.is(result.dropped, 0);
  assert.ok(Math.abs(result.requests - 80) <= 1, `there were ${result.requests} requests`);
  assert.ok(Math.abs(result.rps - 40) < 2, `there were ${result.rps} requests a second`);
});

test("says how many requests it dropped when the server stalled", async () => {
  const target = await intentServer((_number, _request, response) => {
    setTimeout(() => response.end(good), 5000);
  });
  const result = await measured(target.url, 4, rate(80));
  await target.close();
  assert.ok(result.dropped > 0, "nothing was dropped");
  const planned = result.requests + result.dropped;
  assert.ok(Math.abs(planned - 320) <= 2, `there were ${planned} in all`);
  assert.is(result.requests, target.requests.length, "what was in flight at the end counts");
  assert.is(result.errors, 0);
  assert.ok(result.latency!.p50 >= 5000);
});

test("waits a moment for a service that is not there yet", async () => {
  let refusals = 0;
  const target = await intentServer(
    (_number, _request, response) => response.end(good),
    (_request, response) => {
      if (refusals === 2) return response.end('["fr-FR"]');
      refusals += 1;
      return response.writeHead(503).end();
    },
  );
  const result = await measured(target.url, 1, busy);
  await target.close();
  assert.ok(result.requests > 0);
  assert.equal([result.errors, result.failedChecks], [0, 0]);
});

test("leaves a measurement when nobody answers", async () => {
  const target = await intentServer(() => undefined);
  await target.close();
  const result = await measured(target.url, 1, rate(20));
  assert.ok(result.requests > 0);
  assert.is(result.errors, result.requests);
  assert.is(result.latency, undefined);
  assert.is(result.rps, 0);
  assert.is(result.commonestFailure, "dial: connection refused");
});

test("ends at once when the plan is wrong, and says what is wrong with it", async () => {
  const plan = { url: "http://127.0.0.1:1", model: "m", duration: 60, load: rate(0) };
  const { code, output, message } = await runScenarios({ PLAN: JSON.stringify(plan) });
  assert.is(code, 107);
  assert.match(output, "PLAN: load.rate must be a whole number of requests per second above 0");
  assert.is(message, "");
});

test("ends with k6, and leaves nothing, when it is told to stop", async () => {
  const target = await intentServer((_number, _request, response) => response.end(good));
  const plan = { url: target.url, model: "m", duration: 600, load: rate(20) };
  const { code, output, message } = await runScenarios(
    { PLAN: JSON.stringify(plan) },
    "requests a second",
  );
  await target.close();
  assert.is(code, 105, output);
  assert.is(message, "");
});

test("ends at once without a plan", async () => {
  const { code, output } = await runScenarios({});
  assert.is(code, 107);
  assert.match(output, "PLAN is not set");
});

test.run();
