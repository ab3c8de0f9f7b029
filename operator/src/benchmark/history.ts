import type { ModelDeployment, HistoryEntry } from "../api/model-deployment.ts";
import type { KubeObject } from "../kube/resource.ts";
import type { CompletedRun } from "./run.ts";
import { report, reportInput } from "./report/report.ts";
import { configMapNamed, droppedReports, reportConfigMap } from "../resources/report.ts";

/** What the status keeps of runs, and the reports that belong to it. */
export interface Records {
  /** For the status. */
  history: HistoryEntry[];
  /** Reports of runs that are over and that the status does not know yet. */
  apply: KubeObject[];
  /** Reports that are no longer kept. */
  remove: KubeObject[];
}

/** Entries of status.history. */
const maxEntries = 10;

/** Reports that are kept, of the newest measurements that have one. */
const keptReports = 3;

/** History and reports after these runs have ended. */
export function records(model: ModelDeployment, completed: CompletedRun[], now: Date): Records {
  const known = model.status?.history ?? [];
  const news = completed.filter(({ entry }) => !known.some(({ job }) => job === entry.job));
  const lines = history(
    news.map(({ entry }) => ({ finishedAt: now.toISOString(), ...entry })),
    known,
  );
  return {
    history: lines,
    apply: news.flatMap((one) => reportOf(model, one)),
    remove: droppedReports(known, lines).map((name) => configMapNamed(model, name)),
  };
}

/** The newest measurements; the last valid one stays among them, however many failed since. */
function history(news: HistoryEntry[], known: HistoryEntry[]): HistoryEntry[] {
  const all = [...news, ...known];
  const valid = all.find(({ outcome }) => outcome === "Valid");
  const newest = all.slice(0, maxEntries);
  const lines = valid && !newest.includes(valid) ? [...newest.slice(0, -1), valid] : newest;
  const reports = lines.flatMap((line) => line.report ?? []).slice(0, keptReports);
  return lines.map(({ report: name, ...line }) => {
    return name !== undefined && reports.includes(name) ? { ...line, report: name } : line;
  });
}

/** The page about a run, where there is something to report. */
function reportOf(model: ModelDeployment, completed: CompletedRun): KubeObject[] {
  if (!completed.plan) return [];
  const { job, revision } = completed.entry;
  const html = report(reportInput(model, completed.plan, completed));
  return [reportConfigMap(model, { job, revision, html })];
}
