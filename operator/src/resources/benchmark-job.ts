import * as v from "valibot";
import { ports } from "../../../server/src/contract/ports.ts";
import type { Capacity, Load, Plan } from "../../../benchmarks/contract.ts";
import { readJson } from "../../../server/src/contract/read-json.ts";
import type { BenchmarkSpec, ModelDeployment } from "../api/model-deployment.ts";
import { hash } from "../api/hash.ts";
import type { Job, PodTemplate } from "../kube/objects.ts";
import { minReplicas } from "./replicas.ts";
import { milliseconds, seconds, share } from "../api/units.ts";
import type { Images } from "./deployment.ts";
import { benchmarkName, labels, metadata, selector } from "./metadata.ts";
import { previewUrl, url } from "./service.ts";

type PodSpec = NonNullable<PodTemplate["spec"]>;

/** Annotation: what is measured, and why, as JSON. */
const runAnnotation = "intendant.dev/run";

/** Seconds beside the measurement: to find a node, to pull the image and to exit. */
const graceSeconds = 120;

/** Seconds that a script may take. */
const maxScriptSeconds = 3600;

/** One measurement: what of, and why. It travels as an annotation of its Job. */
export interface Run {
  /** What the result will hold for; a hash. */
  subject: string;
  revision: string;
  trigger: Trigger;
  scenario: BenchmarkSpec["scenario"];
  /** When it was decided on, by the clock that also wrote status.measureRequestedAt. */
  begunAt: string;
  /** When the revision began to receive traffic, or the candidate's attempt began. */
  since: string;
  /** What sets it apart from other measurements of the same subject. */
  due: string;
  /** The pods when it began, and how often the container of each had been restarted. */
  pods: { [name: string]: number };
}

/** Why something is measured. */
export type Trigger = "Change" | "Gate" | "Schedule" | "Request";

/** A k6 Job that measures a revision through its Service, once. */
export function benchmarkJob(
  model: ModelDeployment,
  benchmark: BenchmarkSpec,
  run: Run,
  { images, addresses }: { images: Images; addresses: string[] },
): Job {
  const { revision } = run;
  const part = { app: benchmarkName, revision } as const;
  const plan: Plan = {
    url: run.trigger === "Gate" ? previewUrl(model) : url(model),
    model: model.metadata.name,
    ...scenarioPlan(model, benchmark, Object.keys(run.pods).length),
    pods: addresses.map(opsAddress),
  };
  const files = fileMounts(benchmark);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      ...metadata(model, benchmarkJobName(model, run), part),
      annotations: { [runAnnotation]: JSON.stringify(run) },
    },
    spec: {
      // A second try would measure something else than the first.
      backoffLimit: 0,
      activeDeadlineSeconds: maxSeconds(plan) + graceSeconds,
      template: {
        metadata: { labels: labels(model, part) },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          affinity: preferOtherNodes(selector(model, revision)),
          ...tolerationsAndPullSecrets(model),
          containers: [
            {
              name: "k6",
              image: images.benchmark,
              imagePullPolicy: images.pullPolicy,
              env: [{ name: "PLAN", value: JSON.stringify(plan) }],
              resources: { requests: { cpu: "250m", memory: "128Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              terminationMessagePath: "/dev/termination-log",
              terminationMessagePolicy: "FallbackToLogsOnError",
              volumeMounts: [{ name: "tmp", mountPath: "/tmp" }, ...files.mounts],
            },
          ],
          volumes: [{ name: "tmp", emptyDir: { sizeLimit: "64Mi" } }, ...files.volumes],
        },
      },
    },
  };
}

/** Name of the Job of a run. */
export function benchmarkJobName(
  model: ModelDeployment,
  run: Pick<Run, "subject" | "trigger" | "due">,
): string {
  const { subject, trigger, due } = run;
  return `${model.metadata.name}-benchmark-${hash([subject, trigger, due])}`;
}

/** What a Job measures; undefined for one that does not say, such as an earlier operator's. */
export function runOf(job: Job): Run | undefined {
  return readJson(runSchema, job.metadata?.annotations?.[runAnnotation] ?? "") as Run | undefined;
}

/** A user who may edit Jobs may edit their annotations. */
const runSchema = v.looseObject({
  subject: v.string(),
  revision: v.string(),
  trigger: v.string(),
  scenario: v.string(),
  begunAt: v.string(),
  since: v.string(),
  due: v.string(),
  pods: v.record(v.string(), v.number()),
});

/** What the k6 of a Job was told; undefined where that is no valid plan. */
export function planOf(job: Job): Plan | undefined {
  const container = job.spec?.template.spec?.containers.find(({ name }) => name === "k6");
  const plan = container?.env?.find(({ name }) => name === "PLAN")?.value ?? "";
  return readJson(planSchema, plan) as Plan | undefined;
}

const time = v.pipe(v.number(), v.finite(), v.minValue(0));

