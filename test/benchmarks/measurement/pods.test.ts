import * as assert from "uvu/assert";
import { podUsage, reading } from "../../../benchmarks/scenarios/measurement/pods.ts";
import { suite } from "../../support/suite.ts";

const test = suite("The pods' usage");

const text = `# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.5
process_cpu_user_seconds_total 10
process_start_time_seconds{app="a"} 1795641525
process_resident_memory_bytes 1.2e+08
`;

/** A summary with readings of [cpu, start, memory] by the reading's tag. */
function summary(readings: Record<string, [number, number, number]>) {
  const names = ["pod_cpu", "pod_start", "pod_memory"];
  const metrics = Object.entries(readings).flatMap(([tag, values]) =>
    names.map((name, index) => [`${name}{reading:${tag}}`, { values: { value: values[index]! } }]),
  );
  return { metrics: Object.fromEntries(metrics), root_group: { checks: [] } };
}

test("is read from the text of Prometheus metrics", () => {
  assert.equal(reading(text), { cpu: 12.5, start: 1795641525, memory: 120_000_000 });
});

test("is not read where a part is missing", () => {
  assert.is(reading(text.replace("process_cpu_seconds_total 12.5", "")), undefined);
  assert.is(reading("<html>"), undefined);
});

const first = { "0-before": [10, 50, 1e8], "0-after": [11, 50, 2e8] } as const;
const table: [string, Record<string, readonly [number, number, number]>, number, object][] = [
  ["is nothing without pods", {}, 0, {}],
  ["is that of one", first, 1, { cpuPerRequest: 1000, memory: 2e8, restarts: 0 }],
  [
    "is the CPU of all and the memory of one",
    { ...first, "1-before": [5, 60, 1e8], "1-after": [5.25, 60, 1e8] },
    2,
    { cpuPerRequest: 1250, memory: 2e8, restarts: 0 },
  ],
  [
    "is not known when one restarted",
    { ...first, "1-before": [5, 60, 1e8], "1-after": [0.1, 90, 1e8] },
    2,
    { restarts: 1 },
  ],
  ["nor when one went away", { ...first, "1-before": [5, 60, 1e8] }, 2, { restarts: 1 }],
  ["nor when one never answered", first, 2, { restarts: 0 }],
];

for (const [what, readings, pods, wanted] of table) {
  test(what, () => {
    const given = readings as Record<string, [number, number, number]>;
    assert.equal(podUsage(summary(given), pods, 1000), wanted);
  });
}

test.run();
