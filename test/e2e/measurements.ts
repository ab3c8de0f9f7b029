import type { V1Job, V1Pod } from "@kubernetes/client-node";
import type {
  BenchmarkSpec,
  Condition,
  ModelDeployment,
} from "../../operator/src/api/model-deployment.ts";
import { apply, eventually, intentModel, kubectl, list, read } from "./world.ts";

/** A little load, so that many models can be measured on a small machine. */
export const rate: BenchmarkSpec = {
  scenario: "Rate",
  rate: "10/s",
  duration: "5s",
  warmUp: "0s",
};

/** The same for long enough to do something meanwhile. */
export const longer: BenchmarkSpec = { ...rate, duration: "40s" };

/** Small pods with limits of their own, so that those of a namespace do not count. */
export const small = (memory = 256): ModelDeployment["spec"]["resources"] => ({
  requests: { cpu: "50m", memory: `${memory}Mi` },
  limits: { cpu: "2", memory: "512Mi" },
});

/** What can be done about the measurements of the models of a namespace. */
export interface Measurements {
  /** Applies a small model. */
  deploy: (name: string, spec?: Partial<ModelDeployment["spec"]>) => Promise<void>;
  model: (name: string) => Promise<ModelDeployment>;
  /** Waits until condition Benchmarked has one of these reasons. */
  reason: (name: string, ...reasons: string[]) => Promise<ModelDeployment>;
  /** Waits until that many measurements are in the history. */
  recorded: (name: string, count: number) => Promise<ModelDeployment>;
  /** Waits until k6 runs, and gives its pod. */
  underway: (name: string) => Promise<V1Pod>;
  /** Asks for a measurement. */
  request: (name: string) => Promise<void>;
  jobs: (name: string) => Promise<V1Job[]>;
}

export function measurementsOf(namespace: string): Measurements {
  const model = async (name: string) => (await read<ModelDeployment>("mdep", namespace, name))!;
  const labelled = (name: string) => `intendant.dev/model=${name}`;
  return {
    model,
    async deploy(name, spec = {}) {
      await apply(intentModel(name, namespace, { resources: small(), benchmark: rate, ...spec }));
    },
    reason(name, ...reasons) {
      return eventually(`${name} is ${reasons.join(" or ")}`, 180, async () => {
        const found = await model(name);
        const { reason = "" } = conditionOf(found, "Benchmarked") ?? {};
        return reasons.includes(reason) && found;
      });
    },
    recorded(name, count) {
      return eventually(`${name} has ${count} measurements`, 180, async () => {
        const found = await model(name);
        return (found.status?.history?.length ?? 0) >= count && found;
      });
    },
    underway(name) {
      return eventually(`${name} is being measured`, 120, async () => {
        const selector = `app.kubernetes.io/name=benchmark,${labelled(name)}`;
        const pods = await list<V1Pod>("pod", namespace, selector);
        return pods.find(
          ({ metadata, status }) =>
            status?.containerStatuses?.[0]?.state?.running && !metadata?.deletionTimestamp,
        );
      });
    },
    async request(name) {
      const annotation = "intendant.dev/benchmark=now";
      await kubectl("annotate", `mdep/${name}`, "-n", namespace, annotation, "--overwrite");
    },
    jobs: (name) => list<V1Job>("job", namespace, labelled(name)),
  };
}

/** A condition of a model. */
export function conditionOf({ status }: ModelDeployment, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}
