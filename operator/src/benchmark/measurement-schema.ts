import * as v from "valibot";

/** Most buckets of a series, and most steps of a search, that are read. */
const maxRows = 100;

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** An RFC 3339 time that exists. */
const time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/),
  v.check((text) => !Number.isNaN(Date.parse(text))),
);

/** Rows of numbers, some of which may be unknown. */
const table = (columns: number) =>
  v.pipe(v.array(v.pipe(v.array(v.nullable(amount)), v.length(columns))), v.maxLength(maxRows));

const latency = v.pipe(
  v.looseObject({ p50: amount, p95: amount, p99: amount }),
  v.check(({ p50, p95, p99 }) => p50 > 0 && p50 <= p95 && p95 <= p99),
);

/**
 * Reads a `Measurement` of benchmarks/contract.ts: the termination message of a pod, which may hold
 * anything. Nothing in it is repaired; one wrong field makes the whole measurement unreadable.
 */
export const measurementSchema = v.pipe(
  v.looseObject({
    latency: v.optional(latency),
    rps: amount,
    requests: count,
    errors: count,
    failedChecks: count,
    dropped: count,
    commonestFailure: v.optional(v.string()),
    startedAt: time,
    finishedAt: time,
    series: v.optional(v.looseObject({ seconds: amount, buckets: table(5) })),
    cpuPerRequest: v.optional(amount),
    memory: v.optional(amount),
    restarts: v.optional(amount),
    throttled: v.optional(amount),
    capacity: v.optional(
      v.looseObject({
        rps: amount,
        missed: v.optional(amount),
        p95: v.optional(amount),
        cpuPerRequest: v.optional(amount),
        steps: table(4),
      }),
    ),
  }),
  v.check(({ requests, errors }) => errors <= requests),
);
