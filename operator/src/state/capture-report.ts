import { reasons } from "../api/reasons.ts";

/** What servers say about capture, all together; numbers are left out while they are not known. */
export interface CaptureReport {
  /** Off: their revision was made without capture. NoAnswer: none of them says anything. */
  state: CaptureState | "Off" | "NoAnswer";
  /** What is the matter, in a server's words. */
  message?: string | undefined;
  /** Requests that the database has seen of this model. */
  captured?: number | undefined;
  /** Different inputs that it holds. */
  sentences?: number | undefined;
  /** Requests that these servers could not keep. */
  dropped?: number | undefined;
  annotators: Annotator[];
}

/** How a server stands with its database. */
export type CaptureState = (typeof states)[number];

/** How far an annotating model is, which is known by its digest. */
export interface Annotator {
  sha256: string;
  enriched: number;
  pending: number;
  /** Sentences per second over the last minute. */
  rate: number;
  /** Whether new sentences are queued for it. */
  active?: boolean;
}

/** The worst last. */
const states = [
  reasons.Connected,
  reasons.Starting,
  reasons.DatabaseUnreachable,
  reasons.DatabaseRefused,
  reasons.NotSupported,
  reasons.SecretMissing,
] as const;

/** Most annotators of an answer that are looked at. */
const mostAnnotators = 100;

/** What a server says, as far as it can be used; undefined otherwise. */
export function captureReport(said: Record<string, unknown>): CaptureReport | undefined {
  const state = states.find((state) => state === said["state"]);
  if (!state) return undefined;
  const annotators = Array.isArray(said["annotators"]) ? said["annotators"] : [];
  const message = words(said["message"]);
  return {
    state,
    ...(message !== undefined && { message }),
    captured: count(said["captured"]),
    sentences: count(said["sentences"]),
    dropped: count(said["dropped"]),
    annotators: annotators.slice(0, mostAnnotators).flatMap((one: unknown) => annotator(one) ?? []),
  };
}

/**
 * What several servers say as one report. The worst state counts. They read their numbers from one
 * database, and the largest are the newest; what was dropped each of them counts for itself.
 */
export function together(reports: CaptureReport[]): CaptureReport {
  const [worst] = [...reports].sort((one, other) => rank(other) - rank(one));
  if (!worst) return { state: "NoAnswer", annotators: [] };
  const [newest = worst] = reports
    .filter(({ captured }) => captured !== undefined)
    .sort((one, other) => (other.captured ?? 0) - (one.captured ?? 0));
  const dropped = reports.flatMap(({ dropped }) => dropped ?? []);
  const { message: _, ...numbers } = newest;
  return {
    ...numbers,
    state: worst.state,
    ...(worst.message !== undefined && { message: worst.message }),
    dropped: dropped.length > 0 ? dropped.reduce((sum, one) => sum + one, 0) : undefined,
  };
}

function rank({ state }: CaptureReport): number {
  return states.findIndex((known) => known === state);
}

function annotator(value: unknown): Annotator | undefined {
  const { sha256, enriched, pending, rate, active } = (value ?? {}) as Record<string, unknown>;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  const [done, open] = [count(enriched), count(pending)];
  if (done === undefined || open === undefined) return undefined;
  const isRate = typeof rate === "number" && Number.isFinite(rate) && rate >= 0;
  const counts = { sha256, enriched: done, pending: open, rate: isRate ? rate : 0 };
  return active === true ? { ...counts, active } : counts;
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
}

function words(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return (
    value
      .replaceAll(/[\p{C}\s]+/gu, " ")
      .trim()
      .slice(0, 300) || undefined
  );
}
