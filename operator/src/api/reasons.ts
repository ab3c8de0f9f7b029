/** The types of conditions, in the order in which the status shows them. */
export const conditionTypes = [
  "Ready",
  "Reconciling",
  "Stalled",
  "Benchmarked",
  "WithinSLO",
  "Capturing",
  "Enriching",
] as const;

/** Type of a condition. */
export type ConditionType = (typeof conditionTypes)[number];

/**
 * The reasons of conditions. Programs may rely on them; messages are for people, and their wording may
 * change. A pod that does not become ready adds the reasons of Kubernetes, for example
 * ImagePullBackOff or Unschedulable.
 */
export const reasons = {
  /** Ready: the serving revision has as many available pods as it should have. */
  Serving: "Serving",
  /** Ready: spec.replicas is 0, so there are no pods. */
  ScaledToZero: "ScaledToZero",
  /**
   * Ready: no revision receives traffic yet. Reconciling: another revision is being rolled out.
   * Capturing: the serving revision was created without capture.
   */
  RollingOut: "RollingOut",
  /**
   * Reconciling: a candidate is ready and is being measured before it receives traffic. Enriching:
   * the workers wait for a benchmark to finish.
   */
  Measuring: "Measuring",
  /** Ready, Reconciling, Enriching: spec.paused keeps the operator from changing anything. */
  Paused: "Paused",
  /** Ready, Reconciling: fewer pods are available than the spec asks for. */
  ReplicasUnavailable: "ReplicasUnavailable",
  /** Ready, Reconciling: the operator waits for another object and checks again soon. */
  Waiting: "Waiting",
  /** Reconciling: everything matches the spec. */
  Settled: "Settled",
  /** Stalled: no manual action is needed. */
  NoProblem: "NoProblem",

  /** Stalled, a pod: the source of the model does not exist. */
  ModelNotFound: "ModelNotFound",
  /** Stalled, a pod: the SHA-256 of the model is not the one in spec.model.sha256. */
  DigestMismatch: "DigestMismatch",
  /** Stalled: spec.benchmark.schedule or timeZone is invalid, or matches no date. */
  InvalidSchedule: "InvalidSchedule",
  /** Stalled: an object that the operator does not own has the name of one that it needs. */
  NameTaken: "NameTaken",
  /** Stalled: the API server rejected an object as invalid. */
  Refused: "Refused",
  /** Stalled: a quota, a policy or a missing permission forbids an object. */
  Forbidden: "Forbidden",
  /** Stalled: the spec asks for an HTTPRoute, and the cluster has no Gateway API. */
  GatewayAPIMissing: "GatewayAPIMissing",
  /** Stalled: the pods of a revision did not become ready in time and give no reason. */
  ProgressDeadlineExceeded: "ProgressDeadlineExceeded",
  /** Stalled: the benchmark of the candidate missed spec.slo, so the candidate was refused. */
  SLOMissed: "SLOMissed",
  /** A pod: its model cannot be downloaded or read. */
  ModelFetchFailed: "ModelFetchFailed",
  /** A pod: its server cannot load the model. */
  ModelLoadFailed: "ModelLoadFailed",
  /** A pod: the cluster cannot mount an image as a volume. */
  ImageVolumesUnsupported: "ImageVolumesUnsupported",
  /** A pod: it runs, and its server reports that it is not ready. */
  NotReady: "NotReady",
  /** A pod: its server crashes repeatedly. */
  CrashLoopBackOff: "CrashLoopBackOff",
  /** A pod: its server used more memory than its limit. */
  OOMKilled: "OOMKilled",
  /** A pod: its image cannot be pulled. */
  ImagePullBackOff: "ImagePullBackOff",
  /** A pod: no node can run it. */
  Unschedulable: "Unschedulable",
  /** A pod: it cannot be created. */
  FailedCreate: "FailedCreate",

  /** Benchmarked: status.benchmark holds for the serving revision. */
  Measured: "Measured",
  /** Benchmarked: spec.benchmark is not set. */
  NotRequested: "NotRequested",
  /** Benchmarked: a benchmark is running. Enriching: workers label captured sentences. */
  Running: "Running",
  /**
   * Benchmarked: the last result is for another revision, number of pods or scenario; the next
   * benchmark follows.
   */
  Stale: "Stale",
  /** Benchmarked: no request finished. */
  NoRequests: "NoRequests",
  /** Benchmarked: every request failed. */
  EveryRequestFailed: "EveryRequestFailed",
  /** Benchmarked: some answers had the wrong content. */
  WrongAnswers: "WrongAnswers",
  /** Benchmarked: the load generator could not start all requests of the rate. */
  DroppedIterations: "DroppedIterations",
  /** Benchmarked: fewer requests were sent than the rate asks for. */
  RateNotReached: "RateNotReached",
  /** Benchmarked: the load generator was killed: out of memory, past its deadline, or deleted. */
  GeneratorKilled: "GeneratorKilled",
  /** Benchmarked: the load generator exited with an error. */
  GeneratorFailed: "GeneratorFailed",
  /** Benchmarked: the load generator wrote no result, or something else. */
  UnreadableMeasurement: "UnreadableMeasurement",
  /** Benchmarked: the serving revision or spec.benchmark changed during the measurement. */
  RevisionChanged: "RevisionChanged",
  /** Benchmarked: a pod restarted or disappeared during the measurement. */
  PodRestarted: "PodRestarted",
  /** Benchmarked: the number of pods changed during the measurement. */
  ReplicasChanged: "ReplicasChanged",
  /** Benchmarked: the load generator was throttled by its CPU limit. */
  GeneratorThrottled: "GeneratorThrottled",
  /** Benchmarked: the capacity search reached the highest rate that the load generator can send. */
  GeneratorLimited: "GeneratorLimited",
  /** Benchmarked: the capacity search did not finish in time. */
  SearchUnfinished: "SearchUnfinished",
  /** Benchmarked: as many other models are being measured as the installation allows. */
  Queued: "Queued",

  /** WithinSLO: the result meets spec.slo. */
  Met: "Met",
  /** WithinSLO: the result does not meet spec.slo. */
  Missed: "Missed",
  /** WithinSLO: spec.slo sets neither p95 nor errorRate. */
  NoSLO: "NoSLO",
  /** WithinSLO: there is no valid result for the serving revision. */
  NotMeasured: "NotMeasured",

  /** Capturing: requests are written to the database. */
  Connected: "Connected",
  /** Capturing, Enriching: the database does not answer. */
  DatabaseUnreachable: "DatabaseUnreachable",
  /** Capturing, Enriching: the database refuses the connection. */
  DatabaseRefused: "DatabaseRefused",
  /** Capturing, Enriching: the Secret, or its key, does not exist. */
  SecretMissing: "SecretMissing",
  /** Capturing, Enriching: the server or the database does not support this. */
  NotSupported: "NotSupported",
  /** Capturing: the servers have just started. Enriching: the workers are starting. */
  Starting: "Starting",
  /**
   * Capturing: no server pod reports the state of its database connection. Enriching: no server pod
   * reports its requests or what is pending.
   */
  NoAnswer: "NoAnswer",

  /** Enriching: no sentence is waiting for a label. */
  NothingPending: "NothingPending",
  /** Enriching: there is more traffic than spec.enrichment.idle allows. */
  Busy: "Busy",
  /** Enriching: traffic is low, but not for as long as spec.enrichment.idle asks for. */
  QuietTime: "QuietTime",
  /** Enriching: a pod does not report its request count and is treated as busy. */
  TrafficUnknown: "TrafficUnknown",
  /** Enriching: the Job of the workers failed; another one follows. */
  WorkerFailed: "WorkerFailed",
} as const;

/** Why something cannot be done, or is not as it should be: reason and message of a condition. */
export interface Problem {
  reason: string;
  message: string;
}
