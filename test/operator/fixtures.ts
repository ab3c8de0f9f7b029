import { randomUUID } from "node:crypto";
import type { Measurement } from "../../benchmarks/contract.ts";
import type {
  CaptureSpec,
  EnrichmentSpec,
  BenchmarkResult,
  ModelDeployment,
  ModelDeploymentStatus,
} from "../../operator/src/api/model-deployment.ts";
import type { Observed } from "../../operator/src/state/observed.ts";
import type { Deployment, Job, Pod } from "../../operator/src/kube/objects.ts";
import type { AllowedPeers, Installation } from "../../operator/src/resources/installation.ts";
import type { Run } from "../../operator/src/resources/benchmark-job.ts";
import type { Images } from "../../operator/src/resources/deployment.ts";
import {
  enrichmentName,
  labels,
  metadata,
  serverName,
} from "../../operator/src/resources/metadata.ts";

/** The images of version 0.1.0. */
export const images: Images = {
  server: "docker.io/intendant/server:0.1.0",
  benchmark: "docker.io/intendant/benchmark:0.1.0",
  pullPolicy: "IfNotPresent",
};

/** The least that an installation says. */
export const installation: Installation = { images, benchmarkConcurrency: 1 };

/** Those who may ask the ops ports where the chart is installed with its defaults. */
export const allowedPeers: AllowedPeers = {
  operator: {
    namespace: "intendant-system",
    labels: {
      "app.kubernetes.io/name": "intendant",
      "app.kubernetes.io/instance": "intendant",
      "app.kubernetes.io/component": "operator",
    },
  },
  monitoringNamespaces: ["monitoring"],
};

/** Two to five replicas by CPU, with the defaults of the CRD. */
export const autoscaling = {
  minReplicas: 2,
  maxReplicas: 5,
  target: "Utilization",
  headroom: "70%",
  targetCPUUtilization: 80,
} as const;

/** A part of a spec that asks for more memory, and so makes another revision. */
export const larger = { resources: { requests: { cpu: "250m", memory: "2Gi" } } };

/** The ModelDeployment demo/intent-fr as the API server gives it back, defaults and all. */
export function intentFr(
  spec: Partial<ModelDeployment["spec"]> = {},
  status?: ModelDeploymentStatus,
): ModelDeployment {
  return {
    apiVersion: "intendant.dev/v1alpha1",
    kind: "ModelDeployment",
    metadata: {
      name: "intent-fr",
      namespace: "demo",
      uid: "11111111-2222-3333-4444-555555555555",
      generation: 1,
      resourceVersion: "100",
    },
    spec: {
      model: { bundled: "intent-fr" },
      resources: { requests: { cpu: "250m", memory: "1Gi" } },
      rollout: { gate: "None", deadline: "5m", historyLimit: 1 },
      paused: false,
      ...spec,
    },
    ...(status && { status }),
  };
}

/** An observed world in which there is nothing but what is given. */
export function observed(parts: Partial<Observed> = {}): Observed {
  return {
    source: {},
    deployments: [],
    hasGatewayAPI: true,
    jobs: [],
    pods: [],
    othersMeasured: 0,
    models: new Map(),
    unready: new Map(),
    ...parts,
  };
}

/** A revision's Deployment and pods, of which some are available. */
export function pods(
  model: ModelDeployment,
  revision: string,
  { replicas = 1, available = replicas }: { replicas?: number; available?: number } = {},
): { deployment: Deployment; pods: Pod[] } {
  const part = { app: serverName, revision } as const;
  const name = `${model.metadata.name}-${revision}`;
  return {
    deployment: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { ...metadata(model, name, part), generation: 1, uid: `uid-of-${revision}` },
      spec: { replicas, selector: {}, template: {} },
      status: {
        observedGeneration: 1,
        replicas,
        updatedReplicas: replicas,
        availableReplicas: available,
      },
    },
    pods: Array.from({ length: replicas }, (_, index) =>
      pod(model, revision, { name: `${name}-${index}`, ready: index < available }),
    ),
  };
}

