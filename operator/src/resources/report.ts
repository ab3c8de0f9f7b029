import type { ModelDeployment, HistoryEntry } from "../api/model-deployment.ts";
import type { ConfigMap } from "../kube/objects.ts";
import { benchmarkName, metadata } from "./metadata.ts";

/** Key of the page in its ConfigMap. */
export const reportKey = "report.html";

/** Name of the ConfigMap with the report of a benchmark's Job. */
export function reportName(job: string): string {
  return `${job}-report`;
}

/** The report of a measurement, for as long as its line stands in status.history. */
export function reportConfigMap(
  model: ModelDeployment,
  { job, revision, html }: { job: string; revision: string; html: string },
): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata(model, reportName(job), { app: benchmarkName, revision }),
    data: { [reportKey]: html },
  };
}

/**
 * Names of reports whose line is about to leave status.history. They are to be deleted before the
 * status is written, so that none is forgotten when that fails.
 */
export function droppedReports(
  before: HistoryEntry[] | undefined,
  after: HistoryEntry[],
): string[] {
  const kept = new Set(after.map(({ report }) => report));
  const reports = (before ?? []).flatMap(({ report }) => report ?? []);
  return reports.filter((report) => !kept.has(report));
}

/** Enough of a ConfigMap to remove it. */
export function configMapNamed(
  { metadata: { namespace } }: ModelDeployment,
  name: string,
): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } };
}
