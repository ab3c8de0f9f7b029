import { modelName, type Stage } from "./stage.ts";
import { startTraffic, type Traffic } from "./traffic.ts";

/** Something that goes wrong, or is done, while requests come in. */
export interface Scenario {
  /** What happens, as the table of results says it. */
  title: string;
  /** Only `make test-long` and a full round have it: another one is much like it, or it takes minutes. */
  isLong?: boolean;
  run(stage: Stage, round: Round): Promise<Finding>;
}

/** How thorough to be. */
export interface Round {
  /** Least number of requests while the fault happens. */
  requests: number;
  /** Whether all of a scenario's variants are gone through, or a sample. */
  all: boolean;
}

/** What ten thousand requests say. */
export const fullRound: Round = { requests: 10_000, all: true };

/** What can be waited for in each run of the tests. */
export const shortRound: Round = { requests: 1_500, all: false };

/** What a scenario found. */
export interface Finding {
  requests: number;
  /** Requests without the right answer; beside those that only a killed server could have answered. */
  failures: number;
  /** Milliseconds that the slowest answer took. */
  slowest: number;
  /** Figures and what else is worth knowing, in words. */
  note: string;
  /** What the failures were, in which second, and how often. */
  reasons: Record<string, number>;
}

/** Requests per second in every scenario. */
const rate = 200;

/** Does something to a model under steady traffic; the note is what the work returns. */
export async function underTraffic(
  stage: Stage,
  { requests }: Round,
  work: (traffic: Traffic) => Promise<string>,
): Promise<Finding> {
  const traffic = startTraffic({ url: await stage.url(), model: modelName, rate });
  let note: string;
  try {
    note = await work(traffic);
  } catch (error) {
    await traffic.ended(0);
    throw error;
  }
  const { sent, failures, slowest, lost, resent, reasons } = await traffic.ended(requests);
  const afterKill = lost + resent > 0 ? `; ${lost} lost, ${resent} sent once more` : "";
  return { requests: sent, failures, slowest, note: note + afterKill, reasons };
}

/** Several findings as one. */
export function together(findings: Finding[], note: string): Finding {
  const sum = (figure: (finding: Finding) => number) =>
    findings.reduce((total, finding) => total + figure(finding), 0);
  return {
    requests: sum(({ requests }) => requests),
    failures: sum(({ failures }) => failures),
    slowest: Math.max(...findings.map(({ slowest }) => slowest)),
    note,
    reasons: Object.assign({}, ...findings.map(({ reasons }) => reasons)),
  };
}

/** Seconds since a moment of `performance.now()`, for a note. */
export function since(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
