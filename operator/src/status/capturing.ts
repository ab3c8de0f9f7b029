import {
  type Condition,
  type ModelDeployment,
  type ModelDeploymentStatus,
} from "../api/model-deployment.ts";
import { reasons } from "../api/reasons.ts";
import type { CaptureReport } from "../state/capture-report.ts";
import type { Observed } from "../state/observed.ts";

/** What condition Capturing says. */
type Verdict = Pick<Condition, "status" | "reason" | "message">;

/** What the servers say about capture, as the condition Capturing; undefined before they were asked. */
export function captureVerdict(
  model: ModelDeployment,
  { capture: report }: Observed,
): Verdict | undefined {
  if (!report) return undefined;
  const { state } = report;
  if (state === "Connected") {
    return { status: "True", reason: state, message: "what is asked gets into the database" };
  }
  const message = [explanation(model, report), consequences[state]].filter(Boolean).join("; ");
  if (state === "Off") return { status: "False", reason: reasons.RollingOut, message };
  const isOpen = state === "NoAnswer" || state === "Starting";
  return { status: isOpen ? "Unknown" : "False", reason: state, message };
}

/** The figures of capture; while the servers tell none, those that they told last. */
export function captureStatus(
  { spec, status }: ModelDeployment,
  { capture: report }: Observed,
): Pick<ModelDeploymentStatus, "capture"> {
  if (!spec.capture) return {};
  const { captured, sentences, dropped } = { ...status?.capture, ...defined(report) };
  const figures = defined({ captured, sentences, dropped });
  return Object.keys(figures).length > 0 ? { capture: figures } : {};
}

function defined<T extends object>(values: T | undefined): Partial<T> {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

function explanation({ spec, metadata }: ModelDeployment, report: CaptureReport): string {
  const { state, message } = report;
  const { name, key } = spec.capture?.databaseSecret ?? {};
  const { namespace } = metadata;
  if (state === "Off") return "the revision that serves keeps nothing; the next one will";
  if (state === "NoAnswer")
    return "no server that gets traffic says how it stands with the database";
  if (state === "SecretMissing") {
    const create = `kubectl create secret generic ${name} -n ${namespace} --from-literal=${key}=postgresql://USER:PASSWORD@HOST:5432/DATABASE`;
    return `Secret ${name} does not exist, or has no key ${key}; run: ${create}`;
  }
  if (state === "DatabaseRefused") {
    const words = message ?? "the database refuses the connection";
    return `${words}; correct what Secret ${name} says, or the database`;
  }
  return message ?? "";
}

/** What becomes of requests meanwhile. */
const consequences: Partial<Record<CaptureReport["state"], string>> = {
  DatabaseUnreachable: "requests are answered, and not kept until it is back",
  DatabaseRefused: "requests are answered, and not kept until then",
  SecretMissing: "requests are answered, and not kept until then",
  NotSupported: "requests are answered, and not kept",
};
