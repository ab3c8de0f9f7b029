import { check } from "prettier";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { isFlawless, line, table, type Row } from "./report.ts";
import { together, type Finding } from "./scenario.ts";

const test = suite("report");

const finding: Finding = {
  requests: 10_021,
  failures: 0,
  slowest: 81.4,
  note: "taken over after 16.2 s",
  reasons: {},
};
const good: Row = { scenario: { title: "the leader is frozen" }, result: finding };
const lossy: Row = {
  scenario: { title: "a pod is deleted" },
  result: { ...finding, failures: 2, reasons: { "second 3: socket hang up": 2 } },
};
const broken: Row = {
  scenario: { title: "etcd stands still" },
  result: new Error("Not within 120 s: the model\n| serves"),
};

test("a table is formatted as it is kept, and has a row for each scenario", async () => {
  const text = table([good, lossy, broken]);
  assert.ok(await check(text, { parser: "markdown" }), text);
  assert.match(text, "| the leader is frozen |   10,021 |        0 |          81 ms |");
  assert.match(text, "could not be gone through: Not within 120 s: the model / serves |");
});

test("a failure, or a scenario that could not be gone through, is a flaw", () => {
  assert.ok(isFlawless([good]));
  assert.not(isFlawless([good, lossy]));
  assert.not(isFlawless([broken]));
  assert.not(isFlawless([]));
});

test("a line has the figures and the note", () => {
  assert.is(
    line(good.scenario, finding),
    "the leader is frozen: 10021 requests, 0 failures, slowest 81 ms; taken over after 16.2 s",
  );
});

test("several findings are one: requests and failures add up, the slowest answer counts", () => {
  const other = { ...finding, failures: 1, slowest: 90, reasons: { late: 1 } };
  assert.equal(together([finding, other], "at each of 2 writes"), {
    requests: 20_042,
    failures: 1,
    slowest: 90,
    note: "at each of 2 writes",
    reasons: { late: 1 },
  });
});

test.run();
