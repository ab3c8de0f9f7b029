// Generated from crds/modeldeployments.yaml by scripts/generate.ts.

/**
 * What to serve and what to promise.
 */
export interface ModelDeploymentSpec {
  /**
   * Where the ONNX file comes from; exactly one source.
   */
  model: {
    /**
     * Name of a model that is part of the server image. `intent-fr` is the French intent classifier.
     */
    bundled?: string;
    /**
     * A ConfigMap of the same namespace that holds the ONNX file in `binaryData` (1 MiB at most). A changed file is rolled out as a new revision.
     */
    configMap?: {
      /**
       * Name of the ConfigMap.
       */
      name: string;
      /**
       * Key in `binaryData` that holds the file.
       */
      key: string;
    };
    /**
     * SHA-256 of the ONNX file, 64 hexadecimal digits. When given, no file with another digest is served.
     */
    sha256?: string;
  };
  /**
   * Number of pods where there is no autoscaling; 1 when neither is given. `kubectl scale` writes this field.
   */
  replicas?: number;
  /**
   * Scales the pods between two numbers by their CPU use.
   */
  autoscaling?: {
    /**
     * Fewest pods.
     */
    minReplicas: number;
    /**
     * Most pods.
     */
    maxReplicas: number;
    /**
     * Average CPU use to aim for, in percent of the CPU request of a pod.
     */
    targetCPUUtilization: number;
  };
  /**
   * Requests and limits of one pod, as in a container. Without limits.memory the memory limit equals the memory request.
   */
  resources: {
    /**
     * Reserved for each pod.
     */
    requests: {
      /**
       * CPU as a quantity, for example `250m` or `2`.
       */
      cpu: number | string;
      /**
       * Memory as a quantity, for example `1Gi`.
       */
      memory: number | string;
    };
    /**
     * Never exceeded by a pod.
     */
    limits?: {
      /**
       * CPU as a quantity, for example `1`; no limit when left out.
       */
      cpu?: number | string;
      /**
       * Memory as a quantity; the memory request when left out.
       */
      memory?: number | string;
    };
  };
  /**
   * How the server in each pod is set up.
   */
  server?: {
    /**
     * Whether the Open Inference Protocol is served over gRPC too, on port 8081 of the Service.
     */
    grpc: boolean;
    /**
     * Settings of the server as environment variables, for example `LOG_LEVEL` or OpenTelemetry's `OTEL_EXPORTER_OTLP_ENDPOINT`, which turns tracing on.
     *
     * @maxItems 64
     */
    env?: {
      /**
       * Name of the variable.
       */
      name: string;
      /**
       * Its value.
       */
      value: string;
    }[];
  };
  /**
   * The promise that a measurement is held against.
   */
  slo?: {
    /**
     * 95 of 100 requests are answered within this time, for example `120ms` or `1.5s`.
     */
    p95?: string;
    /**
     * Largest share of requests that may fail, for example `0.1%`.
     */
    errorRate?: string;
  };
  /**
   * How the model is measured. Each new serving revision is measured once, from inside the cluster, through its Service. Without this field nothing is measured.
   */
  benchmark?: {
    /**
     * `Users`: a number of people who ask, read the answer, think and ask again (a closed loop). `Rate`: requests at a constant rate, whether or not earlier ones were answered (an open loop, which a slow server cannot hide from).
     */
    scenario: "Users" | "Rate";
    /**
     * How long to measure, from `5s` to `60m`.
     */
    duration: string;
    /**
     * Scenario Users: how many at once; 10 when left out.
     */
    users?: number;
    /**
     * Scenario Users: pause of one user after each answer, evenly distributed between min and max; 1s to 5s when left out.
     */
    thinkTime?: {
      /**
       * A pause, for example `1s` or `500ms`.
       */
      min: string;
      /**
       * A pause, for example `1s` or `500ms`.
       */
      max: string;
    };
    /**
     * Scenario Rate: requests per second, for example `50/s`.
     */
    rate?: string;
  };
}

/**
 * What is the case. Only the operator writes it.
 */
export interface ModelDeploymentStatus {
  /**
   * The generation of the spec that this status speaks of.
   */
  observedGeneration?: number;
  /**
   * `Ready`: the current generation is being served. `Reconciling`: a change is under way. `Stalled`: nothing will change until a person changes something. `Benchmarked`: status.benchmark is true for what is serving. `WithinSLO`: the measurement meets spec.slo.
   */
  conditions?: {
    /**
     * Name of the condition.
     */
    type: string;
    /**
     * Whether it holds.
     */
    status: "True" | "False" | "Unknown";
    /**
     * One word for programs.
     */
    reason: string;
    /**
     * A sentence for people.
     */
    message: string;
    /**
     * The generation of the spec that the condition speaks of.
     */
    observedGeneration?: number;
    /**
     * When `status` last changed.
     */
    lastTransitionTime: string;
  }[];
  /**
   * Pods of the serving revision.
   */
  replicas?: number;
  /**
   * Label selector of the serving pods, for `kubectl scale` and autoscalers.
   */
  selector?: string;
  /**
   * Address of the service inside the cluster.
   */
  url?: string;
  /**
   * The revision that gets the traffic.
   */
  serving?: {
    /**
     * Hash of everything that changes what a pod does.
     */
    revision: string;
    /**
     * Server image of its pods.
     */
    image?: string;
    /**
     * When it began to get the traffic.
     */
    since?: string;
    /**
     * SHA-256 of the ONNX file, as a serving pod reports it.
     */
    sha256?: string;
    /**
     * Tensors of the model, as a serving pod reports them.
     */
    inputs?: {
      /**
       * Name in the graph.
       */
      name: string;
      /**
       * Open Inference Protocol data type, for example `FP32` or `BYTES`.
       */
      datatype: string;
      /**
       * Size of each dimension; -1 is any size.
       */
      shape: number[];
    }[];
    /**
     * Tensors of the model, as a serving pod reports them.
     */
    outputs?: {
      /**
       * Name in the graph.
       */
      name: string;
      /**
       * Open Inference Protocol data type, for example `FP32` or `BYTES`.
       */
      datatype: string;
      /**
       * Size of each dimension; -1 is any size.
       */
      shape: number[];
    }[];
  };
  /**
   * The revision that is being rolled out.
   */
  candidate?: {
    /**
     * Hash of everything that changes what a pod does.
     */
    revision: string;
    /**
     * Server image of its pods.
     */
    image?: string;
  };
  /**
   * The measurement of what is serving now. There is none while there is no true figure; condition `Benchmarked` says why.
   */
  benchmark?: {
    /**
     * Hash of everything that changes what a pod does.
     */
    revision: string;
    /**
     * Hash of spec.benchmark at the time.
     */
    scenarioHash: string;
    /**
     * `open`: requests came at their own rate. `closed`: users waited for answers.
     */
    loadModel?: "open" | "closed";
    /**
     * Median latency.
     */
    p50: string;
    /**
     * 95th percentile of the latency.
     */
    p95: string;
    /**
     * 99th percentile of the latency.
     */
    p99: string;
    /**
     * Answered requests per second.
     */
    rps: string;
    /**
     * Requests that were measured.
     */
    requests: number;
    /**
     * How many of them failed.
     */
    errors: number;
    /**
     * Pods that served when the measurement began.
     */
    replicas?: number;
    /**
     * When the measurement began.
     */
    startedAt?: string;
    /**
     * When the measurement ended.
     */
    finishedAt?: string;
  };
}
