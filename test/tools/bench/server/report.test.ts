import * as assert from "uvu/assert";
import { ours } from "../../../../tools/bench/server/goals.ts";
import { report } from "../../../../tools/bench/server/report.ts";
import type { Run } from "../../../../tools/bench/server/results.ts";
import { suite } from "../../../support/suite.ts";
import { run, series } from "./series.ts";

const test = suite("report");

const titles = [
  { name: ours, title: "Ours" },
  { name: "fastapi", title: "FastAPI" },
  { name: "plain", title: "Plain" },
];
const written = (runs: Run[]) => report(series(runs), titles);
const row = (text: string, title: string) =>
  text.split("\n").find((line) => line.startsWith(`| ${title} |`));

test("a server has its figures and its ratio to ours in one row", () => {
  const text = written([
    run(ours, { requestsPerSecond: 6000, cpuPerRequest: 100e-6 }),
    run("fastapi", { requestsPerSecond: 1500, cpuPerRequest: 500e-6 }),
  ]);
  assert.is(row(text, "FastAPI"), "| FastAPI | 1,500 | 1,500 | 1,500 | 4.00 x | 500 µs | 5.00 x |");
  assert.is(row(text, "Ours"), "| Ours | 6,000 | 6,000 | 6,000 |  | 100 µs |  |");
});

test("several rounds are shown from the least to the greatest", () => {
  const text = written([
    run(ours, { round: 1, requestsPerSecond: 6100 }),
    run(ours, { round: 2, requestsPerSecond: 5900 }),
  ]);
  assert.match(row(text, "Ours") ?? "", "5,900–6,100");
});

test("a server that failed stays in the tables, and the notes say why", () => {
  const failed: Run = {
    round: 1,
    server: "fastapi",
    model: "intent-fr",
    failure: "The server ended with 1\nModuleNotFoundError",
  };
  const text = written([run(ours), failed]);
  assert.is(row(text, "FastAPI"), "| FastAPI | – | – | – | – | – µs | – |");
  assert.match(
    text,
    "- FastAPI, intent-fr, round 1: failed. The server ended with 1 ModuleNotFound",
  );
});

test("a void load has no figures, and the notes say why", () => {
  const text = written([
    run(ours),
    run("plain", { void: "3 of 9 answers were wrong: status 503" }),
  ]);
  assert.match(row(text, "Plain") ?? "", "| – | – | – |");
  assert.match(
    text,
    "- Plain, intent-fr, round 1, 16 connections: void. 3 of 9 answers were wrong",
  );
});

test("a rate that was not held is marked", () => {
  const text = written([run(ours), run("fastapi", { dropped: 12 })]);
  assert.match(text, "1.0 / 2.0 / 3.0 (not held)");
});

test("a reader learns where the generator was the limit", () => {
  const cpu = { server: 0.6, generator: 0.97, others: 0.01 };
  const text = written([run(ours, { cpu })]);
  assert.match(
    text,
    "k6 had no CPU left with: Ours (intent-fr, 1 connection), Ours (intent-fr, 16",
  );
});

test("a reader learns that the machine was not quiet", () => {
  const cpu = { server: 0.6, generator: 0.5, others: 0.7 };
  assert.match(written([run(ours, { cpu })]), "Other programs had up to 70 % of a CPU");
});

test("a series without trouble says so", () => {
  assert.match(written([run(ours)]), "Nothing failed, no load is void");
});

test("a goal that was missed is seen at once", () => {
  const text = written([
    run(ours, { requestsPerSecond: 200 }),
    run("fastapi", { requestsPerSecond: 100 }),
  ]);
  assert.match(text, "requests/s of FastAPI | ≥ 3 x | 2.00 x | 1.00 x | **no** |");
});

test("a goal that nothing was measured for is neither reached nor missed", () => {
  assert.match(written([run(ours)]), "requests/s of FastAPI | ≥ 3 x | – |  | not measured |");
});

test("a model that was not measured has no tables", () => {
  assert.not.match(written([run(ours)]), "### Tiny model");
  assert.match(written([run(ours, { model: "tiny" })]), "### Tiny model");
});

test.run();
