// Generated from crds/modeldeployments.yaml by tools/generate/generate.ts.

/**
 * Desired state: the model, its service level objective, and how it is rolled out and measured.
 */
export interface ModelDeploymentSpec {
  /**
   * Source of the ONNX file. Set exactly one of the sources.
   */
  model: {
    /**
     * Name of a model that ships with the server image. `intent-fr` is a French intent classifier.
     */
    bundled?: string;
    /**
     * ConfigMap in the same namespace that holds the ONNX file in `binaryData` (at most 1 MiB). A change of the file is rolled out as a new revision.
     */
    configMap?: {
      /**
       * Name of the ConfigMap.
       */
      name: string;
      /**
       * Key in `binaryData` that holds the ONNX file.
       */
      key: string;
    };
    /**
     * PersistentVolumeClaim in the same namespace with the ONNX file. The volume is mounted read-only. Unless `sha256` changes too, a replaced file is only used by pods that start afterwards.
     */
    persistentVolumeClaim?: {
      /**
       * Name of the PersistentVolumeClaim.
       */
      claimName: string;
      /**
       * Path of the ONNX file, relative to the root of the volume.
       */
      path: string;
    };
    /**
     * HTTP or HTTPS URL of the ONNX file, for example a presigned URL of an object store. Each new pod downloads the file before its server starts; an interrupted download is resumed. Requires `sha256`. To use HTTP_PROXY, HTTPS_PROXY and NO_PROXY, set NODE_USE_ENV_PROXY=1 in `server.env`. To trust further certificate authorities, set NODE_EXTRA_CA_CERTS to a file in the server image.
     */
    url?: {
      /**
       * The URL, without credentials and without a fragment.
       */
      location: string;
      /**
       * Maximum size of the file, as a quantity. A larger file is refused.
       */
      maxSize: number | string;
      /**
       * HTTP header that is sent with the request. Its value comes from a Secret in the same namespace.
       */
      header?: {
        /**
         * Name of the HTTP header.
         */
        name: string;
        /**
         * Secret key that holds the value of the header, for example `Bearer …`.
         */
        secretKeyRef: {
          /**
           * Name of the Secret.
           */
          name: string;
          /**
           * Key within the Secret.
           */
          key: string;
        };
      };
    };
    /**
     * OCI image that contains the ONNX file, mounted as a volume. Requires image volumes: Kubernetes 1.35 or newer (or the feature gate ImageVolume), with containerd 2 or CRI-O.
     */
    image?: {
      /**
       * Reference of the image, preferably by digest.
       */
      reference: string;
      /**
       * Path of the ONNX file, relative to the root of the volume.
       */
      path: string;
      /**
       * When the kubelet pulls the image.
       */
      pullPolicy: "Always" | "IfNotPresent" | "Never";
    };
    /**
     * SHA-256 digest of the ONNX file, as 64 lower-case hexadecimal digits. If set, a file with a different digest is never served.
     */
    sha256?: string;
  };
  /**
   * Number of pods without autoscaling. Defaults to 1 if neither `replicas` nor `autoscaling` is set. `kubectl scale` sets this field.
   */
  replicas?: number;
  /**
   * Scales the number of pods by their CPU usage, with a HorizontalPodAutoscaler.
   */
  autoscaling?: {
    /**
     * Minimum number of pods.
     */
    minReplicas: number;
    /**
     * Maximum number of pods.
     */
    maxReplicas: number;
    /**
     * Target of the autoscaler. `Utilization`: the value of `targetCPUUtilization`. `Measured`: the CPU usage of a pod at `headroom` of its measured capacity, or `targetCPUUtilization` until a capacity has been measured.
     */
    target: "Utilization" | "Measured";
    /**
     * With target `Measured`: share of its measured capacity at which a pod should run, in percent.
     */
    headroom: string;
    /**
     * Target average CPU usage of the pods, in percent of their CPU request.
     */
    targetCPUUtilization: number;
  };
  /**
   * Resource requests and limits of the container in each pod. If `limits.memory` is not set, it equals `requests.memory`.
   */
  resources: {
    /**
     * Resources that are reserved for each pod.
     */
    requests: {
      /**
       * CPU request as a quantity, for example `250m` or `2`.
       */
      cpu: number | string;
      /**
       * Memory request as a quantity, for example `1Gi`.
       */
      memory: number | string;
    };
    /**
     * Resources that a pod cannot exceed.
     */
    limits?: {
      /**
       * CPU limit as a quantity, for example `1`. No limit if not set.
       */
      cpu?: number | string;
      /**
       * Memory limit as a quantity. Defaults to the memory request. To load and warm up its model, a server has two minutes plus one second for each 10 MiB of this limit; after that the kubelet restarts it.
       */
      memory?: number | string;
    };
  };
  /**
   * Settings of the model server.
   */
  server?: {
    /**
     * Overrides the server image that the operator uses by default.
     */
    image?: string;
    /**
     * Whether the Open Inference Protocol is also served over gRPC, on port 8081 of the Service.
     */
    grpc: boolean;
    /**
     * Environment variables of the server, for example `LOG_LEVEL`, or `OTEL_EXPORTER_OTLP_ENDPOINT` to enable OpenTelemetry tracing.
     *
     * @maxItems 64
     */
    env?: {
      /**
       * Name of the environment variable.
       */
      name: string;
      /**
       * Value of the environment variable.
       */
      value: string;
    }[];
  };
  /**
   * Scheduling and metadata of the pods.
   */
  pod?: {
    /**
     * Annotations that are added to each pod.
     */
    annotations?: {
      [k: string]: string;
    };
    /**
     * Labels that a node must have to run the pods.
     */
    nodeSelector?: {
      [k: string]: string;
    };
    /**
     * Taints that the pods tolerate.
     *
     * @maxItems 64
     */
    tolerations?: {
      /**
       * Key of the taint. If not set, all keys match.
       */
      key?: string;
      /**
       * How the taint is matched. `Exists`: by its key. `Equal`: by its key and value.
       */
      operator?: "Equal" | "Exists";
      /**
       * Value of the taint, with operator `Equal`.
       */
      value?: string;
      /**
       * Effect of the taint. If not set, all effects match.
       */
      effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
      /**
       * How long a taint with effect `NoExecute` is tolerated, in seconds. If not set, forever.
       */
      tolerationSeconds?: number;
    }[];
    /**
     * Affinity, as in a pod: `nodeAffinity`, `podAffinity` and `podAntiAffinity`. The API server validates it when the operator creates the Deployment.
     */
    affinity?: {
      nodeAffinity?: {};
      podAffinity?: {};
      podAntiAffinity?: {};
    };
    /**
     * Name of the PriorityClass of the pods.
     */
    priorityClassName?: string;
    /**
     * Secrets in the same namespace with credentials for pulling images.
     *
     * @maxItems 16
     */
    imagePullSecrets?: {
      /**
       * Name of the Secret.
       */
      name: string;
    }[];
  };
  /**
   * Makes the model reachable from outside the cluster. If not set, it is reachable inside the cluster only.
   */
  expose?: {
    /**
     * Creates an Ingress for the Service.
     */
    ingress?: {
      /**
       * DNS name under which the model is reachable.
       */
      host: string;
      /**
       * Path prefix of the requests that are forwarded. The path is not rewritten.
       */
      path: string;
      /**
       * Name of the IngressClass. If not set, the cluster's default.
       */
      className?: string;
      /**
       * Secret in the same namespace with the TLS certificate. If not set, no TLS.
       */
      tlsSecretName?: string;
      /**
       * Annotations of the object; many controllers are configured with them.
       */
      annotations?: {
        [k: string]: string;
      };
    };
    /**
     * Creates an HTTPRoute for the Service. Requires the Gateway API in the cluster.
     */
    httpRoute?: {
      /**
       * Gateways that the route is attached to.
       *
       * @minItems 1
       * @maxItems 32
       */
      parentRefs: {
        /**
         * Name of the Gateway.
         */
        name: string;
        /**
         * Namespace of the Gateway. If not set, the namespace of the ModelDeployment.
         */
        namespace?: string;
        /**
         * Listener of the Gateway. If not set, all listeners.
         */
        sectionName?: string;
      }[];
      /**
       * DNS names of the route. If not set, those of the Gateway.
       *
       * @maxItems 16
       *
       * Items: DNS name under which the model is reachable.
       */
      hostnames?: string[];
      /**
       * Path prefix of the requests that are forwarded. The path is not rewritten.
       */
      path: string;
      /**
       * Annotations of the object; many controllers are configured with them.
       */
      annotations?: {
        [k: string]: string;
      };
    };
  };
  /**
   * When a new revision receives traffic. The first revision receives it as soon as it is ready.
   */
  rollout: {
    /**
     * Condition for sending traffic to a new revision. `None`: all its pods are ready. `SLO`: in addition, a benchmark through its preview Service met `spec.slo`; otherwise the revision is refused and the serving revision stays unchanged.
     */
    gate: "None" | "SLO";
    /**
     * Maximum time for a new revision to become ready, from `10s` to `24h`. After that it is refused.
     */
    deadline: string;
    /**
     * Number of previous or refused revisions that are kept with zero pods. To roll back, apply a spec that matches one of them.
     */
    historyLimit: number;
  };
  /**
   * Suspends the operator for this model: no rollouts, no repairs, no benchmarks. The serving revision keeps serving, and autoscaling continues.
   */
  paused: boolean;
  /**
   * Service level objective that benchmark results are compared with.
   */
  slo?: {
    /**
     * Upper bound of the 95th percentile of the latency, for example `120ms` or `1.5s`.
     */
    p95?: string;
    /**
     * Upper bound of the share of requests that fail, for example `0.1%`.
     */
    errorRate?: string;
  };
  /**
   * How the latency is measured: by a k6 Job inside the cluster, through the Service. A benchmark runs once for each new serving revision, on `schedule`, and on request with `kubectl annotate mdep/NAME intendant.dev/benchmark=now`. If not set, nothing is measured.
   */
  benchmark?: {
    /**
     * Load that is applied. `Users`: a fixed number of users who send a request, wait for the answer, pause and repeat (a closed loop). `Rate`: requests at a constant rate, independent of earlier answers (an open loop, so that a slow server cannot lower the load). `Capacity`: a search for the highest such rate that meets `spec.slo`. It loads the pods until they miss the SLO; run it behind `rollout.gate: SLO` or while traffic is low. `Script`: your own k6 script.
     */
    scenario: "Users" | "Rate" | "Capacity" | "Script";
    /**
     * Duration of the measurement, from `5s` to `60m`. Defaults to 60s. With scenario `Capacity`: maximum duration of the search, 4m by default.
     */
    duration?: string;
    /**
     * Duration of the load before the measurement, up to `10m`. These requests are not counted.
     */
    warmUp: string;
    /**
     * Scenario `Users`: number of concurrent users. Defaults to 10.
     */
    users?: number;
    /**
     * Scenario `Users`: pause of a user after each answer, uniformly distributed between `min` and `max`. Defaults to 1s to 5s.
     */
    thinkTime?: {
      /**
       * Duration of the pause, for example `1s` or `500ms`.
       */
      min: string;
      /**
       * Duration of the pause, for example `1s` or `500ms`.
       */
      max: string;
    };
    /**
     * Scenario `Rate`: requests per second, for example `50/s`.
     */
    rate?: string;
    /**
     * Scenario `Rate`: time in which the rate rises from zero, before the warm-up. These requests are not counted.
     */
    ramp?: string;
    /**
     * Scenario `Script`: the k6 script, in a ConfigMap in the same namespace.
     */
    script?: {
      /**
       * ConfigMap that holds the script.
       */
      configMap: {
        /**
         * Name of the ConfigMap.
         */
        name: string;
        /**
         * Key of the script in the ConfigMap.
         */
        key: string;
      };
    };
    /**
     * Request bodies, one JSON value per line, sent in turn: a body for the model's infer endpoint, or {"sentence": "…"} for an intent classifier. Defaults to random sentences for an intent classifier, and to values that match the model's inputs for any other model.
     */
    payloads?: {
      /**
       * ConfigMap that holds the request bodies.
       */
      configMap: {
        /**
         * Name of the ConfigMap.
         */
        name: string;
        /**
         * Key of the request bodies in the ConfigMap.
         */
        key: string;
      };
    };
    /**
     * When the benchmark runs again, in cron syntax, for example `0 3 * * *` (at 03:00 every day).
     */
    schedule?: string;
    /**
     * Time zone of the schedule, for example `Europe/Paris`. Defaults to UTC.
     */
    timeZone?: string;
  };
  /**
   * Stores a sample of the requests and answers in a PostgreSQL database. The servers write in the background; what the database cannot take is dropped, so that no request waits or fails. Identical inputs are stored once. If not set, nothing is stored.
   */
  capture?: {
    /**
     * Secret in the same namespace with the connection settings of the database. The pods read it, not the operator. A change applies to new connections.
     */
    databaseSecret: {
      /**
       * Name of the Secret.
       */
      name: string;
      /**
       * Key of the connection URI, `postgresql://USER:PASSWORD@HOST:5432/DATABASE`. The server's certificate is verified unless `sslmode` in the URI disables it.
       */
      key: string;
      /**
       * Key of the certificate authority of the database, in PEM format. Defaults to `ca.crt`. If the Secret lacks that key, the certificate authorities of the server image are used.
       */
      caKey?: string;
    };
    /**
     * Another Secret in the same namespace with the certificate authority of the database, for example the Secret `CLUSTER-ca` of CloudNativePG.
     */
    databaseCASecret?: {
      /**
       * Name of the Secret.
       */
      name: string;
      /**
       * Key of the certificate authority, in PEM format.
       */
      key: string;
    };
    /**
     * Share of the requests that are stored, for example `10%`.
     */
    sample: string;
    /**
     * What is stored in addition to the input. `Answer`: the model's answer. `Duration`: the time to answer. `[]` stores the input only.
     *
     * @maxItems 2
     */
    fields: ("Answer" | "Duration")[];
    /**
     * How long an input is stored after its last request, from `1h` to `87600h`. After that it is deleted, with its labels.
     */
    retention: string;
    /**
     * Kinds of personal data that are redacted from a text before it leaves the server. `[]` redacts nothing.
     *
     * @maxItems 3
     */
    redact: ("EmailAddresses" | "PhoneNumbers" | "CardNumbers")[];
  };
  /**
   * Labels the captured sentences with another model, in a Job named `NAME-enrichment`, while the model receives little traffic. The Job is suspended while traffic exceeds `idle` and while a benchmark runs. Requires `capture`.
   */
  enrichment?: {
    /**
     * Source of the ONNX file. Set exactly one of the sources.
     */
    model: {
      /**
       * Name of a model that ships with the server image. `intent-fr` is a French intent classifier.
       */
      bundled?: string;
      /**
       * ConfigMap in the same namespace that holds the ONNX file in `binaryData` (at most 1 MiB). A change of the file is rolled out as a new revision.
       */
      configMap?: {
        /**
         * Name of the ConfigMap.
         */
        name: string;
        /**
         * Key in `binaryData` that holds the ONNX file.
         */
        key: string;
      };
      /**
       * PersistentVolumeClaim in the same namespace with the ONNX file. The volume is mounted read-only. Unless `sha256` changes too, a replaced file is only used by pods that start afterwards.
       */
      persistentVolumeClaim?: {
        /**
         * Name of the PersistentVolumeClaim.
         */
        claimName: string;
        /**
         * Path of the ONNX file, relative to the root of the volume.
         */
        path: string;
      };
      /**
       * HTTP or HTTPS URL of the ONNX file, for example a presigned URL of an object store. Each new pod downloads the file before its server starts; an interrupted download is resumed. Requires `sha256`. To use HTTP_PROXY, HTTPS_PROXY and NO_PROXY, set NODE_USE_ENV_PROXY=1 in `server.env`. To trust further certificate authorities, set NODE_EXTRA_CA_CERTS to a file in the server image.
       */
      url?: {
        /**
         * The URL, without credentials and without a fragment.
         */
        location: string;
        /**
         * Maximum size of the file, as a quantity. A larger file is refused.
         */
        maxSize: number | string;
        /**
         * HTTP header that is sent with the request. Its value comes from a Secret in the same namespace.
         */
        header?: {
          /**
           * Name of the HTTP header.
           */
          name: string;
          /**
           * Secret key that holds the value of the header, for example `Bearer …`.
           */
          secretKeyRef: {
            /**
             * Name of the Secret.
             */
            name: string;
            /**
             * Key within the Secret.
             */
            key: string;
          };
        };
      };
      /**
       * OCI image that contains the ONNX file, mounted as a volume. Requires image volumes: Kubernetes 1.35 or newer (or the feature gate ImageVolume), with containerd 2 or CRI-O.
       */
      image?: {
        /**
         * Reference of the image, preferably by digest.
         */
        reference: string;
        /**
         * Path of the ONNX file, relative to the root of the volume.
         */
        path: string;
        /**
         * When the kubelet pulls the image.
         */
        pullPolicy: "Always" | "IfNotPresent" | "Never";
      };
      /**
       * SHA-256 digest of the ONNX file, as 64 lower-case hexadecimal digits. If set, a file with a different digest is never served.
       */
      sha256?: string;
    };
    /**
     * Number of sentences that a worker labels in one transaction. A Job starts when that many sentences are pending, or with fewer when the last Job finished at least `idle.for` ago.
     */
    batchSize: number;
    /**
     * Number of workers that run at the same time. They share the pending sentences.
     */
    parallelism: number;
    /**
     * Traffic below which the workers may run.
     */
    idle: {
      /**
       * Maximum requests per second, summed over the pods of the model.
       */
      maxRequestsPerSecond: number;
      /**
       * How long traffic must stay at or below the maximum before workers start or resume, from `10s` to `24h`.
       */
      for: string;
    };
    /**
     * Resource requests and limits of the container in each pod. If `limits.memory` is not set, it equals `requests.memory`.
     */
    resources: {
      /**
       * Resources that are reserved for each pod.
       */
      requests: {
        /**
         * CPU request as a quantity, for example `250m` or `2`.
         */
        cpu: number | string;
        /**
         * Memory request as a quantity, for example `1Gi`.
         */
        memory: number | string;
      };
      /**
       * Resources that a pod cannot exceed.
       */
      limits?: {
        /**
         * CPU limit as a quantity, for example `1`. No limit if not set.
         */
        cpu?: number | string;
        /**
         * Memory limit as a quantity. Defaults to the memory request. To load and warm up its model, a server has two minutes plus one second for each 10 MiB of this limit; after that the kubelet restarts it.
         */
        memory?: number | string;
      };
    };
    /**
     * Scheduling of the workers. In addition, nodes without serving pods are preferred.
     */
    placement?: {
      /**
       * Labels that a node must have to run the pods.
       */
      nodeSelector?: {
        [k: string]: string;
      };
      /**
       * Taints that the pods tolerate.
       *
       * @maxItems 64
       */
      tolerations?: {
        /**
         * Key of the taint. If not set, all keys match.
         */
        key?: string;
        /**
         * How the taint is matched. `Exists`: by its key. `Equal`: by its key and value.
         */
        operator?: "Equal" | "Exists";
        /**
         * Value of the taint, with operator `Equal`.
         */
        value?: string;
        /**
         * Effect of the taint. If not set, all effects match.
         */
        effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
        /**
         * How long a taint with effect `NoExecute` is tolerated, in seconds. If not set, forever.
         */
        tolerationSeconds?: number;
      }[];
      /**
       * Name of the PriorityClass of the pods.
       */
      priorityClassName?: string;
    };
  };
}

