import type { ModelDeployment } from "../../api/model-deployment.ts";
import { reasons } from "../../api/reasons.ts";
import type { CaptureReport } from "../../state/capture-report.ts";
import { no, previous, unknown, yes, type Check, type CheckInput } from "./check.ts";

/** Whether the servers write requests to the database. */
export const capturing: Check[] = [
  // First: before any server has answered, what the status says still holds.
  noReport,
  connected,
  revisionWithoutCapture,
  undecided,
  notConnected,
];

function noReport({ model, observed }: CheckInput) {
  if (observed.capture) return undefined;
  return (
    previous(model, "Capturing") ?? unknown(reasons.NoAnswer, "no server pod has reported yet")
  );
}

function connected({ observed: { capture } }: CheckInput) {
  if (capture?.state !== "Connected") return undefined;
  return yes(reasons.Connected, "requests are written to the database");
}

function revisionWithoutCapture({ observed: { capture } }: CheckInput) {
  if (capture?.state !== "Off") return undefined;
  return no(
    reasons.RollingOut,
    "the serving revision does not capture requests; the next revision will",
  );
}

/** Without an answer, or before the first connection, capture may work all the same. */
function undecided({ observed: { capture } }: CheckInput) {
  if (capture?.state === "NoAnswer") {
    return unknown(reasons.NoAnswer, "no serving pod reports the state of its database connection");
  }
  return capture?.state === "Starting"
    ? unknown(reasons.Starting, capture.message ?? "")
    : undefined;
}

function notConnected({ model, observed: { capture } }: CheckInput) {
  if (!capture) return undefined;
  const message = [cause(model, capture), consequences[capture.state]].filter(Boolean).join("; ");
  return no(capture.state, message);
}

function cause({ spec, metadata }: ModelDeployment, { state, message }: CaptureReport): string {
  const { name, key } = spec.capture?.databaseSecret ?? {};
  if (state === "SecretMissing") {
    const create = `kubectl create secret generic ${name} -n ${metadata.namespace} --from-literal=${key}=postgresql://USER:PASSWORD@HOST:5432/DATABASE`;
    return `Secret ${name} does not exist, or has no key ${key}; run: ${create}`;
  }
  if (state === "DatabaseRefused") {
    const words = message ?? "the database refuses the connection";
    return `${words}; correct Secret ${name} or the settings of the database`;
  }
  return message ?? "";
}

/** What happens to requests as long as the state lasts. */
const consequences: Partial<Record<CaptureReport["state"], string>> = {
  DatabaseUnreachable: "requests are answered but not stored until it is back",
  DatabaseRefused: "requests are answered but not stored until then",
  SecretMissing: "requests are answered but not stored until then",
  NotSupported: "requests are answered but not stored",
};
