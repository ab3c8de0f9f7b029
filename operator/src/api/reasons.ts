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
 * The reasons that scripts can rely on. A pod that does not become ready adds Kubernetes' own, for
 * example ImagePullBackOff or Unschedulable.
 */
export const reasons = {
  /** Ready: the serving revision has as many pods as it should have. */
  Serving: "Serving",
  /** Ready: spec.replicas is 0, and so many pods there are. */
  ScaledToZero: "ScaledToZero",
  /** Ready: nothing gets the traffic yet. Reconciling: another revision is being brought up. */
  RollingOut: "RollingOut",
  /**
   * Reconciling: a candidate is ready and is being measured before it gets the traffic. Enriching:
   * the workers wait until a measurement is over.
   */
  Measuring: "Measuring",
  /** Ready, Reconciling, Enriching: spec.paused keeps the operator from changing anything. */
  Paused: "Paused",
  /** Ready, Reconciling: there are fewer available pods than asked for. */
  ReplicasUnavailable: "ReplicasUnavailable",
  /** Ready, Reconciling: something outside has to happen first; the operator looks again soon. */
  Waiting: "Waiting",
  /** Reconciling: everything is as the spec asks for. */
  Settled: "Settled",
  /** Stalled: nothing needs a person. */
  NoProblem: "NoProblem",

  /** Stalled, a pod: the source of the model does not exist. */
  ModelNotFound: "ModelNotFound",
  /** Stalled, a pod: the model has another SHA-256 than the spec promises. */
  DigestMismatch: "DigestMismatch",
  /** Stalled: spec.benchmark.schedule or timeZone cannot be kept. */
  InvalidSchedule: "InvalidSchedule",
  /** Stalled: an object that is not the operator's has the name of one that is needed. */
  NameTaken: "NameTaken",
  /** Stalled: the API server found an object invalid. */
  Refused: "Refused",
  /** Stalled: a quota, a policy or a missing right forbids an object. */
  Forbidden: "Forbidden",
  /** Stalled: the spec asks for an HTTPRoute, and the cluster has no Gateway API. */
  GatewayAPIMissing: "GatewayAPIMissing",
  /** Stalled: the pods of a revision did not become ready in time, and show no reason. */
  ProgressDeadlineExceeded: "ProgressDeadlineExceeded",
  /** Stalled: the candidate was measured and does not keep spec.slo, so it was refused. */
  SLOMissed: "SLOMissed",
  /** A pod: its model cannot be fetched, or not be read. */
  ModelFetchFailed: "ModelFetchFailed",
  /** A pod: its server cannot load the model. */
  ModelLoadFailed: "ModelLoadFailed",
  /** A pod: the cluster cannot mount an image as a volume. */
  ImageVolumesUnsupported: "ImageVolumesUnsupported",
  /** A pod: it runs, and its server says that it is not ready. */
  NotReady: "NotReady",
  /** A pod: its server ends again and again. */
  CrashLoopBackOff: "CrashLoopBackOff",
  /** A pod: its server used more memory than its limit. */
  OOMKilled: "OOMKilled",
  /** A pod: its image cannot be pulled. */
  ImagePullBackOff: "ImagePullBackOff",
  /** A pod: no node can take it. */
  Unschedulable: "Unschedulable",
  /** A pod: it cannot be created. */
  FailedCreate: "FailedCreate",

  /** Benchmarked: status.benchmark was measured on what is serving. */
  Measured: "Measured",
  /** Benchmarked: spec.benchmark is not set. */
  NotRequested: "NotRequested",
  /** Benchmarked: the measurement is under way. Enriching: workers label what is pending. */
  Running: "Running",
  /** Benchmarked: what was measured is not what is serving; it is being measured again. */
  Stale: "Stale",
  /** Benchmarked: no request came to an end. */
  NoRequests: "NoRequests",
  /** Benchmarked: every request failed. */
  EveryRequestFailed: "EveryRequestFailed",
  /** Benchmarked: answers had a wrong content. */
  WrongAnswers: "WrongAnswers",
  /** Benchmarked: the load generator could not start all requests of the rate. */
  DroppedIterations: "DroppedIterations",
  /** Benchmarked: fewer requests were sent than the rate asks for. */
  RateNotReached: "RateNotReached",
  /** Benchmarked: the load generator was killed: out of memory, over its deadline, or deleted. */
  GeneratorKilled: "GeneratorKilled",
  /** Benchmarked: the load generator ended with an error. */
  GeneratorFailed: "GeneratorFailed",
  /** Benchmarked: the load generator left something that is not a measurement. */
  UnreadableMeasurement: "UnreadableMeasurement",
  /** Benchmarked: what serves, or how it is measured, changed in between. */
  RevisionChanged: "RevisionChanged",
  /** Benchmarked: a pod restarted or went away while it was measured. */
  PodRestarted: "PodRestarted",
  /** Benchmarked: the number of pods changed while they were measured. */
  ReplicasChanged: "ReplicasChanged",
  /** Benchmarked: the load generator had to wait for its CPU limit. */
  GeneratorThrottled: "GeneratorThrottled",
  /** Benchmarked: the search for the capacity ended at what the load generator can send. */
  GeneratorLimited: "GeneratorLimited",
  /** Benchmarked: the search for the capacity did not come to its end in time. */
  SearchUnfinished: "SearchUnfinished",
  /** Benchmarked: as many models are being measured as may be at once; its turn comes. */
  Queued: "Queued",

  /** WithinSLO: the measurement meets spec.slo. */
  Met: "Met",
  /** WithinSLO: the measurement does not meet spec.slo. */
  Missed: "Missed",
  /** WithinSLO: spec.slo promises nothing. */
  NoSLO: "NoSLO",
  /** WithinSLO: there is no true figure. */
  NotMeasured: "NotMeasured",

  /** Capturing: what is asked gets into the database. */
  Connected: "Connected",
  /** Capturing, Enriching: the database does not answer. */
  DatabaseUnreachable: "DatabaseUnreachable",
  /** Capturing, Enriching: the database answers, and lets nobody in. */
  DatabaseRefused: "DatabaseRefused",
  /** Capturing, Enriching: the Secret, or its key, does not exist. */
  SecretMissing: "SecretMissing",
  /** Capturing, Enriching: the server, or the database, cannot do this. */
  NotSupported: "NotSupported",
  /** Capturing: the servers have only just begun. Enriching: so have the workers. */
  Starting: "Starting",
  /** Capturing: no server says how it is. */
  NoAnswer: "NoAnswer",

  /** Enriching: there is nothing to label. */
  NothingPending: "NothingPending",
  /** Enriching: there is more traffic than spec.enrichment.idle allows. */
  Busy: "Busy",
  /** Enriching: there is little traffic, but not for as long as spec.enrichment.idle asks for. */
  QuietTime: "QuietTime",
  /** Enriching: a pod does not say how much it is asked, which counts as busy. */
  TrafficUnknown: "TrafficUnknown",
  /** Enriching: the Job of the workers has failed; another one follows. */
  WorkerFailed: "WorkerFailed",
} as const;

/** What one look at the world found: the words of a condition. */
export interface Problem {
  reason: string;
  message: string;
}
