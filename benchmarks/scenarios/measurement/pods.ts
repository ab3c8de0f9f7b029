import type { Measurement } from "../../contract.ts";
import { value, type Summary } from "./summary.ts";

/** What a pod's `/metrics` says of its process, in the units of Prometheus' own names. */
export interface Reading {
  /** Seconds of CPU since the start. */
  cpu: number;
  /** When the process started, in seconds since 1970. */
  start: number;
  /** Resident bytes. */
  memory: number;
}

/** Names of the metrics in which k6 keeps readings. */
export const podMetric = { cpu: "pod_cpu", start: "pod_start", memory: "pod_memory" } as const;

/** Tag of a reading of one pod. */
export function readingTag(pod: number, moment: "before" | "after"): string {
  return `${pod}-${moment}`;
}

/** The reading in a text of Prometheus metrics; undefined when a part of it is missing. */
export function reading(text: string): Reading | undefined {
  const gauge = (name: string) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, "m").exec(text)?.[1]);
  const found = {
    cpu: gauge("process_cpu_seconds_total"),
    start: gauge("process_start_time_seconds"),
    memory: gauge("process_resident_memory_bytes"),
  };
  return Object.values(found).every(Number.isFinite) ? found : undefined;
}

/** What the pods spent between their readings; nothing where k6 kept none. */
export function podUsage(
  summary: Summary,
  pods: number,
  requests: number,
): Pick<Measurement, "cpuPerRequest" | "memory" | "restarts"> {
  if (pods === 0) return {};
  const readings = Array.from({ length: pods }, (_, pod) => ({
    before: kept(summary, readingTag(pod, "before")),
    after: kept(summary, readingTag(pod, "after")),
  }));
  const isSame = ({ before, after }: (typeof readings)[0]) => before.start === after.start;
  const restarts = readings.filter((pod) => pod.before.start > 0 && !isSame(pod)).length;
  const known = readings.every((pod) => pod.before.start > 0 && isSame(pod));
  if (!known || requests === 0) return { restarts };
  const cpu = readings.reduce((sum, { before, after }) => sum + after.cpu - before.cpu, 0);
  return {
    cpuPerRequest: Math.round((cpu / requests) * 1e7) / 10,
    memory: Math.max(...readings.map(({ after }) => after.memory)),
    restarts,
  };
}

/** All 0 when the pod did not answer; nothing started in 1970. */
function kept(summary: Summary, tag: string): Reading {
  const gauge = (name: string) => value(summary, `${name}{reading:${tag}}`, "value");
  return {
    cpu: gauge(podMetric.cpu),
    start: gauge(podMetric.start),
    memory: gauge(podMetric.memory),
  };
}
