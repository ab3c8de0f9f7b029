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

/** The API server could not be reached, or did not answer in time, or broke off in mid-answer. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  /** @param attempt what was tried on which object */
  constructor(attempt: string, cause: unknown) {
    super(`Could not ${attempt}: ${reason(cause)}`, { cause });
  }
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // An AggregateError of several addresses has an empty message and says it in `code`.
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}

/** The object does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** The object was changed by somebody else meanwhile, or a new one exists already. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

/** The resource version is too old to continue from; list again. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 410;
}

/** The object breaks a rule of its schema or of an admission check. */
export function isInvalid(error: unknown): boolean {
  return error instanceof ApiError && error.status === 422;
}

/** The service account lacks a permission. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}
