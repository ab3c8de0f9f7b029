/** What a benchmark is told, as JSON in the environment variable PLAN. */
export interface Plan {
  /** Base address of the service under test, for example `http://intent-fr.demo.svc`. */
  url: string;
  /** Name of the model in the paths of the Open Inference Protocol. */
  model: string;
  /** How long to measure, in seconds; for Capacity, how long the whole search may take. */
  duration: number;
  /**
   * Seconds of the same load before the measurement, which are counted nowhere; 0 unless given.
   * Capacity does not know it: there each step has a moment of its own to settle.
   */
  warmUp?: number;
  load: Load;
  /**
   * File of JSON lines, asked in turn: each is a body for `POST /v2/models/{model}/infer` or, for
   * an intent classifier, `{"sentence": "…"}`. Without it, sentences are random, and tensors are
   * made from the model's metadata.
   */
  payloads?: string;
  /**
   * Whether a server that captures what it is asked may keep these requests, too. Unless it is true,
   * each one says that it may not, because random letters teach a model nothing.
   */
  capture?: boolean;
  /** Base addresses of the pods' ops ports, for example `http://10.2.0.7:9090`. */
  pods?: string[];
}

/** Which requests are made, and when. */
export type Load = Users | Rate | Capacity | Script;

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
  /** Seconds in which the rate rises from 0 before all else, also before `warmUp`; not counted. */
  ramp?: number;
}

/**
 * Looks for the highest rate of an open loop that the service holds: a step at a rate is held when
 * latency and errors are inside the SLO, no request was dropped, and no backlog grew.
 */
export interface Capacity {
  scenario: "Capacity";
  slo: {
    /** Milliseconds. */
    p95?: number;
    /** Share of the requests from 0 to 1; 0 unless given. */
    errorRate?: number;
  };
  /** How many pods share the load; their number has to stay the same. Raises the first guess. */
  replicas: number;
  /** Requests per second of the first step; guessed from the latency without load unless given. */
  start?: number;
  /** Requests per second at which the search ends though they are held; 20000 unless given. */
  limit?: number;
  /** How far apart the held rate and the missed one may be, as a share of the former; 0.05. */
  resolution: number;
  /** Seconds that a step is measured; longer, up to half a minute, until it has 200 requests. */
  stepSeconds: number;
}

/**
 * A k6 script of the user's own. It has to ask with `ask` and to end with `handleSummary`, both from
 * `/benchmarks/script.ts`; one that leaves no measurement fails.
 */
export interface Script {
  scenario: "Script";
  /** Absolute path of the file. */
  path: string;
}

/**
 * What a benchmark writes, as JSON of at most 4096 bytes in the container's termination message. It
 * is there whenever the benchmark came to its end, also when no request succeeded; a benchmark that
 * was killed or could not begin leaves none. Whether the figures are worth anything is for the
 * reader to judge: `latency` is missing when nothing was answered, and one that is there speaks of
 * the answered requests only, however many others failed.
 *
 * After a Capacity, all but `capacity` and `limitedBy` is that of the step that held the highest
 * rate, or of the last one when none was held.
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
  /**
   * RFC 3339 time `duration` later, or of the last answer when that came later still. After a
   * Script always that of the last answer.
   */
  finishedAt: string;
  /** Left out when nothing was asked. */
  series?: Series;
  /**
   * Microseconds of CPU that all pods together spent on a request. Left out without `pods`, when
   * nothing was asked, and when one of them did not tell or restarted.
   */
  cpuPerRequest?: number;
  /** Resident memory at the end in bytes, of the pod that had most; left out as `cpuPerRequest`. */
  memory?: number;
  /** How many of the pods restarted or went away in between; left out without `pods`. */
  restarts?: number;
  /**
   * Share of the CPU periods, from 0 to 1, in which the generator's container was made to wait for
   * its limit. Left out when its cgroup does not tell.
   */
  throttled?: number;
  /**
   * 95th percentile of the milliseconds that requests started too late; only of a rate of which
   * nothing was dropped.
   */
  lateness?: number;
  /** What the search found; left out of other scenarios, and when not even a single user was answered. */
  capacity?: CapacityResult;
  /** What kept the search from a higher rate; left out when nothing did, so that `limit` was held. */
  limitedBy?: "service" | "generator" | "time";
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

/** The measurement over time, from `startedAt` on; each request counts where it was started. */
export interface Series {
  /** Length of a bucket in seconds. */
  seconds: number;
  /** At most 30. The percentiles are null where nothing was answered with status 2xx. */
  buckets: Bucket[];
}

/** Milliseconds, milliseconds, milliseconds, and how many. */
export type Bucket = [
  p50: number | null,
  p95: number | null,
  p99: number | null,
  requests: number,
  errors: number,
];

/** The highest rate that was held by all pods together. */
export interface CapacityResult {
  /** Requests per second; 0 when not even the lowest rate was held. */
  rps: number;
  /** The lowest rate that was not held; left out when there was none. */
  missed?: number;
  /** Milliseconds; left out when no rate was held. */
  p95?: number;
  /** Microseconds of CPU of the pods for a request at that rate, as far as it is known. */
  cpuPerRequest?: number;
  /** Every step in the order in which they were made. */
  steps: Step[];
}

/** Requests per second, milliseconds, a share from 0 to 1, and 1 when the rate was held. */
export type Step = [rate: number, p95: number | null, errorRate: number, held: 0 | 1];
