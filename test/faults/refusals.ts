import type { V1Service } from "@kubernetes/client-node";
import type { Refusal } from "../../operator/src/api/model-deployment.ts";
import { kinds, type Wire } from "../../operator/src/kube/resource.ts";
import { eventually } from "../e2e/world.ts";
import { since, underTraffic, type Scenario } from "./scenario.ts";
import { modelName, settings, withOperator, type Spec, type Stage } from "./stage.ts";

/** Specs that are no good. */
export const refusals: Scenario[] = [
  {
    title: "a candidate is refused because it misses the SLO",
    run: (stage, round) =>
      underTraffic(stage, round, () =>
        refused(stage, "SLOMissed", {
          ...settings(40),
          slo: { p95: "0.001ms" },
          benchmark: { scenario: "Rate", rate: "10/s", duration: "5s", warmUp: "0s" },
          rollout: { gate: "SLO", deadline: "5m", historyLimit: 1 },
        }),
      ),
  },
  {
    title: "a candidate is refused because no node has room for it",
    isLong: true,
    run: (stage, round) =>
      underTraffic(stage, round, () =>
        refused(stage, "Unschedulable", {
          ...settings(41),
          resources: { requests: { cpu: "1000", memory: "256Mi" } },
          rollout: { gate: "None", deadline: "15s", historyLimit: 0 },
        }),
      ),
  },
];

/** Applies a spec, waits for the refusal and until its pods are gone, and takes the spec back. */
async function refused(stage: Stage, reason: string, spec: Spec): Promise<string> {
  return withOperator(stage.operator(), async () => {
    const before = await stage.settled();
    const good = (await stage.model()).spec;
    const started = performance.now();
    await stage.apply(spec);
    const refusal = await eventually("the candidate is refused", 120, () => refusalOf(stage));
    if (refusal.reason !== reason) throw new Error(`refused for ${refusal.reason}`);
    const after = since(started);
    await eventually("its pods are gone", 90, async () => {
      const revisions = (await stage.pods()).map(
        ({ metadata }) => metadata?.labels?.[revisionLabel],
      );
      return revisions.every((revision) => revision === before.revision);
    });
    const service = await stage.api.read<Wire<V1Service>>(
      kinds.service,
      stage.namespace,
      modelName,
    );
    if (service?.spec?.selector?.[revisionLabel] !== before.revision) {
      throw new Error("the Service selects another revision");
    }
    await stage.apply(good);
    const { revision } = await stage.settled();
    if (revision !== before.revision) throw new Error(`then ${revision} served`);
    return `refused with ${reason} after ${after}`;
  });
}

const revisionLabel = "intendant.dev/revision";

async function refusalOf(stage: Stage): Promise<Refusal | undefined> {
  const { status } = await stage.model();
  const stalled = status?.conditions?.find(({ type }) => type === "Stalled");
  return stalled?.status === "True" ? status?.candidate?.refusal : undefined;
}
