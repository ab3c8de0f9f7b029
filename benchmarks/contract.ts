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

/** A closed loop: each user asks, waits for the answer, thinks, and asks again. */
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

/** What a benchmark leaves, as JSON of at most 4096 bytes in the container's termination message. */
export interface Measurement {
  /** Latency in milliseconds of all requests that were answered. */
  latency: { p50: number; p95: number; p99: number };
  /** Requests per second over the time that was measured. */
  rps: number;
  /** Requests that were sent and came to an end, the failed ones among them. */
  requests: number;
  /** Requests without an answer of status 2xx. */
  errors: number;
  /** Answers of status 2xx whose content was wrong. */
  failedChecks: number;
  /** Requests that the rate asked for and the generator did not start. */
  dropped: number;
  /** RFC 3339 times. */
  startedAt: string;
  finishedAt: string;
}
