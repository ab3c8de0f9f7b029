import type { V1Job, V1Pod } from "@kubernetes/client-node";
import type {
  BenchmarkSpec,
  Condition,
  ModelDeployment,
} from "../../operator/src/api/model-deployment.ts";
import * as assert from "uvu/assert";
import {
  apply,
  becomes,
  condition,
  eventually,
  intentModel,
  kubectl,
  list,
  read,
} from "./world.ts";

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
  requests: { cpu: "20m", memory: `${memory}Mi` },
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
  /** Has the model measured, and waits until it is being measured again, for longer; gives k6's pod. */
  remeasured: (name: string) => Promise<V1Pod>;
  /** Asks for a measurement. */
  request: (name: string) => Promise<void>;
  jobs: (name: string) => Promise<V1Job[]>;
}

export function measurementsOf(namespace: string): Measurements {
  const model = async (name: string) => (await read<ModelDeployment>("mdep", namespace, name))!;
  const labelled = (name: string) => `intendant.dev/model=${name}`;
  const deploy = (name: string, spec: Partial<ModelDeployment["spec"]> = {}) =>
    apply(intentModel(name, namespace, { resources: small(), benchmark: rate, ...spec }));
  const underway = (name: string) =>
    eventually(`${name} is being measured`, 120, async () => {
      const selector = `app.kubernetes.io/name=benchmark,${labelled(name)}`;
      const pods = await list<V1Pod>("pod", namespace, selector);
      return pods.find(
        ({ metadata, status }) =>
          status?.containerStatuses?.[0]?.state?.running && !metadata?.deletionTimestamp,
      );
    });
  return {
    model,
    deploy,
    underway,
    async remeasured(name) {
      await deploy(name, { slo: { p95: "5s" } });
      await condition(namespace, name, "WithinSLO");
      await deploy(name, { slo: { p95: "5s" }, benchmark: longer });
      return underway(name);
    },
    reason(name, ...reasons) {
      const what = `is Benchmarked for ${reasons.join(" or ")}`;
      return becomes<ModelDeployment>(["mdep", namespace, name], what, 180, (found) =>
        reasons.includes(conditionOf(found, "Benchmarked")?.reason ?? ""),
      );
    },
    recorded(name, count) {
      const what = `has ${count} measurements`;
      return becomes<ModelDeployment>(
        ["mdep", namespace, name],
        what,
        180,
        ({ status }) => (status?.history?.length ?? 0) >= count,
      );
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

/** There is no figure, no pipeline goes on, and the message says what happened. */
export function refuses(found: ModelDeployment, outcome: string, says: RegExp): void {
  const { status, message = "" } = conditionOf(found, "Benchmarked") ?? {};
  assert.is(status, "False");
  assert.match(message, says);
  assert.is(found.status?.benchmark, undefined);
  assert.is(conditionOf(found, "WithinSLO")?.status, "Unknown");
  assert.is(found.status?.history?.[0]?.outcome, outcome);
}
