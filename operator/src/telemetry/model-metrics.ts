import { setImmediate } from "node:timers/promises";
import { type BenchmarkResult, type ModelDeployment } from "../api/model-deployment.ts";
import { reasons } from "../api/reasons.ts";
import { conditionOf } from "../api/model-deployment.ts";
import { seconds, share } from "../api/units.ts";

/** What can be told of each ModelDeployment under one name. */
interface Family {
  name: string;
  help: string;
  /** Nothing where there is no true figure: a series that is not there cannot mislead. */
  samples: (model: ModelDeployment) => Sample[];
}

/** A value, and its labels beside namespace and name. */
interface Sample {
  value: number;
  labels?: Record<string, string>;
}

/** How many ModelDeployments are told of before other work gets its turn. */
const slice = 500;

/**
 * The promises and the last true figures of ModelDeployments, as text for Prometheus. They can be
 * thousands, so the event loop goes on with other work in between.
 */
export async function modelMetrics(models: ModelDeployment[]): Promise<string> {
  const subjects = models.map((model) => ({ model, subject: identity(model) }));
  let text = "";
  for (const { name, help, samples } of families) {
    text += `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
    for (const [index, { model, subject }] of subjects.entries()) {
      if (index % slice === 0) await setImmediate();
      for (const { value, labels } of samples(model)) {
        text += `${name}{${subject}${further(labels)}} ${value}\n`;
      }
    }
  }
  return text;
}

const families: Family[] = [
  figure("p50_seconds", "Median latency of the measurement", ({ p50 }) => seconds(p50)),
  figure("p95_seconds", "95th percentile of the measured latency", ({ p95 }) => seconds(p95)),
  figure("p99_seconds", "99th percentile of the measured latency", ({ p99 }) => seconds(p99)),
  figure("requests_per_second", "Answered requests per second of the measurement", ({ rps }) =>
    Number(rps),
  ),
  figure(
    "error_ratio",
    "Share of the measured requests that failed",
    ({ errors, requests }) => errors / requests,
  ),
  figure("cpu_seconds_per_request", "CPU of the pods for one request", ({ cpuPerRequest }) =>
    cpuPerRequest === undefined ? undefined : seconds(cpuPerRequest),
  ),
  figure("timestamp_seconds", "When the measurement ended", ({ finishedAt }) =>
    finishedAt === undefined ? undefined : Date.parse(finishedAt) / 1000,
  ),
  family(
    "intendant_capacity_requests_per_second",
    "Requests per second that one pod of the serving revision can take within the SLO",
    ({ status }) => {
      const { capacity, serving } = status ?? {};
      return capacity && capacity.revision === serving?.revision
        ? Number(capacity.rpsPerReplica)
        : undefined;
    },
  ),
  family("intendant_slo_p95_seconds", "Promised 95th percentile of the latency", ({ spec }) =>
    spec.slo?.p95 === undefined ? undefined : seconds(spec.slo.p95),
  ),
  family("intendant_slo_error_ratio", "Promised largest share of failed requests", ({ spec }) =>
    spec.slo?.errorRate === undefined ? undefined : share(spec.slo.errorRate),
  ),
  family("intendant_within_slo", "1 when the measurement meets spec.slo, 0 when not", (model) => {
    const status = conditionOf(model.status, "WithinSLO")?.status;
    return status === "True" ? 1 : status === "False" ? 0 : undefined;
  }),
  family("intendant_replicas", "Pods of the serving revision", ({ status }) => status?.replicas),
  family(
    "intendant_capture_requests",
    "Requests that were kept in the database",
    ({ status }) => status?.capture?.captured,
  ),
  family(
    "intendant_capture_sentences",
    "Different inputs that are in the database",
    ({ status }) => status?.capture?.sentences,
  ),
  family(
    "intendant_capture_dropped_requests",
    "Requests that the present servers could not keep",
    ({ status }) => status?.capture?.dropped,
  ),
  family(
    "intendant_enrichment_enriched_sentences",
    "Sentences that the annotating model has labelled",
    ({ status }) => status?.enrichment?.enriched,
  ),
  family(
    "intendant_enrichment_pending_sentences",
    "Sentences that the annotating model has not labelled yet",
    ({ status }) => status?.enrichment?.pending,
  ),
  family(
    "intendant_enrichment_sentences_per_second",
    "Sentences that were labelled in a second, over the last minute",
    ({ status }) => status?.enrichment && Number.parseFloat(status.enrichment.rate ?? "0"),
  ),
  family(
    "intendant_enrichment_workers",
    "Pods that label",
    ({ status }) => status?.enrichment?.workers,
  ),
  family(
    "intendant_enrichment_paused",
    "1 while workers wait for a quiet time or for the end of a measurement",
    ({ status }) => {
      const condition = conditionOf(status, "Enriching");
      return condition && (waits.includes(condition.reason) ? 1 : 0);
    },
  ),
  {
    name: "intendant_condition",
    help: "1 for the present status of each condition",
    samples: (model) =>
      (model.status?.conditions ?? []).map(({ type, status }) => ({
        value: 1,
        labels: { type, status },
      })),
  },
  {
    name: "intendant_serving_info",
    help: "1 with the revision that receives traffic",
    samples: ({ status }) =>
      status?.serving ? [{ value: 1, labels: { revision: status.serving.revision } }] : [],
  },
];

/** Reasons for which workers that have something to do have to wait. */
const waits: string[] = [
  reasons.Busy,
  reasons.QuietTime,
  reasons.TrafficUnknown,
  reasons.Measuring,
  reasons.Paused,
];

/** A figure of the measurement that is true now, by the scenario in which it was measured. */
function figure(
  name: string,
  help: string,
  value: (figures: BenchmarkResult) => number | undefined,
): Family {
  return {
    name: `intendant_benchmark_${name}`,
    help,
    samples({ status }) {
      const figures = status?.benchmark;
      if (!figures) return [];
      return sample(() => value(figures), { scenario: figures.scenario ?? "" });
    },
  };
}

/** One figure of a model. */
function family(
  name: string,
  help: string,
  value: (model: ModelDeployment) => number | undefined,
): Family {
  return { name, help, samples: (model) => sample(() => value(model)) };
}

/** A status that another client has written must not cost the other models their metrics. */
function sample(value: () => number | undefined, labels?: Record<string, string>): Sample[] {
  try {
    const found = value();
    if (found === undefined || !Number.isFinite(found)) return [];
    return [labels ? { value: found, labels } : { value: found }];
  } catch {
    return [];
  }
}

function identity({ metadata: { namespace, name } }: ModelDeployment): string {
  return `namespace="${escaped(namespace)}",name="${escaped(name)}"`;
}

function further(labels: Record<string, string> = {}): string {
  let text = "";
  for (const label in labels) text += `,${label}="${escaped(labels[label] ?? "")}"`;
  return text;
}

function escaped(value: string): string {
  return value.replaceAll(/[\\"\n]/g, (character) =>
    character === "\n" ? "\\n" : `\\${character}`,
  );
}
