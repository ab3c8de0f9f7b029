import type { Bucket, Measurement } from "../../../../benchmarks/contract.ts";
import type { ReportInput, Subject } from "../../../../operator/src/benchmark/report/report.ts";
import { figures } from "../../fixtures.ts";

/** Half a minute of 50 requests a second, measured on two pods. */
const subject: Subject = {
  namespace: "demo",
  name: "intent-fr",
  job: "intent-fr-benchmark-0a1b2c3d",
  revision: "aaaaaaaa",
  slo: { p95: "120ms", errorRate: "0.1%" },
  plan: { duration: 30, warmUp: 5, load: { scenario: "Rate", rate: 50 } },
  trigger: "Change",
  replicas: 2,
  image: "docker.io/intendant/server:0.1.0",
  sha256: "9f2c".repeat(16),
  resources: "cpu 250m, memory 1Gi",
  node: { cpu: "AMD EPYC 7763 64-Core Processor" },
};

/** Latencies that swing, rise to a peak, and end as they began. */
function bucket(index: number): Bucket {
  const peak = index === 17 ? 4 : 1;
  const swing = 1 + Math.sin(index / 2) / 6;
  const round = (value: number) => Number(value.toFixed(2));
  const errors = index === 17 ? 6 : index === 18 ? 2 : 0;
  return [round(1.84 * swing), round(3.06 * swing * peak), round(6.01 * swing * peak), 50, errors];
}

/** What k6 left of it. */
export const measured: Measurement = {
  latency: { p50: 1.84, p95: 3.06, p99: 6.01 },
  rps: 49.7,
  requests: 1500,
  errors: 8,
  failedChecks: 0,
  dropped: 0,
  commonestFailure: "GET /api/intent answered 503",
  startedAt: "2026-10-01T12:00:00.000Z",
  finishedAt: "2026-10-01T12:00:30.512Z",
  series: { seconds: 1, buckets: Array.from({ length: 30 }, (_, index) => bucket(index)) },
  cpuPerRequest: 212,
  memory: 126_877_696,
  restarts: 0,
  throttled: 0.02,
  lateness: 0.4,
};

/** The same without any trouble. */
const { commonestFailure: _, ...rest } = measured;
const smooth: Measurement = {
  ...rest,
  errors: 0,
  series: { seconds: 1, buckets: Array.from({ length: 30 }, (_, index) => bucket(index % 17)) },
};

/** A valid measurement, which misses its SLO by its errors. */
export const rate: ReportInput = {
  subject,
  verdict: { figures: { ...figures, rps: "49.7", requests: 1500, errors: 8, replicas: 2 } },
  measurement: measured,
};

/** A valid measurement that keeps its SLO. */
export const met: ReportInput = {
  subject: { ...subject, slo: { p95: "5ms" } },
  verdict: { figures: { ...figures, rps: "50.0", requests: 1500, replicas: 2 } },
  measurement: smooth,
};

/** A search that found 850 requests a second. */
export const capacity: ReportInput = {
  subject: {
    ...subject,
    slo: { p95: "100ms" },
    plan: {
      duration: 240,
      load: {
        scenario: "Capacity",
        slo: { p95: 100 },
        replicas: 2,
        resolution: 0.05,
        stepSeconds: 10,
      },
    },
  },
  verdict: {
    figures: {
      ...figures,
      p50: "31.2ms",
      p95: "96ms",
      p99: "140.4ms",
      rps: "849",
      requests: 8500,
      replicas: 2,
    },
  },
  measurement: {
    ...smooth,
    latency: { p50: 31.2, p95: 95.92, p99: 140.4 },
    rps: 849,
    requests: 8500,
    series: {
      seconds: 1,
      buckets: Array.from({ length: 10 }, (_, index) => {
        const swing = 1 + Math.sin(index) / 20;
        return [Math.round(31 * swing), Math.round(95 * swing), Math.round(140 * swing), 850, 0];
      }),
    },
    capacity: {
      rps: 850,
      p95: 95.92,
      missed: 880,
      cpuPerRequest: 208,
      steps: [
        [50, 2.9, 0, 1],
        [100, 3.1, 0, 1],
        [200, 3.8, 0, 1],
        [400, 6.4, 0, 1],
        [800, 48.1, 0, 1],
        [1600, 2210, 0.124, 0],
        [1600, 2340, 0.131, 0],
        [1130, 840, 0.01, 0],
        [1130, 910, 0.02, 0],
        [951, 240, 0, 0],
        [951, 260, 0, 0],
        [880, 121.6, 0, 0],
        [880, 118.4, 0, 0],
        [850, 95.92, 0, 1],
      ],
    },
    limitedBy: "service",
  },
};

/** A rate that was not reached, so there is no figure. */
export const invalid: ReportInput = {
  subject,
  verdict: {
    invalid: {
      reason: "RateNotReached",
      message: "the rate was 31.2/s, less than 95% of 50/s",
    },
  },
  measurement: { ...measured, rps: 31.2, requests: 936, dropped: 564, throttled: 0.61 },
};

/** A load generator that was killed, of which nothing is left. */
export const killed: ReportInput = {
  subject,
  verdict: {
    invalid: { reason: "GeneratorKilled", message: "k6 was killed (OOMKilled, exit code 137)" },
  },
  measurement: undefined,
};
