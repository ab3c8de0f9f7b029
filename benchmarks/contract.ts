/** What a benchmark is told, as JSON in the environment variable PLAN. */
export interface Plan {
  /** Base address of the service under test, for example `http://intent-fr.demo.svc`. */
  url: string;
  /** Name of the model in the paths of the Open Inference Protocol. */
  model: string;
  /** How long to measure, in seconds. */
  duration: number;
  load: Users | Rate;
}

/**
 * A closed loop: each user asks, waits for the answer, thinks, and asks again. Each one begins at
 * a random moment of a pause, so that they do not arrive together.
 */
export interface Users {
  scenario: "Users";
  users: number;
  /** Pause after each answer in seconds, evenly distributed between the two. */
  thinkTime: { min: number; max: number };
}

/** An open loop: requests start at a constant rate, whether or not earlier ones were answered. */
export interface Rate {
  scenario: "Rate";
  /** Requests per second. */
  rate: number;
}

/**
 * What a benchmark leaves, as JSON of at most 4096 bytes in the container's termination message. It
 * is there whenever the benchmark came to its end, also when no request succeeded; a benchmark that
 * was killed or could not begin leaves none. Whether the figures are worth anything is for the
 * reader to judge: `latency` is missing when nothing was answered, and one that is there speaks of
 * the answered requests only, however many others failed.
 */
export interface Measurement {
  /** Latency of all requests with an answer of status 2xx; left out when there was none. */
  latency?: Latency;
  /** Answers of status 2xx per second, over the time from `startedAt` to `finishedAt`. */
  rps: number;
  /** Requests that were sent and came to an end, the failed ones among them. */
  requests: number;
  /** Requests without an answer of status 2xx. */
  errors: number;
  /** Answers of status 2xx whose content was wrong. */
  failedChecks: number;
  /** Requests that the rate asked for and the generator did not start. */
  dropped: number;
  /** What most of the errors and failed checks were, for people; left out when there was none. */
  commonestFailure?: string;
  /** RFC 3339 time of the beginning. */
  startedAt: string;
  /** RFC 3339 time `duration` later, or of the last answer when that came later still. */
  finishedAt: string;
}

/**
 * Percentiles in milliseconds, of the time from sending a request to the last byte of its answer;
 * opening a connection is not part of it (k6 calls this `http_req_duration`).
 */
export interface Latency {
  p50: number;
  p95: number;
  p99: number;
}
