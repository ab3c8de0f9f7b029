import { ours } from "../../../../tools/bench/server/goals.ts";
import {
  loads,
  type Figures,
  type LoadName,
  type Measured,
  type ModelName,
  type Run,
  type Series,
} from "../../../../tools/bench/server/results.ts";

/** A load that went well: 1,000 requests per second of 100 µs, P95 2 ms. */
function measured(changes: Partial<Measured> = {}): Measured {
  return {
    requests: 4000,
    dropped: 0,
    requestsPerSecond: 1000,
    cpuPerRequest: 100e-6,
    p50: 1,
    p95: 2,
    p99: 3,
    cpu: { server: 0.1, generator: 0.2, others: 0 },
    ...changes,
  };
}

/** A run in which all loads went alike. */
export function run(
  server: string,
  {
    model = "intent-fr",
    round = 1,
    ...changes
  }: Partial<Measured> & {
    model?: ModelName;
    round?: number;
  } = {},
): Run {
  const names = Object.keys(loads) as LoadName[];
  const figures: Figures = {
    readySeconds: 0.25,
    idleCpu: 0.001,
    idle: { rss: 90 * 2 ** 20, pss: 80 * 2 ** 20, processes: 1 },
    loaded: { rss: 120 * 2 ** 20, pss: 100 * 2 ** 20, processes: 1 },
    loads: Object.fromEntries(names.map((name) => [name, measured(changes)])) as Figures["loads"],
  };
  return { round, server, model, figures };
}

/** A series of these runs. */
export function series(runs: Run[]): Series {
  return {
    measuredAt: "2026-01-02T03:04:05.000Z",
    commit: "abcdef0",
    machine: "A processor, 2 CPU, Linux 6",
    versions: { node: "v24.0.0", python: "Python 3.11.7" },
    seconds: 4,
    rounds: Math.max(...runs.map(({ round }) => round)),
    sizes: { [ours]: 170e6 },
    runs,
  };
}
