import * as assert from "uvu/assert";
import {
  goals,
  ours,
  ratiosToBest,
  requestsPerSecond,
} from "../../../../tools/bench/server/goals.ts";
import type { Run } from "../../../../tools/bench/server/results.ts";
import { suite } from "../../../support/suite.ts";
import { run, series } from "./series.ts";

const test = suite("goals");

const goal = (runs: Run[], text: string) => {
  const found = goals(series(runs)).find((goal) => goal.text.includes(text));
  assert.ok(found, `no goal is called ${text}`);
  return found;
};

test("ratios are taken within a round", () => {
  const runs = [
    run(ours, { round: 1, requestsPerSecond: 900 }),
    run("fastapi", { round: 1, requestsPerSecond: 300 }),
    run(ours, { round: 2, requestsPerSecond: 4000 }),
    run("fastapi", { round: 2, requestsPerSecond: 1000 }),
  ];
  const compared = { model: "intent-fr", load: "sixteen", value: requestsPerSecond } as const;
  const found = ratiosToBest(series(runs), compared, ["fastapi"]);
  assert.equal(found, [3, 4]);
});

test("of several others, the best of the round counts", () => {
  const runs = [
    run(ours, { requestsPerSecond: 900 }),
    run("original-waitress", { requestsPerSecond: 300 }),
    run("original-wsgiref", { requestsPerSecond: 450 }),
  ];
  assert.equal(goal(runs, "original").measured, { least: 2, most: 2 });
});

test("a goal is reached when no round missed it", () => {
  const round = (round: number, rate: number) => [
    run(ours, { round, requestsPerSecond: rate }),
    run("fastapi", { round, requestsPerSecond: 100 }),
  ];
  assert.ok(goal([...round(1, 300), ...round(2, 400)], "French, 16 and 64").isReached);
  assert.not(goal([...round(1, 299), ...round(2, 400)], "French, 16 and 64").isReached);
});

test("a goal that a round says nothing about is not reached", () => {
  const runs = [
    run(ours, { round: 1, requestsPerSecond: 900 }),
    run("fastapi", { round: 1, requestsPerSecond: 100 }),
    run(ours, { round: 2, requestsPerSecond: 900, void: "1 of 9 answers were wrong" }),
    run("fastapi", { round: 2, requestsPerSecond: 100 }),
  ];
  const { measured, isReached } = goal(runs, "French, 16 and 64");
  assert.equal(measured, { least: 9, most: 9 });
  assert.not(isReached);
});

test("a rival that failed gives no ratio", () => {
  const failed: Run = { round: 1, server: "plain", model: "intent-fr", failure: "It ended" };
  const { measured, isReached } = goal([run(ours), failed], "P95 of bare Node");
  assert.is(measured, undefined);
  assert.not(isReached);
});

test("what shall be small may be as large as the bound", () => {
  const runs = [run(ours, { p95: 1.2 }), run("plain", { p95: 1 })];
  assert.ok(goal(runs, "P95 of bare Node").isReached);
  assert.not(goal([run(ours, { p95: 1.21 }), run("plain", { p95: 1 })], "P95 of").isReached);
});

test("CPU per request says what a generator without limit would have seen", () => {
  const runs = [
    run(ours, { model: "tiny", cpuPerRequest: 50e-6 }),
    run("fastapi", { model: "tiny", cpuPerRequest: 300e-6 }),
  ];
  const { measured, byCpu } = goal(runs, "Tiny, 16 and 64 connections: requests/s of FastAPI");
  assert.equal(measured, { least: 1, most: 1 });
  assert.is(byCpu?.least.toFixed(3), "6.000");
});

test("memory, idle CPU and start-up are ours alone", () => {
  const runs = [run(ours), run("plain")];
  assert.equal(goal(runs, "Memory").measured, { least: 120, most: 120 });
  assert.ok(goal(runs, "Memory").isReached);
  assert.ok(goal(runs, "CPU at idle").isReached);
  assert.ok(goal(runs, "start of the process").isReached);
});

test.run();