/** A pod of a revision, with more of its status where it matters. */
export function pod(
  model: ModelDeployment,
  revision: string,
  { name = "a-pod", ready = false, status = {} }: PodParts = {},
): Pod {
  return {
    metadata: {
      name,
      namespace: "demo",
      labels: labels(model, { app: serverName, revision }),
    },
    status: {
      podIP: "10.0.0.1",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      ...status,
    },
  };
}

/** A pod of the model's enrichment, of the Job with uid `j`, at work unless said. */
export function worker(
  model: ModelDeployment,
  name: string,
  status: NonNullable<Pod["status"]> = { phase: "Running" },
): Pod {
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "intent-fr-enrichment", uid: "j" };
  return {
    metadata: {
      name,
      namespace: "demo",
      labels: labels(model, { app: enrichmentName }),
      ownerReferences: [owner],
    },
    status,
  };
}

/** What spec.capture says with all its defaults. */
export const capture: CaptureSpec = {
  databaseSecret: { name: "intent-fr-db", key: "uri" },
  sample: "100%",
  fields: ["Answer", "Duration"],
  retention: "720h",
  redact: ["EmailAddresses", "PhoneNumbers", "CardNumbers"],
};

/** What spec.enrichment says with all its defaults. */
export const enrichment: EnrichmentSpec = {
  model: { bundled: "annotator", sha256: "cd".repeat(32) },
  batchSize: 5000,
  parallelism: 2,
  idle: { maxRequestsPerSecond: 1, for: "5m" },
  resources: { requests: { cpu: "250m", memory: "1Gi" } },
};

interface PodParts {
  name?: string;
  ready?: boolean;
  status?: NonNullable<Pod["status"]>;
}

/** A Job that came to its end, and its pod with what k6 left. */
export function finished(
  job: Job,
  end: { exitCode?: number; reason?: string; message?: string | undefined },
): { job: Job; pod: Pod } {
  const { exitCode = 0 } = end;
  const type = exitCode === 0 ? "Complete" : "Failed";
  const uid = randomUUID();
  return {
    job: {
      ...job,
      metadata: { ...job.metadata, uid },
      status: { conditions: [{ type, status: "True" }] },
    },
    pod: {
      metadata: {
        name: `${job.metadata?.name}-x7k2p`,
        namespace: "demo",
        labels: { ...job.metadata?.labels },
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "Job", name: job.metadata?.name ?? "", uid },
        ],
      },
      status: {
        containerStatuses: [
          {
            name: "k6",
            image: images.benchmark,
            imageID: "",
            ready: false,
            restartCount: 0,
            state: { terminated: { ...end, exitCode } },
          },
        ],
      },
    },
  };
}

/** What k6 left after half a minute of ten users. */
export const measurement: Measurement = {
  latency: { p50: 1.84, p95: 3.06, p99: 6.01 },
  rps: 3.34,
  requests: 102,
  errors: 0,
  failedChecks: 0,
  dropped: 0,
  startedAt: "2026-10-01T12:00:00.000Z",
  finishedAt: "2026-10-01T12:00:30.512Z",
};

/** A measurement of a new revision with one pod. */
export const run: Run = {
  subject: "cccccccc",
  revision: "aaaaaaaa",
  trigger: "Change",
  scenario: "Users",
  begunAt: "2026-10-01T11:59:30.000Z",
  since: "2026-10-01T11:59:00Z",
  due: "2026-10-01T11:59:00Z",
  pods: { "intent-fr-aaaaaaaa-0": 0 },
};

/** Figures as the status shows them. */
export const figures: BenchmarkResult = {
  revision: "aaaaaaaa",
  subject: "cccccccc",
  trigger: "Change",
  scenario: "Users",
  scenarioHash: "bbbbbbbb",
  loadModel: "closed",
  p50: "1.9ms",
  p95: "3.1ms",
  p99: "6.1ms",
  rps: "3.3",
  requests: 102,
  errors: 0,
  dropped: 0,
  replicas: 1,
  startedAt: measurement.startedAt,
  finishedAt: measurement.finishedAt,
};
