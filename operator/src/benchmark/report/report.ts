import type { Measurement, Plan } from "../../../../benchmarks/contract.ts";
import type {
  BenchmarkResult,
  ModelDeployment,
  ModelDeploymentSpec,
} from "../../api/model-deployment.ts";
import type { Problem } from "../../api/reasons.ts";
import type { CompletedRun } from "../run.ts";
import { comparison } from "../slo.ts";
import { milliseconds } from "../../api/units.ts";
import {
  errorsInWords,
  errorsOverTime,
  latencyOverRate,
  latencyOverTime,
  percentileBars,
  rateOverTime,
  shown,
  type Promised,
} from "./charts.ts";
import { markup, Markup, type Content } from "./markup.ts";
import { style } from "./style.ts";
import { digits, instant, loadInWords, percentage, spaced } from "./words.ts";

/** What a report is about; what is not known is left out. */
export interface Subject extends Partial<
  Pick<BenchmarkResult, "trigger" | "replicas" | "image" | "sha256" | "resources" | "node">
> {
  namespace: string;
  name: string;
  /** The Job that measured. */
  job: string;
  revision: string;
  slo: ModelDeploymentSpec["slo"];
  /** What the benchmark was told. */
  plan: Pick<Plan, "duration" | "load" | "warmUp">;
}

/** One measurement and everything around it. */
export interface ReportInput {
  subject: Subject;
  /** The result, or why there is none. */
  verdict: { figures: BenchmarkResult } | { invalid: Problem };
  /** What the benchmark left; undefined when that was nothing, or nothing that can be read. */
  measurement: Measurement | undefined;
}

/** What there is to report of a run that is over. */
export function reportInput(
  { metadata: { namespace, name }, spec: { slo } }: ModelDeployment,
  plan: Subject["plan"],
  { entry, figures, measurement }: CompletedRun,
): ReportInput {
  const { job, revision, trigger, outcome, message = "" } = entry;
  const { replicas, image, sha256, resources, node } = figures ?? {};
  const known = { trigger, replicas, image, sha256, resources, node };
  return {
    subject: { namespace, name, job, revision, slo, plan, ...known },
    verdict: figures ? { figures } : { invalid: { reason: outcome, message } },
    measurement,
  };
}

/**
 * A measurement as one page of HTML with pictures, which needs nothing else: no script, no font, no
 * address. One that is not valid gets a page too; it says why there is no result, and shows what
 * the generator saw.
 */
