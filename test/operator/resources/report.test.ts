import * as assert from "uvu/assert";
import type { HistoryEntry } from "../../../operator/src/api/model-deployment.ts";
import {
  droppedReports,
  reportConfigMap,
  reportName,
} from "../../../operator/src/resources/report.ts";
import { suite } from "../../support/suite.ts";
import { intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";

const test = suite("ConfigMap of a report");

const job = "intent-fr-benchmark-0a1b2c3d";

test("is named after the Job, and belongs to the model", () => {
  const html = "<!doctype html>\n<title>intent-fr</title>\n";
  const configMap = reportConfigMap(intentFr(), { job, revision: "aaaaaaaa", html });
  isGolden(configMap, "report/config-map");
});

/** A history of these reports; "-" is a measurement without one. */
function history(reports: string): HistoryEntry[] {
  return reports.split("").map((report) => ({
    job,
    revision: "aaaaaaaa",
    subject: "bbbbbbbb",
    outcome: "Valid",
    finishedAt: "2026-10-01T12:00:30Z",
    ...(report !== "-" && { report: reportName(report) }),
  }));
}

const rows: [string, string, string[]][] = [
  ["", "a", []],
  ["ba", "cba", []],
  ["cba", "dcb", ["a"]],
  ["cba", "d", ["c", "b", "a"]],
  ["-a", "b-", ["a"]],
  ["a", "a", []],
];
for (const [before, after, dropped] of rows) {
  test(`drops ${dropped.join() || "nothing"} when "${before}" becomes "${after}"`, () => {
    assert.equal(droppedReports(history(before), history(after)), dropped.map(reportName));
  });
}

test("drops nothing when there was no history", () => {
  assert.equal(droppedReports(undefined, history("a")), []);
});

test.run();
