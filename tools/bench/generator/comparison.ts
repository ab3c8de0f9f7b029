import { median, range, type Range } from "../lib/statistics.ts";
import { knownLatency } from "./delays.ts";
import { loads, type LoadName, type ServerName } from "./loads.ts";
import type { Run } from "./results.ts";
import type { FigureName } from "./samples.ts";

/** How far two figures may be apart: a share of the second, and for latencies at least this. */
export interface Tolerance {
  share: number;
  /** Milliseconds. */
  least: number;
}

/** Between two generators. */
export const betweenGenerators: Tolerance = { share: 0.1, least: 1 };
/** Between a generator and what is known. */
export const fromKnown: Tolerance = { share: 0.05, least: 0 };

/** What several rounds of one generator found. */
export interface Found extends Range {
  median: number;
}

/** One figure from both generators. */
export interface Comparison {
  server: ServerName;
  load: LoadName;
  figure: FigureName;
  ours: Found;
  theirs: Found;
  agree: boolean;
  /** Of a server whose delays are known. */
  known?: { value: number; ours: boolean; theirs: boolean };
}

/** All figures; those of a load without a valid round are left out. */
export function comparisons(runs: Run[]): Comparison[] {
  return (["model", "delays"] as const).flatMap((server) =>
    (Object.keys(loads) as LoadName[]).flatMap((load) =>
      (["p50", "p95", "p99", "rps"] as const).flatMap((figure) =>
        compared(runs, { server, load, figure }),
      ),
    ),
  );
}

type Subject = Pick<Comparison, "server" | "load" | "figure">;

function compared(runs: Run[], subject: Subject): Comparison[] {
  const ours = found(runs, subject, "ours");
  const theirs = found(runs, subject, "theirs");
  if (!ours || !theirs) return [];
  const within = (a: Found, b: number, tolerance: Tolerance) =>
    isWithin(a.median, b, subject.figure === "rps" ? { ...tolerance, least: 0 } : tolerance);
  const value = knownValue(subject);
  const known = value !== undefined && {
    value,
    ours: within(ours, value, fromKnown),
    theirs: within(theirs, value, fromKnown),
  };
  const agree = within(ours, theirs.median, betweenGenerators);
  return [{ ...subject, ours, theirs, agree, ...(known && { known }) }];
}

function found(runs: Run[], subject: Subject, whose: "ours" | "theirs"): Found | undefined {
  const values = runs
    .filter(({ server, load }) => server === subject.server && load === subject.load)
    .flatMap((run) => run[whose]?.[subject.figure] ?? []);
  const both = range(values);
  return both && { ...both, median: median(values) };
}

function knownValue({ server, load, figure }: Subject): number | undefined {
  if (server === "model") return undefined;
  return figure === "rps" ? loads[load].rps : knownLatency()[figure];
}

/** Whether a figure is as near to another one as the tolerance wants it. */
export function isWithin(figure: number, other: number, { share, least }: Tolerance): boolean {
  return Math.abs(figure - other) <= Math.max(share * other, least);
}