export function report(input: ReportInput): string {
  const { subject, verdict } = input;
  const { word, message, kind } = judgement(input);
  const p95 = "figures" in verdict ? ` · P95 ${spaced(verdict.figures.p95)}` : "";
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${subject.name}${p95} · ${word}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main class="${kind}">
<header>
<h1>${subject.name} <small>in ${subject.namespace}, revision <code>${subject.revision}</code></small></h1>
<p class="verdict"><strong>${word}</strong>: ${message}</p>
</header>
${"invalid" in verdict && notAFigure(verdict.invalid, input.measurement)}
${"figures" in verdict && tiles(verdict.figures, input)}
${input.measurement && pictures(input.measurement, subject, "figures" in verdict)}
${circumstances(input)}
${input.measurement && numbers(input.measurement)}
<footer>
<p>A latency is the time from sending a request to the last byte of its answer, of requests that were
answered with success; it is rounded up. 95 of 100 such requests took at most P95. The measurement was
made by k6 inside the cluster, through the model’s Service.</p>
</footer>
</main>
</body>
</html>
`;
  return page.text;
}

interface Judgement {
  kind: "met" | "missed-slo" | "measured" | "invalid";
  word: string;
  message: string;
}

function judgement({ subject: { slo }, verdict }: ReportInput): Judgement {
  if ("invalid" in verdict) {
    const { reason, message } = verdict.invalid;
    return { kind: "invalid", word: "No result", message: `${message} (${reason})` };
  }
  const { isMet, message } = comparison(verdict.figures, slo ?? {});
  if (slo?.p95 === undefined && slo?.errorRate === undefined) {
    return {
      kind: "measured",
      word: "Measured",
      message: `${message}; spec.slo sets neither p95 nor errorRate`,
    };
  }
  if (!isMet) return { kind: "missed-slo", word: "SLO missed", message };
  return { kind: "met", word: "Within the SLO", message };
}

function notAFigure({ reason }: Problem, measurement: Measurement | undefined): Markup {
  const seen = measurement
    ? "What is below is what the load generator saw. It may help to find the cause; it says nothing about the model."
    : "The load generator left nothing that could be shown.";
  return markup`<section>
<h2>Why there is no result</h2>
<p>A measurement is valid or absent. This one ended with <code>${reason}</code>, so it has no result in the status of the ModelDeployment. ${seen}</p>
</section>
`;
}

function tiles(figures: BenchmarkResult, { subject, measurement }: ReportInput): Markup {
  const { slo } = subject;
  const failed = percentage(figures.errors / figures.requests);
  const capacity = measurement?.capacity;
  const perPod = capacity && capacity.rps / podsLoaded(subject);
  return markup`<dl class="tiles">
${capacity && tile("Pod capacity", `${digits(perPod ?? 0)}/s`, limit(measurement))}
${tile("P95", spaced(figures.p95), slo?.p95 && `SLO ${spaced(slo.p95)}`)}
${tile("P50", spaced(figures.p50))}
${tile("P99", spaced(figures.p99))}
${tile("Answered", `${figures.rps}/s`, `${figures.requests} requests`)}
${tile("Failed", figures.errors === 0 ? "0" : failed, slo?.errorRate ? `SLO ${slo.errorRate}` : `${figures.errors} requests`)}
${measurement?.cpuPerRequest !== undefined && tile("CPU per request", shown(measurement.cpuPerRequest / 1000))}
</dl>
`;
}

/** Over how many pods a search for the capacity went. */
function podsLoaded({ plan: { load }, replicas = 1 }: Subject): number {
  return load.scenario === "Capacity" ? load.replicas : replicas;
}

function tile(name: string, value: string, note?: string): Markup {
  return markup`<div><dt>${name}</dt><dd>${value}${note !== undefined && markup` <small>${note}</small>`}</dd></div>`;
}

const limits = {
  service: "more did not keep the SLO",
  generator: "the load generator could do no more",
  time: "the time for the search was over",
};

function limit({ limitedBy }: Measurement): string {
  return limitedBy === undefined ? "nothing was found to limit it" : limits[limitedBy];
}

function pictures(measurement: Measurement, { slo }: Subject, isValid: boolean): Markup {
  const promised: Promised = { p95: slo?.p95 === undefined ? undefined : milliseconds(slo.p95) };
  const { latency, series, capacity } = measurement;
  const drawn = [
    capacity && latencyOverRate(capacity, promised, isValid ? "Capacity" : "Highest held"),
    latency && !capacity && percentileBars(latency, promised),
    series && latencyOverTime(series, promised),
    series && series.buckets.length > 0 && [rateOverTime(series), errorsOverTime(series)],
  ];
  return markup`<div class="charts">
${drawn}</div>
`;
}

function circumstances({ subject, verdict, measurement }: ReportInput): Markup {
  const { slo, plan } = subject;
  const promises = [
    slo?.p95 && `P95 ${spaced(slo.p95)}`,
    slo?.errorRate && `errors ${slo.errorRate}`,
  ];
  return markup`<section>
<h2>What was measured, and how</h2>
<dl class="facts">
${fact("Scenario", `${plan.load.scenario}: ${loadInWords(plan.load, plan.duration)}`)}
${fact("Before it, not counted", preparation(plan))}
${measurement?.capacity && fact("Figures and times", "of the step that held the highest rate, or of the last one when none was held")}
${fact("SLO", promises.filter(Boolean).join(", ") || "none")}
${fact("Trigger", subject.trigger)}
${fact("Revision", subject.revision)}
${fact("Pods", subject.replicas)}
${fact("Resources of a pod", subject.resources)}
${fact("Processor", subject.node?.cpu)}
${fact("Server image", subject.image)}
${fact("SHA-256 of the model", subject.sha256)}
${fact("Began", measurement && instant(measurement.startedAt))}
${fact("Ended", measurement && instant(measurement.finishedAt))}
${fact("Job", subject.job)}
${fact("Outcome", "invalid" in verdict ? verdict.invalid.reason : "Valid")}
${measurement && observations(measurement)}
</dl>
</section>
`;
}

/** Load that is not counted, in words. */
function preparation({ warmUp = 0, load }: Subject["plan"]): string | undefined {
  const ramp = load.scenario === "Rate" ? (load.ramp ?? 0) : 0;
  if (ramp > 0) return `${ramp} s in which the rate rose`;
  return warmUp > 0 ? `${warmUp} s of the same load` : undefined;
}

/** What the generator noticed beside the figures. */
function observations(measurement: Measurement): Content {
  const { requests, errors, failedChecks, dropped, restarts, throttled, lateness } = measurement;
  return [
    fact(
      "Requests",
      `${requests}, of which ${errors} failed and ${failedChecks} had wrong answers`,
    ),
    fact("Not started in time", dropped > 0 ? `${dropped} requests` : undefined),
    fact("Commonest failure", measurement.commonestFailure),
    fact("Memory of a pod at the end", measurement.memory && mebibytes(measurement.memory)),
    fact("Pods restarted or gone meanwhile", restarts || undefined),
    fact(
      "Generator held back by its CPU limit",
      throttled ? `in ${percentage(throttled)} of the time` : undefined,
    ),
    fact("Requests started late, P95", lateness === undefined ? undefined : shown(lateness)),
  ];
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

function fact(name: string, value: string | number | undefined): Content {
  if (value === undefined || value === "") return undefined;
  return markup`<dt>${name}</dt><dd>${value}</dd>
`;
}

/** Everything that the pictures show, for those who read or copy numbers. */
function numbers({ latency, series, capacity }: Measurement): Content {
  return [
    capacity && stepsTable(capacity.steps),
    latency &&
      table(
        "Latency of all answered requests",
        ["P50", "P95", "P99"],
        [[latency.p50, latency.p95, latency.p99].map(shown)],
      ),
    series && series.buckets.length > 0 && seriesTable(series),
  ];
}

function stepsTable(steps: NonNullable<Measurement["capacity"]>["steps"]): Markup {
  const rows = steps.map(([rate, p95, errorRate, held], index) => [
    String(index + 1),
    `${digits(rate)}/s`,
    optional(p95),
    errorsInWords(errorRate),
    held === 1 ? "yes" : "no",
  ]);
  return table("Latency over rate", ["Step", "Rate", "P95", "Failed", "Held"], rows);
}

function seriesTable({ seconds, buckets }: NonNullable<Measurement["series"]>): Markup {
  const rows = buckets.map(([p50, p95, p99, requests, errors], index) => [
    `${digits(index * seconds)} s`,
    optional(p50),
    optional(p95),
    optional(p99),
    String(requests),
    String(errors),
  ]);
  const columns = ["From", "P50", "P95", "P99", "Requests", "Failed"];
  return table(`Over time, in steps of ${digits(seconds)} s`, columns, rows);
}

function optional(ms: number | null): string {
  return ms === null ? "–" : shown(ms);
}

function table(caption: string, columns: string[], rows: string[][]): Markup {
  return markup`<section>
<table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (cells) => markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>
`,
)}</tbody>
</table>
</section>
`;
}
