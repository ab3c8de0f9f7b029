import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Rate, Users } from "../../../benchmarks/contract.ts";
import { suite } from "../../support/suite.ts";
import { measured } from "../../../tools/bench/lib/scenarios.ts";
import { good, intentServer, type Answer } from "../../support/target-server.ts";

const test = suite("The figures", 120_000);

const rate = (rate: number): Rate => ({ scenario: "Rate", rate });
const busy: Users = { scenario: "Users", users: 5, thinkTime: { min: 0.01, max: 0.03 } };

/** The value below which a share of others is, as k6 has it: interpolated between two. */
function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}

test("are those of a server that delays its answers by known times", async () => {
  const delays: number[] = [];
  const target = await intentServer((number, _request, response) => {
    const began = performance.now();
    // From 0.4 to 2.4 seconds, evenly, in an order that mixes them: long enough that what a busy
    // machine adds on the way is within the tolerance.
    const delay = 400 + ((number * 37) % 101) * 20;
    setTimeout(() => {
      // What counts is when the answer really left: the machine may be busy.
      delays.push(performance.now() - began);
      response.end(good);
    }, delay);
  });
  const { latency, requests } = await measured(target.url, 6, rate(40));
  await target.close();
  assert.is(requests, delays.length);
  for (const [share, published] of [
    [0.5, latency!.p50],
    [0.95, latency!.p95],
    [0.99, latency!.p99],
  ] as const) {
    const known = percentile(delays, share);
    assert.ok(Math.abs(published - known) <= 0.05 * known, `${share}: ${published}, not ${known}`);
  }
});

/** A server that answers nothing for two seconds, from the hundredth request on. */
function stalling(): Answer {
  let end = 0;
  return (number, _request, response) => {
    if (number === 100) end = performance.now() + 2000;
    setTimeout(() => response.end(good), Math.max(0, end - performance.now()));
  };
}

test("of a rate show a stall in the 99th percentile, those of users do not", async () => {
  const open = await intentServer(stalling());
  const closed = await intentServer(stalling());
  const ofRate = await measured(open.url, 10, rate(100));
  const ofUsers = await measured(closed.url, 10, busy);
  await Promise.all([open.close(), closed.close()]);
  assert.is(ofRate.dropped, 0);
  // A fifth of the requests came during the stall, evenly: the last twentieth waited longest.
  assert.ok(ofRate.latency!.p95 > 1300, `P95 of the rate is ${ofRate.latency!.p95} ms`);
  assert.ok(ofRate.latency!.p99 > 1700, `P99 of the rate is ${ofRate.latency!.p99} ms`);
  assert.ok(ofUsers.requests > 600, `${ofUsers.requests} requests`);
  assert.ok(ofUsers.latency!.p99 < 1000, `P99 of the users is ${ofUsers.latency!.p99} ms`);
});

for (const [what, load] of [
  ["a rate", { ...rate(50), ramp: 1 }],
  ["users", busy],
] as const) {
  test(`of ${what} do not count the warm-up, and add up over time`, async () => {
    const began = performance.now();
    const times: number[] = [];
    const target = await intentServer((number, _request, response) => {
      times.push(performance.now() - began);
      // What is slow or wrong in the warm-up must not show anywhere.
      if (number <= 20) return void setTimeout(() => response.writeHead(503).end(), 400);
      return response.end(number % 10 === 0 ? "{}" : good);
    });
    const measurement = await measured(target.url, 3, load, { warmUp: 2 });
    await target.close();
    const { requests, errors, failedChecks, latency, series } = measurement;
    assert.ok(requests > 100, `${requests} requests`);
    assert.ok(target.requests.length - requests >= 40, `${target.requests.length} in all`);
    assert.is(errors, 0);
    assert.ok(failedChecks > 0);
    assert.is(measurement.dropped, 0);
    assert.ok(latency!.p99 < 400);
    assert.is(series!.buckets.length, 3);
    assert.is(series!.seconds, 1);
    const total = (column: 3 | 4) =>
      series!.buckets.reduce((sum, bucket) => sum + bucket[column], 0);
    assert.equal([total(3), total(4)], [requests, errors]);
  });
}

test("over time show when it was slow and when it failed", async () => {
  let first: number | undefined;
  const target = await intentServer((_number, _request, response) => {
    first ??= performance.now();
    const second = Math.floor((performance.now() - first) / 1000);
    if (second === 1) return void setTimeout(() => response.end(good), 300);
    return second === 3 ? response.writeHead(500).end() : response.end(good);
  });
  const { series, errors } = await measured(target.url, 5, rate(40));
  await target.close();
  const buckets = series!.buckets;
  assert.ok(errors > 20);
  assert.ok(buckets[1]![0]! >= 300, `the median of the second second is ${buckets[1]![0]} ms`);
  assert.ok(buckets[0]![0]! < 300 && buckets[4]![0]! < 300);
  assert.ok(buckets[3]![4] >= 0.8 * errors, `${buckets[3]![4]} of ${errors} errors`);
});

/** Serves a pod's metrics, with as much CPU as the test says. */
function metrics(cpu: number, start: number): string {
  return [
    `process_cpu_seconds_total ${cpu}`,
    `process_start_time_seconds ${start}`,
    "process_resident_memory_bytes 123456789",
  ].join("\n");
}

test("have the CPU that the pods spent on a request, without that before", async () => {
  let asked = 0;
  const reads: number[] = [];
  const target = await intentServer(
    (_number, _request, response) => {
      asked += 1;
      response.end(good);
    },
    ({ url }, response) => {
      if (url !== "/metrics") return response.end('["fr-FR"]');
      reads.push(asked);
      return response.end(metrics(100 + asked * 0.002, 1));
    },
  );
  const measurement = await measured(target.url, 2, rate(50), {
    warmUp: 1,
    pods: [target.url],
  });
  await target.close();
  assert.is(reads.length, 2);
  assert.ok(reads[0]! >= 40, `${reads[0]} requests came before the first reading`);
  assert.equal([measurement.cpuPerRequest, measurement.memory], [2000, 123456789]);
  assert.is(measurement.restarts, 0);
});

test("have no CPU of a pod that restarted or is gone", async () => {
  let reads = 0;
  const target = await intentServer(
    (_number, _request, response) => response.end(good),
    ({ url }, response) => {
      if (!url?.endsWith("/metrics")) return response.end('["fr-FR"]');
      reads += 1;
      if (url.startsWith("/gone"))
        return response.writeHead(reads > 2 ? 404 : 200).end(metrics(1, 1));
      return response.end(metrics(1, reads > 2 ? 2 : 1));
    },
  );
  const pods = [target.url, `${target.url}/gone`];
  const measurement = await measured(target.url, 1, rate(20), { pods });
  await target.close();
  assert.equal([measurement.cpuPerRequest, measurement.restarts], [undefined, 2]);
});

test("say how much the generator was throttled", async () => {
  const folder = mkdtempSync(join(tmpdir(), "intendant-cgroup-"));
  const path = join(folder, "cpu.stat");
  writeFileSync(path, "nr_periods 100\nnr_throttled 50\n");
  const target = await intentServer((number, _request, response) => {
    if (number === 1) writeFileSync(path, "nr_periods 200\nnr_throttled 70\n");
    response.end(good);
  });
  const environment = { CPU_STAT_PATH: path };
  const { throttled } = await measured(target.url, 1, rate(20), { environment });
  await target.close();
  rmSync(folder, { recursive: true });
  assert.is(throttled, 0.2);
});

test.run();
