import { lacksMemoryUnderLoad, ofRevision } from "../state/missing-footprint.ts";
import { provided } from "../../../server/src/contract/provided.ts";
import { readJson } from "../../../server/src/contract/read-json.ts";
import type { Footprint, ModelDeployment } from "../api/model-deployment.ts";
import { isReady, podsOf, type Observed, type Pulled } from "../state/observed.ts";
import { isTrue, nameOf, type Pod } from "../kube/objects.ts";
import { initContainers } from "../resources/model-source.ts";
import { elapsed, size } from "../api/units.ts";

type ColdStart = NonNullable<Footprint["coldStart"]>;

/**
 * What a serving revision costs. What was learnt once stays as long as the revision serves; what
 * cannot be learnt is left out. Undefined until the cluster has told of a pod.
 */
export function footprint(
  model: ModelDeployment,
  observed: Observed,
  revision: string,
): Footprint | undefined {
  const previous = ofRevision(model.status, revision);
  const fresh = learnt(model, observed, revision);
  if (!fresh) return previous;
  const coldStart = fresh.coldStart && { ...fresh.coldStart, ...previous?.coldStart };
  return { ...fresh, ...previous, ...(coldStart && { coldStart }) };
}

function learnt(
  model: ModelDeployment,
  observed: Observed,
  revision: string,
): Footprint | undefined {
  const pulled = observed.pulls?.get(revision);
  const memory = observed.models.get(revision)?.memory;
  if (!pulled && !ofRevision(model.status, revision)) return undefined;
  const isAfterLoad = lacksMemoryUnderLoad(model.status, revision);
  const parts = pulled ? coldStartOf(observed, revision, pulled) : {};
  return {
    revision,
    ...(pulled?.bytes !== undefined && { image: size(pulled.bytes) }),
    ...(memory?.atRest !== undefined && { memoryAtRest: size(memory.atRest) }),
    ...(isAfterLoad && memory?.peak !== undefined && { memoryUnderLoad: size(memory.peak) }),
    ...(Object.keys(parts).length > 0 && { coldStart: parts }),
  };
}

function coldStartOf(observed: Observed, revision: string, pulled: Pulled): ColdStart {
  const pod = podsOf(observed, revision).find((one) => nameOf(one) === pulled.pod);
  const { loadSeconds, warmUpSeconds } = observed.models.get(revision) ?? {};
  const parts: [keyof ColdStart, number | undefined][] = [
    ["pull", pulled.seconds],
    ["fetch", pod && preparationSeconds(pod)],
    ["load", loadSeconds],
    ["warmUp", warmUpSeconds],
  ];
  const known = parts.flatMap(([part, seconds]) =>
    seconds === undefined ? [] : [[part, elapsed(seconds)]],
  );
  const total = pod && secondsUntilReady(pod);
  return { ...Object.fromEntries(known), ...(total !== undefined && { total: `${total}s` }) };
}

/** What the init container says that fetched or verified the model. */
function preparationSeconds({ status }: Pod): number | undefined {
  const names: string[] = Object.values(initContainers);
  const container = status?.initContainerStatuses?.find(({ name }) => names.includes(name));
  return readJson(provided, container?.state?.terminated?.message ?? "")?.seconds;
}

/** A server that was started again became ready again; how long that took is another matter. */
function secondsUntilReady(pod: Pod): number | undefined {
  const { metadata, status } = pod;
  const wasRestarted = status?.containerStatuses?.some(({ restartCount }) => restartCount > 0);
  const ready = status?.conditions?.find(isTrue("Ready"))?.lastTransitionTime;
  const created = metadata?.creationTimestamp;
  if (wasRestarted || !isReady(pod) || !ready || typeof created !== "string") return undefined;
  const seconds = (Date.parse(ready) - Date.parse(created)) / 1000;
  return seconds >= 0 ? seconds : undefined;
}