/** Reads a `Plan` as far as results and reports depend on it. */
const planSchema = v.looseObject({
  duration: time,
  warmUp: v.optional(time),
  load: v.variant("scenario", [
    v.looseObject({ scenario: v.literal("Rate"), rate: v.number(), ramp: v.optional(time) }),
    v.looseObject({
      scenario: v.literal("Users"),
      users: v.number(),
      thinkTime: v.object({ min: time, max: time }),
    }),
    v.looseObject({ scenario: v.literal("Capacity") }),
    v.looseObject({ scenario: v.literal("Script") }),
  ]),
});

/** Hash of how it is measured; the same load written in another way has the same hash. */
export function scenarioHash(model: ModelDeployment, benchmark: BenchmarkSpec): string {
  const { script, payloads } = benchmark;
  return hash([scenarioPlan(model, benchmark, minReplicas(model)), script, payloads]);
}

/**
 * What k6 is told about the load, with everything that the spec left out.
 *
 * @param replicas how many pods share the load
 */
export function scenarioPlan(
  model: ModelDeployment,
  benchmark: BenchmarkSpec,
  replicas: number,
): Pick<Plan, "duration" | "warmUp" | "load" | "payloads"> {
  return {
    duration: seconds(benchmark.duration ?? (benchmark.scenario === "Capacity" ? "4m" : "60s")),
    // Each step of a search has a moment of its own to settle.
    ...(benchmark.scenario !== "Capacity" && { warmUp: seconds(benchmark.warmUp) }),
    load: loadOf(model, benchmark, replicas),
    ...(benchmark.payloads && { payloads: `/payloads/${benchmark.payloads.configMap.key}` }),
  };
}

function loadOf(model: ModelDeployment, benchmark: BenchmarkSpec, replicas: number): Load {
  const { scenario, script, ramp, rate = "" } = benchmark;
  if (scenario === "Capacity") return { scenario, replicas, ...search(model) };
  if (scenario === "Script") return { scenario, path: `/script/${script?.configMap.key}` };
  if (scenario === "Rate") {
    // The API server demands a rate here, as whole requests per second.
    return { scenario, rate: Number.parseInt(rate, 10), ...(ramp && { ramp: seconds(ramp) }) };
  }
  const { min, max } = benchmark.thinkTime ?? { min: "1s", max: "5s" };
  const thinkTime = { min: seconds(min), max: seconds(max) };
  return { scenario, users: benchmark.users ?? 10, thinkTime };
}

/** The highest rate is looked for to 5 %. */
function search({ spec: { slo } }: ModelDeployment): Omit<Capacity, "scenario" | "replicas"> {
  return {
    slo: {
      ...(slo?.p95 && { p95: milliseconds(slo.p95) }),
      // Where all requests may fail, no rate is too high.
      ...(slo?.errorRate && { errorRate: Math.min(share(slo.errorRate), 0.99) }),
    },
    resolution: 0.05,
    stepSeconds: 8,
  };
}

/** Seconds that a plan takes at the longest; a script says itself how long it takes. */
function maxSeconds({ duration, warmUp = 0, load }: Plan): number {
  const ramp = load.scenario === "Rate" ? (load.ramp ?? 0) : 0;
  const measured = load.scenario === "Script" ? Math.max(duration, maxScriptSeconds) : duration;
  return Math.ceil(ramp + warmUp + measured);
}

/** Where a pod tells of itself; an address of IPv6 needs brackets. */
function opsAddress(address: string): string {
  return `http://${address.includes(":") ? `[${address}]` : address}:${ports.ops}`;
}

function fileMounts({ script, payloads }: BenchmarkSpec): {
  mounts: NonNullable<PodSpec["containers"][number]["volumeMounts"]>;
  volumes: NonNullable<PodSpec["volumes"]>;
} {
  const files = Object.entries({ script, payloads }).flatMap(([name, file]) =>
    file ? [{ name, configMap: file.configMap.name }] : [],
  );
  return {
    mounts: files.map(({ name }) => ({ name, mountPath: `/${name}`, readOnly: true })),
    // Where it is missing k6 says so at once; otherwise the pod would wait for it until its deadline.
    volumes: files.map(({ name, configMap }) => ({
      name,
      configMap: { name: configMap, optional: true },
    })),
  };
}

/**
 * Where the model's pods may go, the generator may go too, and it gets its image as they do. It is
 * not drawn to the nodes that the model asks for: what is special about them is not for k6.
 */
function tolerationsAndPullSecrets({ spec: { pod = {} } }: ModelDeployment) {
  const { tolerations = [], imagePullSecrets = [] } = pod;
  return {
    ...(tolerations.length > 0 && { tolerations }),
    ...(imagePullSecrets.length > 0 && { imagePullSecrets }),
  };
}

/** The generator competes with the model for CPU on the same node; another one is better. */
function preferOtherNodes(matchLabels: Record<string, string>) {
  const term = { labelSelector: { matchLabels }, topologyKey: "kubernetes.io/hostname" };
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
    },
  };
}
