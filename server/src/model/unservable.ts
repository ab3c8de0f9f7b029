import type { UnservableReason } from "../contract/ops.ts";

/** The model cannot be served, and will not be before its file or the settings change. */
export class Unservable extends Error {
  readonly reason: UnservableReason;

  constructor(reason: UnservableReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
