// Generated from crds/modeldeployments.yaml by tools/generate/generate.ts.

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
     * A PersistentVolumeClaim of the same namespace with the ONNX file on it. It is mounted read-only. Without sha256 a file that is exchanged there is noticed by new pods only.
     */
    persistentVolumeClaim?: {
      /**
       * Name of the claim.
       */
      claimName: string;
      /**
       * Path of the file from the root of the volume.
       */
      path: string;
    };
    /**
     * An address of HTTP or HTTPS, for example a presigned link of an object store. Each new pod fetches it before its server starts; a broken transfer is resumed. Needs sha256. With NODE_USE_ENV_PROXY=1 in server.env, HTTP_PROXY, HTTPS_PROXY and NO_PROXY count; NODE_EXTRA_CA_CERTS names a file of the server image with further authorities.
     */
    url?: {
      /**
       * The address.
       */
      location: string;
      /**
       * The most that is fetched, as a quantity.
       */
      maxSize: number | string;
      /**
       * A header of the request, with its value from a Secret of the same namespace.
       */
      header?: {
        /**
         * Name of the header.
         */
        name: string;
        /**
         * Where the value is, for example `Bearer …`.
         */
        secretKeyRef: {
          /**
           * Name of the Secret.
           */
          name: string;
          /**
           * Key in the Secret.
           */
          key: string;
        };
      };
    };
    /**
     * An OCI image with the ONNX file in it, mounted as a volume. The cluster has to know image volumes (Kubernetes 1.35 or newer, or the feature gate ImageVolume, and containerd 2 or CRI-O).
     */
    image?: {
      /**
       * The image, best by its digest.
       */
      reference: string;
      /**
       * Path of the file from the root of the volume.
       */
      path: string;
      /**
       * When the image is pulled.
       */
      pullPolicy: "Always" | "IfNotPresent" | "Never";
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
     * What the pods are scaled to. `Utilization`: targetCPUUtilization. `Measured`: the CPU that a pod uses at `headroom` of its measured capacity; targetCPUUtilization until there is a measurement.
     */
    target: "Utilization" | "Measured";
    /**
     * With target Measured: the share of its capacity that a pod shall be loaded with.
     */
    headroom: string;
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
       * Memory as a quantity; the memory request when left out. A server may take two minutes to load its model and to warm it up, and a second more for each 10 MiB of its limit; then it is started again.
       */
      memory?: number | string;
    };
  };
  /**
   * How the server in each pod is set up.
   */
  server?: {
    /**
     * Image of the server, where it shall be another one than the operator's own choice.
     */
    image?: string;
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
   * Where the pods run and what they carry.
   */
  pod?: {
    /**
     * Annotations of each pod.
     */
    annotations?: {
      [k: string]: string;
    };
    /**
     * Labels that a node must have.
     */
    nodeSelector?: {
      [k: string]: string;
    };
    /**
     * Taints of nodes that do not keep the pods away.
     *
     * @maxItems 64
     */
    tolerations?: {
      /**
       * Key of the taint; every one when left out.
       */
      key?: string;
      /**
       * How key and value are compared.
       */
      operator?: "Equal" | "Exists";
      /**
       * Value of the taint, with operator Equal.
       */
      value?: string;
      /**
       * Effect of the taint; every one when left out.
       */
      effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
      /**
       * How long NoExecute is tolerated; for ever when left out.
       */
      tolerationSeconds?: number;
    }[];
    /**
     * Affinity as in a pod: nodeAffinity, podAffinity, podAntiAffinity. The API server checks it when the pods' Deployment is made.
     */
    affinity?: {
      nodeAffinity?: {};
      podAffinity?: {};
      podAntiAffinity?: {};
    };
    /**
     * PriorityClass of the pods.
     */
    priorityClassName?: string;
    /**
     * Secrets of the same namespace for pulling images.
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
   * How the model is reached from outside the cluster. Without this field it is reached inside only.
   */
  expose?: {
    /**
     * An Ingress in front of the Service.
     */
    ingress?: {
      /**
       * DNS name under which it is reached.
       */
      host: string;
      /**
       * What the path begins with; it is passed on as it is.
       */
      path: string;
      /**
       * IngressClass; the cluster's default when left out.
       */
      className?: string;
      /**
       * Secret of the same namespace with the certificate; no TLS when left out.
       */
      tlsSecretName?: string;
      /**
       * Annotations, with which many controllers are set up.
       */
      annotations?: {
        [k: string]: string;
      };
    };
    /**
     * An HTTPRoute of the Gateway API in front of the Service. The cluster has to have the Gateway API.
     */
    httpRoute?: {
      /**
       * The Gateways that the route belongs to.
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
         * Namespace of the Gateway; the model's own when left out.
         */
        namespace?: string;
        /**
         * Listener of the Gateway; every one when left out.
         */
        sectionName?: string;
      }[];
      /**
       * DNS names; those of the Gateway when left out.
       *
       * @maxItems 16
       *
       * Items: DNS name under which it is reached.
       */
      hostnames?: string[];
      /**
       * What the path begins with; it is passed on as it is.
       */
      path: string;
      /**
       * Annotations, with which many controllers are set up.
       */
      annotations?: {
        [k: string]: string;
      };
    };
  };
  /**
   * When a changed revision gets the traffic. The first one gets it as soon as it is ready.
   */
  rollout: {
    /**
     * `None`: as soon as all its pods are ready. `SLO`: when it was also measured through its preview Service, and met spec.slo; otherwise it is refused and the serving revision is left as it was.
     */
    gate: "None" | "SLO";
    /**
     * How long a changed revision may take to become ready before it is refused, from `10s` to `24h`.
     */
    deadline: string;
    /**
     * How many old or refused revisions are kept beside the serving one, with no pods; going back to one of them is a spec that asks for it again.
     */
    historyLimit: number;
  };
  /**
   * While true, nothing of the model is changed: no rollout, no repair, no measurement. What serves goes on serving, and autoscaling goes on.
   */
  paused: boolean;
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
   * How the model is measured, from inside the cluster, through its Service: each new serving revision once, as often as `schedule` says, and when somebody asks for it with `kubectl annotate mdep/NAME intendant.dev/benchmark=now`. Without this field nothing is measured.
   */
  benchmark?: {
    /**
     * `Users`: a number of people who ask, read the answer, think and ask again (a closed loop). `Rate`: requests at a constant rate, whether or not earlier ones were answered (an open loop, which a slow server cannot hide from). `Capacity`: the highest such rate that keeps spec.slo, found by trying. It loads the pods until they miss the SLO, so run it behind `rollout.gate: SLO` or at a quiet hour. `Script`: a k6 script of your own.
     */
    scenario: "Users" | "Rate" | "Capacity" | "Script";
    /**
     * How long to measure, from `5s` to `60m`; 60s when left out. Scenario Capacity: how long the search may take; 4m when left out.
     */
    duration?: string;
    /**
     * How long there is load before the measurement, which does not count, up to `10m`.
     */
    warmUp: string;
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
    /**
     * Scenario Rate: how long the rate rises before the warm-up, which does not count.
     */
    ramp?: string;
    /**
     * Scenario Script: the k6 script, in a ConfigMap of the same namespace.
     */
    script?: {
      /**
       * Where it is.
       */
      configMap: {
        /**
         * Name of the ConfigMap.
         */
        name: string;
        /**
         * Key that holds the script.
         */
        key: string;
      };
    };
    /**
     * What is sent, one JSON value a line, in turn: a body for the model's infer request, or {"sentence": "…"} for an intent classifier. Left out: random sentences for an intent classifier, and values that fit its signature for any other model.
     */
    payloads?: {
      /**
       * Where the lines are.
       */
      configMap: {
        /**
         * Name of the ConfigMap.
         */
        name: string;
        /**
         * Key that holds the lines.
         */
        key: string;
      };
    };
    /**
     * When it is measured again, as in a CronJob, for example `0 3 * * *` (at three in the morning).
     */
    schedule?: string;
    /**
     * Time zone of the schedule, for example `Europe/Paris`; UTC when left out.
     */
    timeZone?: string;
  };
  /**
   * Keeps what the model is asked, and what it answers, in a PostgreSQL database. The servers write in the background, and drop what the database cannot take, rather than make a request wait or fail. Equal requests are kept once. Without this field nothing is kept.
   */
  capture?: {
    /**
     * A Secret of the same namespace that says where the database is. The pods read it, the operator does not; a changed one counts from the next connection on.
     */
    databaseSecret: {
      /**
       * Name of the Secret.
       */
      name: string;
      /**
       * Key of the address, `postgresql://USER:PASSWORD@HOST:5432/DATABASE`. The server's certificate is verified unless `sslmode` there says otherwise.
       */
      key: string;
      /**
       * Key of the CA that signed the database's certificate, as PEM; `ca.crt` when left out. Without such a key the authorities of the server image count.
       */
      caKey?: string;
    };
    /**
     * Another Secret of the same namespace that has the CA, such as CloudNativePG's `CLUSTER-ca`.
     */
    databaseCASecret?: {
      /**
       * Name of the Secret.
       */
      name: string;
      /**
       * Key of the CA, as PEM.
       */
      key: string;
    };
    /**
     * Share of the requests that are kept, for example `10%`.
     */
    sample: string;
    /**
     * What is kept beside the input. `Answer`: what the model answered. `Duration`: how long that took. `[]` keeps the input alone.
     *
     * @maxItems 2
     */
    fields: ("Answer" | "Duration")[];
    /**
     * What was not asked again for so long is deleted, with its labels; from `1h` to `87600h`.
     */
    retention: string;
    /**
     * What is blotted out of a text before it leaves the server. `[]` keeps everything.
     *
     * @maxItems 3
     */
    redact: ("EmailAddresses" | "PhoneNumbers" | "CardNumbers")[];
  };
  /**
   * Labels the captured sentences with another model, in a Job `NAME-enrichment`, while the model has little to do: the Job is suspended as soon as there is more traffic than `idle` allows, and while the model is measured. Needs capture.
   */
  enrichment?: {
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
       * A PersistentVolumeClaim of the same namespace with the ONNX file on it. It is mounted read-only. Without sha256 a file that is exchanged there is noticed by new pods only.
       */
      persistentVolumeClaim?: {
        /**
         * Name of the claim.
         */
        claimName: string;
        /**
         * Path of the file from the root of the volume.
         */
        path: string;
      };
      /**
       * An address of HTTP or HTTPS, for example a presigned link of an object store. Each new pod fetches it before its server starts; a broken transfer is resumed. Needs sha256. With NODE_USE_ENV_PROXY=1 in server.env, HTTP_PROXY, HTTPS_PROXY and NO_PROXY count; NODE_EXTRA_CA_CERTS names a file of the server image with further authorities.
       */
      url?: {
        /**
         * The address.
         */
        location: string;
        /**
         * The most that is fetched, as a quantity.
         */
        maxSize: number | string;
        /**
         * A header of the request, with its value from a Secret of the same namespace.
         */
        header?: {
          /**
           * Name of the header.
           */
          name: string;
          /**
           * Where the value is, for example `Bearer …`.
           */
          secretKeyRef: {
            /**
             * Name of the Secret.
             */
            name: string;
            /**
             * Key in the Secret.
             */
            key: string;
          };
        };
      };
      /**
       * An OCI image with the ONNX file in it, mounted as a volume. The cluster has to know image volumes (Kubernetes 1.35 or newer, or the feature gate ImageVolume, and containerd 2 or CRI-O).
       */
      image?: {
        /**
         * The image, best by its digest.
         */
        reference: string;
        /**
         * Path of the file from the root of the volume.
         */
        path: string;
        /**
         * When the image is pulled.
         */
        pullPolicy: "Always" | "IfNotPresent" | "Never";
      };
      /**
       * SHA-256 of the ONNX file, 64 hexadecimal digits. When given, no file with another digest is served.
       */
      sha256?: string;
    };
    /**
     * Sentences that a worker labels in one transaction. A Job begins when so many are pending, and with fewer when the last one ended `idle.for` ago.
     */
    batchSize: number;
    /**
     * Workers at the same time. They share what is pending.
     */
    parallelism: number;
    /**
     * When the model has little to do.
     */
    idle: {
      /**
       * Most requests per second, of all its pods together.
       */
      maxRequestsPerSecond: number;
      /**
       * How long there has to be no more than that before workers begin or go on, from `10s` to `24h`.
       */
      for: string;
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
         * Memory as a quantity; the memory request when left out. A server may take two minutes to load its model and to warm it up, and a second more for each 10 MiB of its limit; then it is started again.
         */
        memory?: number | string;
      };
    };
    /**
     * Where workers run. Beside this, nodes are preferred on which no model serves.
     */
    placement?: {
      /**
       * Labels that a node must have.
       */
      nodeSelector?: {
        [k: string]: string;
      };
      /**
       * Taints of nodes that do not keep the pods away.
       *
       * @maxItems 64
       */
      tolerations?: {
        /**
         * Key of the taint; every one when left out.
         */
        key?: string;
        /**
         * How key and value are compared.
         */
        operator?: "Equal" | "Exists";
        /**
         * Value of the taint, with operator Equal.
         */
        value?: string;
        /**
         * Effect of the taint; every one when left out.
         */
        effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
        /**
         * How long NoExecute is tolerated; for ever when left out.
         */
        tolerationSeconds?: number;
      }[];
      /**
       * PriorityClass of the pods.
       */
      priorityClassName?: string;
    };
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
   * `Ready`: the current generation is being served. `Reconciling`: a change is under way. `Stalled`: nothing will change until a person changes something. `Benchmarked`: status.benchmark is true for what is serving. `WithinSLO`: the measurement meets spec.slo. With spec.capture, `Capturing`: what is asked gets into the database. With spec.enrichment, `Enriching`: workers label it; the reason says why not. Neither of the two touches the others.
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
     * Where its pods run.
     */
    node?: {
      /**
       * Processor of the node, as a pod reports it.
       */
      cpu?: string;
      /**
       * The pod that says so; when it is gone, another one is asked.
       */
      pod?: string;
    };
    /**
     * Size of the ONNX file.
     */
    size?: string;
    /**
     * Version of the ONNX operators that the model uses.
     */
    opset?: number;
    /**
     * The classes that a classifier knows; at most 100 are shown.
     */
    labels?: string[];
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
   * The revision that is being rolled out, or that was refused. A refused one is tried again after a change of the spec, or with `kubectl annotate mdep/NAME intendant.dev/retry="$(date)" --overwrite`.
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
    /**
     * When this attempt began.
     */
    since?: string;
    /**
     * Why it does not get the traffic; absent while that is open.
     */
    refusal?: {
      /**
       * One word for programs.
       */
      reason: string;
      /**
       * A sentence for people.
       */
      message: string;
      /**
       * When it was refused.
       */
      at: string;
      /**
       * The generation of the spec that asked for it.
       */
      generation: number;
      /**
       * The annotation intendant.dev/retry at that time.
       */
      retry?: string;
    };
  };
  /**
   * What the serving revision costs; what is not known is left out.
   */
  footprint?: {
    /**
     * Hash of everything that changes what a pod does.
     */
    revision?: string;
    /**
     * Size of the server image on the node.
     */
    image?: string;
    /**
     * Memory of a pod that has become ready, before its load.
     */
    memoryAtRest?: string;
    /**
     * Most memory of a pod up to the end of the measurement.
     */
    memoryUnderLoad?: string;
    /**
     * How long a pod took from its creation until it could answer.
     */
    coldStart?: {
      /**
       * Pulling the server image; 0s where the node had it.
       */
      pull?: string;
      /**
       * Fetching or verifying the model before the server starts.
       */
      fetch?: string;
      /**
       * Reading and verifying the file and making a session of it.
       */
      load?: string;
      /**
       * The first runs.
       */
      warmUp?: string;
      /**
       * From the pod's creation until it was ready, in whole seconds as Kubernetes counts.
       */
      total?: string;
    };
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
     * Hash of what the figures hold for: revision, fewest pods and scenario. With another one they are stale, as with another model file or processor.
     */
    subject: string;
    /**
     * Why it was measured: `Change` of what serves or how it is measured, `Gate` of a rollout, `Schedule`, or `Request`.
     */
    trigger?: string;
    /**
     * The scenario of spec.benchmark at the time.
     */
    scenario?: string;
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
     * Requests that the load asked for and the generator did not send.
     */
    dropped?: number;
    /**
     * CPU that the pods used for one request.
     */
    cpuPerRequest?: string;
    /**
     * Pods that served while it was measured.
     */
    replicas?: number;
    /**
     * Server image of its pods.
     */
    image?: string;
    /**
     * SHA-256 of the ONNX file that was measured.
     */
    sha256?: string;
    /**
     * Requests and limits of one pod.
     */
    resources?: string;
    /**
     * Where its pods run.
     */
    node?: {
      /**
       * Processor of the node, as a pod reports it.
       */
      cpu?: string;
      /**
       * The pod that says so; when it is gone, another one is asked.
       */
      pod?: string;
    };
    /**
     * When the measurement began.
     */
    startedAt?: string;
    /**
     * When the measurement ended.
     */
    finishedAt?: string;
    /**
     * ConfigMap with the report, key `report.html`.
     */
    report?: string;
  };
  /**
   * What one pod can take, as scenario Capacity found it. It stays until another one is found; `revision` says of what it is true.
   */
  capacity?: {
    /**
     * Hash of everything that changes what a pod does.
     */
    revision: string;
    /**
     * Most requests per second of one pod within the SLO.
     */
    rpsPerReplica: string;
    /**
     * 95th percentile of the latency.
     */
    p95: string;
    /**
     * CPU that the pods used for one request.
     */
    cpuPerRequest?: string;
    /**
     * Pods that were loaded together.
     */
    replicas?: number;
    /**
     * When the measurement ended.
     */
    measuredAt: string;
  };
  /**
   * What the autoscaler aims for, and where that comes from.
   */
  autoscaling?: {
    /**
     * Average CPU of a pod, in percent of its request or as an amount.
     */
    target?: string;
    /**
     * What the target follows from.
     */
    source?: string;
  };
  /**
   * The last ten measurements, the newest first, with those that failed.
   *
   * @maxItems 10
   */
  history?: {
    /**
     * The Job that measured.
     */
    job: string;
    /**
     * Hash of everything that changes what a pod does.
     */
    revision: string;
    /**
     * Hash of everything that the figures hold for.
     */
    subject: string;
    /**
     * Why it was measured: `Change` of what serves or how it is measured, `Gate` of a rollout, `Schedule`, or `Request`.
     */
    trigger?: string;
    /**
     * The scenario of spec.benchmark at the time.
     */
    scenario?: string;
    /**
     * `Valid`, or why there is no figure.
     */
    outcome: string;
    /**
     * Why there is no figure, for people.
     */
    message?: string;
    /**
     * Median latency.
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
     * Requests that were measured.
     */
    requests?: number;
    /**
     * How many of them failed.
     */
    errors?: number;
    /**
     * When the measurement began.
     */
    startedAt?: string;
    /**
     * When the measurement ended.
     */
    finishedAt: string;
    /**
     * ConfigMap with the report, key `report.html`.
     */
    report?: string;
  }[];
  /**
   * When somebody asked for another measurement with `kubectl annotate mdep/NAME intendant.dev/benchmark=now`; absent when none is owed.
   */
  measureRequestedAt?: string;
  /**
   * What the database has of this model, as the servers told it last; what is not known is left out. While condition `Capturing` is not True, it is of an earlier time.
   */
  capture?: {
    /**
     * Requests that were kept.
     */
    captured?: number;
    /**
     * Different inputs among them that are kept now.
     */
    sentences?: number;
    /**
     * Requests that the present servers could not keep since they were started.
     */
    dropped?: number;
  };
  /**
   * How far the annotating model of spec.enrichment is.
   */
  enrichment?: {
    /**
     * SHA-256 of its ONNX file, once that is known.
     */
    annotator?: string;
    /**
     * Sentences that it has labelled.
     */
    enriched?: number;
    /**
     * Sentences that it has not labelled yet.
     */
    pending?: number;
    /**
     * Sentences per second that it labelled over the last minute.
     */
    rate?: string;
    /**
     * Pods that are at work.
     */
    workers?: number;
  };
}
