import * as v from "valibot";
import { setting } from "../../../server/src/contract/environment.ts";
import { readJson } from "../../../server/src/contract/read-json.ts";
import { exitCodes } from "../../../server/src/contract/enrich.ts";
import { exitCodes as fetchExitCodes } from "../../../server/src/contract/fetch.ts";
import type { EnrichmentSpec, ModelDeployment } from "../api/model-deployment.ts";
import { hash } from "../api/hash.ts";
import type { Job, PodTemplate } from "../kube/objects.ts";
import { database } from "./capture.ts";
import { serverContainer, type Images } from "./deployment.ts";
import { enrichmentName, labels, metadata, modelLabel, serverName } from "./metadata.ts";
import { modelFolder, modelSource, modelVolume } from "./model-source.ts";

type PodSpec = NonNullable<PodTemplate["spec"]>;
type JobSpec = NonNullable<Job["spec"]>;

/** Annotation: what the Job was made from, as JSON. */
const originAnnotation = "intendant.dev/enrichment";

/** Name of the container that labels. */
const workerContainer = "enrich";

/** Exit code of a process that was terminatedBySignal by SIGTERM; a worker has given its batch back by then. */
const terminatedBySignal = 143;

/** What a Job was made from. */
export interface Origin {
  /** Hash of everything that cannot be changed about a Job. */
  template: string;
  /** Hash of where the annotating model comes from. */
  model: string;
  /** How many Jobs in a row there were with this one, of which all others failed. */
  attempt: number;
}

/** What a Job is made from, beside the spec. */
export interface EnrichmentJobInputs {
  images: Images;
  /** Digest of the annotating model, where the operator or the spec knows it. */
  sha256: string | undefined;
}

/** What can be changed about a Job while it is there. */
export type JobChange = Pick<Job, "metadata"> & {
  spec: Pick<JobSpec, "suspend" | "parallelism">;
};

/**
 * Workers that share what is pending and end when nothing is left of it. How many there are, and
 * whether there are any, can be changed; for anything else another Job takes its place.
 */
export function enrichmentJob(
  model: ModelDeployment,
  spec: EnrichmentSpec,
  means: EnrichmentJobInputs & { attempt: number },
): Job {
  const madeFrom: Origin = { ...originOf(model, spec, means), attempt: means.attempt };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      ...metadata(model, enrichmentJobName(model), { app: enrichmentName }),
      annotations: { [originAnnotation]: JSON.stringify(madeFrom) },
    },
    spec: { parallelism: spec.parallelism, suspend: false, ...immutableSpec(model, spec, means) },
  };
}

/** Name of a model's Job. */
export function enrichmentJobName(model: ModelDeployment): string {
  return `${model.metadata.name}-enrichment`;
}

/** What a Job of the spec is made from. */
export function originOf(
  model: ModelDeployment,
  spec: EnrichmentSpec,
  means: EnrichmentJobInputs,
): Omit<Origin, "attempt"> {
  return { template: hash(immutableSpec(model, spec, means)), model: hash(spec.model) };
}

/** What a Job says it was made from; undefined for one that does not say. */
export function origin(job: Job): Origin | undefined {
  return readJson(originSchema, job.metadata?.annotations?.[originAnnotation] ?? "");
}

const originSchema = v.object({
  template: v.string(),
  model: v.string(),
  attempt: v.fallback(v.pipe(v.number(), v.safeInteger()), 1),
});

/** A Job with another number of workers, or with none. */
export function changedJob(job: Job, spec: JobChange["spec"]): JobChange {
  const { name, namespace, uid } = job.metadata ?? {};
  return { metadata: { name, namespace, uid }, spec };
}

/** The part of a Job that the API server does not allow to change. */
function immutableSpec(
  model: ModelDeployment,
  spec: EnrichmentSpec,
  means: EnrichmentJobInputs,
): Omit<JobSpec, "parallelism" | "suspend"> {
  return { ...failurePolicy, template: podTemplate(asAnnotator(model, spec), spec, means) };
}

/** Exit codes after which another worker would end in the same way. */
const permanent: number[] = [
  exitCodes.InvalidSettings,
  exitCodes.ModelUnservable,
  exitCodes.NotAClassifier,
  exitCodes.DatabaseRefused,
  fetchExitCodes.ModelNotFound,
  fetchExitCodes.DigestMismatch,
];

/** An evicted worker is no failure, and after one that can never succeed no other follows. */
const failurePolicy: Pick<JobSpec, "backoffLimit" | "podFailurePolicy"> = {
  backoffLimit: 6,
  podFailurePolicy: {
    rules: [
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      {
        action: "Ignore",
        onExitCodes: {
          containerName: workerContainer,
          operator: "In",
          values: [terminatedBySignal],
        },
      },
      // The API server wants them in order.
      {
        action: "FailJob",
        onExitCodes: { operator: "In", values: permanent.toSorted((a, b) => a - b) },
      },
    ],
  },
};

/** The model as if the annotating one were its own. */
export function asAnnotator(model: ModelDeployment, spec: EnrichmentSpec): ModelDeployment {
  return { ...model, spec: { ...model.spec, model: spec.model, resources: spec.resources } };
}

function podTemplate(
  model: ModelDeployment,
  { batchSize, placement = {} }: EnrichmentSpec,
  { images, sha256 }: EnrichmentJobInputs,
): PodTemplate {
  const { capture } = model.spec;
  if (!capture) throw new Error("spec.capture is not set");
  const container = serverContainer(model, images);
  const { path, volume, initContainer } = modelSource(model, container);
  const { env, volumeMounts, volumes } = database(model, capture);
  return {
    metadata: { labels: labels(model, { app: enrichmentName }) },
    spec: {
      ...scheduling(placement),
      ...(model.spec.pod?.imagePullSecrets?.length && {
        imagePullSecrets: model.spec.pod.imagePullSecrets,
      }),
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 30,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      affinity: apartFromServers(model),
      ...(initContainer && { initContainers: [initContainer] }),
      containers: [
        {
          ...container,
          name: workerContainer,
          args: ["enrich.js"],
          env: [
            ...env,
            setting("MODEL_PATH", path),
            ...(sha256 === undefined ? [] : [setting("MODEL_SHA256", sha256)]),
            setting("BATCH_SIZE", String(batchSize)),
            ...(model.spec.server?.env ?? []),
          ],
          volumeMounts: [
            ...(volume ? [{ name: modelVolume, mountPath: modelFolder, readOnly: true }] : []),
            ...volumeMounts,
          ],
        },
      ],
      volumes: [...(volume ? [volume] : []), ...volumes],
    },
  };
}

/** What the spec leaves empty is left out. */
function scheduling(placement: NonNullable<EnrichmentSpec["placement"]>): Partial<PodSpec> {
  const { nodeSelector = {}, tolerations = [], priorityClassName } = placement;
  return {
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(priorityClassName !== undefined && { priorityClassName }),
  };
}

/** Best on a node where no model serves, and rather beside another one than beside this one. */
function apartFromServers(model: ModelDeployment): PodSpec["affinity"] {
  const servers = { "app.kubernetes.io/name": serverName };
  const own = { ...servers, [modelLabel]: model.metadata.name };
  const topologyKey = "kubernetes.io/hostname";
  const terms = [
    { labelSelector: { matchLabels: own }, topologyKey },
    { labelSelector: { matchLabels: servers }, namespaceSelector: {}, topologyKey },
  ];
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: terms.map((podAffinityTerm) => ({
        weight: 50,
        podAffinityTerm,
      })),
    },
  };
}
