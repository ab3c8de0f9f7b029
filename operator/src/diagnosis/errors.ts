import type { Problem } from "../api/reasons.ts";
import { ApiError } from "../kube/errors.ts";
import { withRemedy } from "./remedies.ts";

/*
 * Three kinds of error: Stalled needs manual action, Waiting resolves itself, and anything else is
 * retried by the queue with a growing delay. The first two end in the status.
 */

/** Nothing improves until the spec, or an object outside, is changed by hand. */
export class Stalled extends Error implements Problem {
  override readonly name = "Stalled";
  readonly reason: string;

  /** @param problem the message says what to change */
  constructor({ reason, message }: Problem, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** Another object has to change first, which happens without manual action. */
export class Waiting extends Error implements Problem {
  override readonly name = "Waiting";
  readonly reason = "Waiting";
}

/** The Stalled or Waiting that an error of the API server means; the error itself otherwise. */
export function classifyApiError(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  if (error.status === 403 && error.message.includes("being terminated")) {
    return new Waiting(error.message, { cause: error });
  }
  if (error.status === 403)
    return new Stalled(withRemedy({ reason: "Forbidden", message: error.message }), error);
  if (error.status === 400 || error.status === 422 || isMistyped(error)) {
    return new Stalled(withRemedy({ reason: "Refused", message: error.message }), error);
  }
  return error;
}

/**
 * A field that the kind does not have, or of another type. Server-side apply always refuses these
 * (fieldValidation makes no difference to it), and for built-in kinds it calls that an error of its
 * own.
 */
function isMistyped({ status, message }: ApiError): boolean {
  return status === 500 && message.includes("failed to create typed patch object");
}
