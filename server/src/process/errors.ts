/** An answer other than success; the message is for the client and says what to do. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** What the client sent cannot be used as it is. */
export class InvalidInput extends Refusal {
  constructor(message: string) {
    super(400, message);
  }
}

/** There is no such thing here. */
export class NotFound extends Refusal {
  constructor(message: string) {
    super(404, message);
  }
}

/** Not at the moment; the client may try again after a second. */
export class Unavailable extends Refusal {
  constructor(message: string) {
    super(503, message, { "Retry-After": "1" });
  }
}

/** The client went away before its request was complete; no answer can be delivered. */
export class Aborted extends Error {}
