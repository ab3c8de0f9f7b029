import type { Plan, Rate, Users } from "../../../benchmarks/contract.ts";
import type { BenchmarkSpec, ModelDeployment } from "../api.ts";
import { hash } from "../hash.ts";
import type { Job } from "../observed.ts";
import { seconds } from "../units.ts";
import type { Images } from "./deployment.ts";
import { benchmarkName, labels, metadata, selector } from "./metadata.ts";
import { previewUrl, url } from "./service.ts";

/** Annotation: the `since` of what is measured, when the measurement began. */
export const sinceAnnotation = "intendant.dev/serving-since";

/** Annotation: how many pods served when the measurement began. */
export const replicasAnnotation = "intendant.dev/replicas";

/** Seconds for finding a node, pulling the image and ending, beside the measurement itself. */
const graceSeconds = 120;

/** What a measurement is made on. */
export interface Subject {
  revision: string;
  /** When the revision began to get the traffic, or the candidate's attempt began. */
  since: string | undefined;
  replicas: number;
  /** Whether it has no traffic yet, and is reached through the preview Service. */
  isCandidate?: boolean;
}

/** A k6 Job that measures a revision through its Service, once. */
export function benchmarkJob(
  model: ModelDeployment,
  benchmark: BenchmarkSpec,
  subject: Subject,
  images: Images,
): Job {
  const { revision } = subject;
  const part = { app: benchmarkName, revision } as const;
  const address = subject.isCandidate ? previewUrl(model) : url(model);
  const plan = { url: address, model: model.metadata.name, ...scenario(benchmark) };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      ...metadata(model, benchmarkJobName(model, benchmark, subject), part),
      annotations: {
        [sinceAnnotation]: subject.since ?? "",
        [replicasAnnotation]: String(subject.replicas),
      },
    },
    spec: {
      // A second try would measure something else than the first.
      backoffLimit: 0,
      activeDeadlineSeconds: Math.ceil(plan.duration) + graceSeconds,
      template: {
        metadata: { labels: labels(model, part) },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          affinity: apartFrom(selector(model, revision)),
          ...reach(model),
          containers: [
            {
              name: "k6",
              image: images.benchmark,
              imagePullPolicy: images.pullPolicy,
              env: [{ name: "PLAN", value: JSON.stringify(plan satisfies Plan) }],
              resources: { requests: { cpu: "250m", memory: "128Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              terminationMessagePath: "/dev/termination-log",
              terminationMessagePolicy: "FallbackToLogsOnError",
            },
          ],
        },
      },
    },
  };
}

/** Name of the Job that measures a revision in this way; each attempt of a candidate has its own. */
export function benchmarkJobName(
  model: ModelDeployment,
  benchmark: BenchmarkSpec,
  { revision, since, isCandidate }: Omit<Subject, "replicas">,
): string {
  const measured = [revision, scenarioHash(benchmark), ...(isCandidate ? [since] : [])];
  return `${model.metadata.name}-benchmark-${hash(measured)}`;
}

/** Hash of how it is measured; the same load written in another way has the same hash. */
export function scenarioHash(benchmark: BenchmarkSpec): string {
  return hash(scenario(benchmark));
}

/** What k6 is told about the load, with everything that the spec left out. */
export function scenario(benchmark: BenchmarkSpec): Pick<Plan, "duration" | "load"> {
  return { duration: seconds(benchmark.duration), load: load(benchmark) };
}

function load(benchmark: BenchmarkSpec): Users | Rate {
  if (benchmark.scenario === "Rate") {
    // The API server demands a rate here, as whole requests per second.
    return { scenario: "Rate", rate: Number.parseInt(benchmark.rate ?? "", 10) };
  }
  const { min, max } = benchmark.thinkTime ?? { min: "1s", max: "5s" };
  return {
    scenario: "Users",
    users: benchmark.users ?? 10,
    thinkTime: { min: seconds(min), max: seconds(max) },
  };
}

/**
 * Where the model's pods may go, the generator may go too, and it gets its image as they do. It is
 * not drawn to the nodes that the model asks for: what is special about them is not for k6.
 */
function reach({ spec: { pod = {} } }: ModelDeployment) {
  const { tolerations = [], imagePullSecrets = [] } = pod;
  return {
    ...(tolerations.length > 0 && { tolerations }),
    ...(imagePullSecrets.length > 0 && { imagePullSecrets }),
  };
}

/** The generator competes with the model for CPU on the same node; another one is better. */
function apartFrom(matchLabels: Record<string, string>) {
  const term = { labelSelector: { matchLabels }, topologyKey: "kubernetes.io/hostname" };
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
    },
  };
}
