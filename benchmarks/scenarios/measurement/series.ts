import type { Bucket, Series } from "../../contract.ts";
import { metric, value, type Summary } from "./summary.ts";

/** How many buckets a measurement has: of at least a second each, and at most 30. */
export function bucketCount(duration: number): number {
  return Math.max(1, Math.min(30, Math.floor(duration)));
}

/** The bucket of a moment, in seconds since the beginning; what comes late is in the last one. */
export function bucketAt(elapsed: number, duration: number): number {
  const count = bucketCount(duration);
  return Math.max(0, Math.min(count - 1, Math.floor((elapsed / duration) * count)));
}

/** Names of all metrics of all buckets: k6 keeps what a threshold asks for, and nothing else. */
export function bucketMetrics(duration: number): string[] {
  const names = [metric.latency, metric.requests, metric.errors];
  const buckets = Array.from({ length: bucketCount(duration) }, (_, index) => index);
  return buckets.flatMap((index) => names.map((name) => inBucket(name, index)));
}

/** What k6 counted in each bucket. */
export function series(summary: Summary, duration: number): Series {
  const count = bucketCount(duration);
  return {
    seconds: Math.round((duration / count) * 1000) / 1000,
    buckets: Array.from({ length: count }, (_, index) => bucket(summary, index)),
  };
}

/**
 * By how much the typical latency grew, as a share of the time in which it did. A service that
 * answers a share of the requests only, and queues the rest, shows about the rest of it.
 */
export function growth({ seconds, buckets }: Series): number {
  const third = Math.max(1, Math.floor(buckets.length / 3));
  const apart = (buckets.length - third) * seconds * 1000;
  if (apart <= 0) return 0;
  return (mean(buckets.slice(-third)) - mean(buckets.slice(0, third))) / apart;
}

function bucket(summary: Summary, index: number): Bucket {
  const count = (name: string) => value(summary, inBucket(name, index), "count");
  const requests = count(metric.requests);
  const errors = count(metric.errors);
  const percentile = (share: number) =>
    requests > errors
      ? shortened(value(summary, inBucket(metric.latency, index), `p(${share})`))
      : null;
  return [percentile(50), percentile(95), percentile(99), requests, errors];
}

function mean(buckets: Bucket[]): number {
  const medians = buckets.map(([p50]) => p50).filter((p50) => p50 !== null);
  return medians.reduce((sum, p50) => sum + p50, 0) / (medians.length || 1);
}

const inBucket = (name: string, index: number) => `${name}{bucket:${index}}`;

/** Four digits are more than a picture can show, and all of them have to fit the message. */
const shortened = (number: number) => Number(number.toPrecision(4));
