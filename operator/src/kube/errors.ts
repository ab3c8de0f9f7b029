/** The API server answered, and refused. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status, for example 409. */
  readonly status: number;
  /** Kubernetes' reason, for example `Conflict`; empty where the server gave none. */
  readonly reason: string;
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined;

  /**
   * @param attempt what was tried on which object, for example `apply Deployment demo/iris-1a2b3c4d`
   * @param answer what the server said
   */
  constructor(
    attempt: string,
    answer: { status: number; reason: string; message: string; retryAfter?: number | undefined },
  ) {
    const { status, reason, message, retryAfter } = answer;
    super(`Could not ${attempt}: ${message} (${`${status} ${reason}`.trim()})`);
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/**
 * The error for an answer that is not a success.
 *
 * @param attempt what was tried on which object
 * @param answer status, headers (names in lower case) and body, a Status object in most cases
 */
export function refusal(
  attempt: string,
  answer: { status: number; headers: Record<string, string | string[] | undefined>; text: string },
): ApiError {
  const said = parseStatus(answer.text);
  const seconds = Number(answer.headers["retry-after"] ?? said.details?.retryAfterSeconds);
  const later = answer.status === 429 || answer.status === 503;
  return new ApiError(attempt, {
    status: answer.status,
    reason: said.reason ?? "",
    message: said.message || answer.text.slice(0, 200).trim() || "the answer is empty",
    ...(later && Number.isFinite(seconds) && { retryAfter: seconds }),
  });
}

/** What the API server tells about a refusal, in its body or in an ERROR event of a watch. */
export interface Status {
  code?: number;
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number };
}

function parseStatus(text: string): Status {
  try {
    return (JSON.parse(text) as Status | null) ?? {};
  } catch {
    return {};
  }
}

/** The API server could not be reached, or did not answer in time, or broke off in mid-answer. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  /** @param attempt what was tried on which object */
  constructor(attempt: string, cause: unknown) {
    super(`Could not ${attempt}: ${causeOf(cause)}`, { cause });
  }
}

/** A write that was not sent, because this process may have been replaced by another one. */
export class FencedError extends Error {
  override readonly name = "FencedError";

  /** @param attempt what was tried on which object */
  constructor(attempt: string) {
    super(`Could not ${attempt}: this process does not lead, another one may; nothing was sent`);
  }
}

function causeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // An AggregateError of several addresses has an empty message and says it in `code`.
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}

/** The object does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** The object was changed by another client meanwhile, or exists already. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

/** The resource version is too old to continue from; list again. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 410;
}

/** The service account lacks a permission. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}