/**
 * Observed state. Only the operator writes it.
 */
export interface ModelDeploymentStatus {
  /**
   * Generation of the spec that this status refers to.
   */
  observedGeneration?: number;
  /**
   * `Ready`: the serving revision has all its replicas. `Reconciling`: a change is in progress. `Stalled`: the operator cannot continue until the spec or the cluster is changed. `Benchmarked`: `status.benchmark` is a valid result for the serving revision. `WithinSLO`: that result meets `spec.slo`. With `spec.capture`, `Capturing`: requests are written to the database. With `spec.enrichment`, `Enriching`: workers label captured sentences; otherwise the reason says why they do not. `Capturing` and `Enriching` do not affect the other conditions.
   */
  conditions?: {
    /**
     * Type of the condition.
     */
    type: string;
    /**
     * Status of the condition.
     */
    status: "True" | "False" | "Unknown";
    /**
     * Machine-readable reason, in CamelCase.
     */
    reason: string;
    /**
     * Human-readable explanation.
     */
    message: string;
    /**
     * Generation of the spec that the condition refers to.
     */
    observedGeneration?: number;
    /**
     * Time of the last change of `status`.
     */
    lastTransitionTime: string;
  }[];
  /**
   * Number of pods of the serving revision.
   */
  replicas?: number;
  /**
   * Label selector of the serving pods, for `kubectl scale` and autoscalers.
   */
  selector?: string;
  /**
   * URL of the model inside the cluster.
   */
  url?: string;
  /**
   * Revision that receives traffic.
   */
  serving?: {
    /**
     * Hash of everything that affects the pods.
     */
    revision: string;
    /**
     * Server image of the revision.
     */
    image?: string;
    /**
     * Time at which the revision began to receive traffic.
     */
    since?: string;
    /**
     * SHA-256 digest of the ONNX file, as reported by a serving pod.
     */
    sha256?: string;
    /**
     * Processor that the pods run on.
     */
    node?: {
      /**
       * Processor model of the node, as reported by the pod.
       */
      cpu?: string;
      /**
       * Pod that reported the processor. When it is deleted, another pod is queried.
       */
      pod?: string;
    };
    /**
     * Size of the ONNX file, as a quantity.
     */
    size?: string;
    /**
     * Version of the ONNX operator set that the model uses.
     */
    opset?: number;
    /**
     * Classes of a classifier; at most 100 are listed.
     */
    labels?: string[];
    /**
     * Tensors of the model, as reported by a serving pod.
     */
    inputs?: {
      /**
       * Name of the tensor in the graph.
       */
      name: string;
      /**
       * Open Inference Protocol data type, for example `FP32` or `BYTES`.
       */
      datatype: string;
      /**
       * Size of each dimension; -1 means any size.
       */
      shape: number[];
    }[];
    /**
     * Tensors of the model, as reported by a serving pod.
     */
    outputs?: {
      /**
       * Name of the tensor in the graph.
       */
      name: string;
      /**
       * Open Inference Protocol data type, for example `FP32` or `BYTES`.
       */
      datatype: string;
      /**
       * Size of each dimension; -1 means any size.
       */
      shape: number[];
    }[];
  };
  /**
   * Revision that is being rolled out or was refused. A refused revision is tried again after a change of the spec, or with `kubectl annotate mdep/NAME intendant.dev/retry="$(date)" --overwrite`.
   */
  candidate?: {
    /**
     * Hash of everything that affects the pods.
     */
    revision: string;
    /**
     * Server image of the revision.
     */
    image?: string;
    /**
     * Time at which this attempt began.
     */
    since?: string;
    /**
     * Why the revision was refused; absent until it is.
     */
    refusal?: {
      /**
       * Machine-readable reason, in CamelCase.
       */
      reason: string;
      /**
       * Human-readable explanation.
       */
      message: string;
      /**
       * Time of the refusal.
       */
      at: string;
      /**
       * Generation of the spec that requested the revision.
       */
      generation: number;
      /**
       * Value of the annotation intendant.dev/retry at the time of the refusal.
       */
      retry?: string;
    };
  };
  /**
   * Resource usage of the serving revision; unknown values are absent.
   */
  footprint?: {
    /**
     * Hash of everything that affects the pods.
     */
    revision?: string;
    /**
     * Size of the server image on the node.
     */
    image?: string;
    /**
     * Memory usage of a pod when it became ready, before the benchmark.
     */
    memoryAtRest?: string;
    /**
     * Peak memory usage of a pod up to the end of the measurement.
     */
    memoryUnderLoad?: string;
    /**
     * Time from the creation of a pod until it was ready, and its parts.
     */
    coldStart?: {
      /**
       * Time to pull the server image; 0s if the node already had it.
       */
      pull?: string;
      /**
       * Time to download or verify the model before the server starts.
       */
      fetch?: string;
      /**
       * Time to read and verify the file and to create the ONNX Runtime session.
       */
      load?: string;
      /**
       * Time for the first runs of the model.
       */
      warmUp?: string;
      /**
       * Total time from the creation of the pod until it was ready, in whole seconds.
       */
      total?: string;
    };
  };
  /**
   * Last valid benchmark result for the serving revision. Absent if there is none; condition `Benchmarked` says why.
   */
  benchmark?: {
    /**
     * Hash of everything that affects the pods.
     */
    revision: string;
    /**
     * Hash of what the result is valid for: revision, minimum number of pods and scenario. The result becomes stale when one of them, the model file or the processor changes.
     */
    subject: string;
    /**
     * Why the benchmark ran: `Change` (of the serving revision or of how it is measured), `Gate` (of a rollout), `Schedule`, or `Request`.
     */
    trigger?: string;
    /**
     * Scenario of the benchmark.
     */
    scenario?: string;
    /**
     * Hash of `spec.benchmark` when the benchmark ran.
     */
    scenarioHash: string;
    /**
     * `open`: requests were sent at a given rate. `closed`: users waited for answers.
     */
    loadModel?: "open" | "closed";
    /**
     * Median of the latency.
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
     * Number of requests that were measured.
     */
    requests: number;
    /**
     * Number of measured requests that failed.
     */
    errors: number;
    /**
     * Number of requests that were due but that the load generator did not send.
     */
    dropped?: number;
    /**
     * CPU time that the pods used per request.
     */
    cpuPerRequest?: string;
    /**
     * Number of pods that served during the measurement.
     */
    replicas?: number;
    /**
     * Server image of the revision.
     */
    image?: string;
    /**
     * SHA-256 digest of the ONNX file that was measured.
     */
    sha256?: string;
    /**
     * Resource requests and limits of each pod.
     */
    resources?: string;
    /**
     * Processor that the pods run on.
     */
    node?: {
      /**
       * Processor model of the node, as reported by the pod.
       */
      cpu?: string;
      /**
       * Pod that reported the processor. When it is deleted, another pod is queried.
       */
      pod?: string;
    };
    /**
     * Time at which the measurement began.
     */
    startedAt?: string;
    /**
     * Time at which the measurement ended.
     */
    finishedAt?: string;
    /**
     * Name of the ConfigMap that holds the report, in key `report.html`.
     */
    report?: string;
  };
  /**
   * Capacity of one pod, as found by scenario `Capacity`. It is kept until a new one is found; `revision` names the revision that it is valid for.
   */
  capacity?: {
    /**
     * Hash of everything that affects the pods.
     */
    revision: string;
    /**
     * Highest request rate that one pod sustained within the SLO.
     */
    rpsPerReplica: string;
    /**
     * 95th percentile of the latency.
     */
    p95: string;
    /**
     * CPU time that the pods used per request.
     */
    cpuPerRequest?: string;
    /**
     * Number of pods that were loaded together.
     */
    replicas?: number;
    /**
     * Time at which the measurement ended.
     */
    measuredAt: string;
  };
  /**
   * Target of the autoscaler, and its source.
   */
  autoscaling?: {
    /**
     * Target average CPU usage of a pod, in percent of its request or as a quantity.
     */
    target?: string;
    /**
     * Source of the target.
     */
    source?: string;
  };
  /**
   * The last ten benchmark runs, newest first, including failed ones.
   *
   * @maxItems 10
   */
  history?: {
    /**
     * Name of the Job.
     */
    job: string;
    /**
     * Hash of everything that affects the pods.
     */
    revision: string;
    /**
     * Hash of what the result is valid for.
     */
    subject: string;
    /**
     * Why the benchmark ran: `Change` (of the serving revision or of how it is measured), `Gate` (of a rollout), `Schedule`, or `Request`.
     */
    trigger?: string;
    /**
     * Scenario of the benchmark.
     */
    scenario?: string;
    /**
     * `Valid`, or the reason why there is no result.
     */
    outcome: string;
    /**
     * Human-readable explanation of why there is no result.
     */
    message?: string;
    /**
     * Median of the latency.
     */
    p50?: string;
    /**
     * 95th percentile of the latency.
     */
    p95?: string;
    /**
     * 99th percentile of the latency.
     */
    p99?: string;
    /**
     * Answered requests per second.
     */
    rps?: string;
    /**
     * Number of requests that were measured.
     */
    requests?: number;
    /**
     * Number of measured requests that failed.
     */
    errors?: number;
    /**
     * Time at which the measurement began.
     */
    startedAt?: string;
    /**
     * Time at which the measurement ended.
     */
    finishedAt: string;
    /**
     * Name of the ConfigMap that holds the report, in key `report.html`.
     */
    report?: string;
  }[];
  /**
   * Time at which another benchmark was requested with `kubectl annotate mdep/NAME intendant.dev/benchmark=now`; absent if none is pending.
   */
  measureRequestedAt?: string;
  /**
   * Contents of the database for this model, as last reported by the servers; unknown values are absent. Out of date while condition `Capturing` is not True.
   */
  capture?: {
    /**
     * Number of requests that were captured.
     */
    captured?: number;
    /**
     * Number of distinct inputs that are stored now.
     */
    sentences?: number;
    /**
     * Number of requests that the current server pods could not store since they started.
     */
    dropped?: number;
  };
  /**
   * Progress of the enrichment.
   */
  enrichment?: {
    /**
     * SHA-256 digest of the annotating model's ONNX file, once it is known.
     */
    annotator?: string;
    /**
     * Number of sentences that it has labelled.
     */
    enriched?: number;
    /**
     * Number of sentences that it has not labelled yet.
     */
    pending?: number;
    /**
     * Sentences labelled per second over the last minute.
     */
    rate?: string;
    /**
     * Number of workers that are running.
     */
    workers?: number;
  };
}
