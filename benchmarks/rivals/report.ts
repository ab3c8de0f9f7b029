import type { Series } from "./results.ts";
export function report(series: Series): string {
  return JSON.stringify(series.runs, null, 1);
}
export function withReport(page: string, report: string): string {
  return page + report;
}
