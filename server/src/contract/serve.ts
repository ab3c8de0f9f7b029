/**
 * Why the server ended by itself, as the reason of the `Problem` in its termination message. With a
 * model that cannot be served it does not end; see `NotReadyReason`.
 */
export type EndReason =
  /** An environment variable has a value that cannot be used. */
  | "InvalidSettings"
  /** It could not listen on a port. */
  | "StartFailed"
  /** Requests were still open long after it had been told to stop. */
  | "ShutdownTimeout"
  /** An error kept it from stopping in order. */
  | "ShutdownFailed";
