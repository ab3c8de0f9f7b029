import type { CoreV1Event } from "@kubernetes/client-node";
import type { KubeObject, Wire } from "../kube/resource.ts";
import { initContainers } from "../resources/model-source.ts";

/** What the kubelet says about an image when a container is about to start. */
export type PullEvent = Pick<Wire<CoreV1Event>, "message" | "involvedObject"> & KubeObject;

/** What the events of one pod say about its server image. */
export interface Pull {
  /** The image's name. */
  image?: string | undefined;
  /** Seconds for pulling it; 0 where the node had it. */
  seconds?: number | undefined;
  bytes?: number | undefined;
}

/** Reads the `Pulled` events of a pod. Which container pulled the image first is no matter. */
export function pull(events: PullEvent[]): Pull {
  const found = events.filter(isOwn).map(({ message = "" }) => parsed(message));
  const seconds = found.flatMap((one) => one.seconds ?? []);
  return {
    image: found.find(({ image }) => image !== undefined)?.image,
    seconds: seconds.length > 0 ? seconds.reduce((sum, one) => sum + one) : undefined,
    bytes: found.find(({ bytes }) => bytes !== undefined)?.bytes,
  };
}

/** Others may have put containers into the pod. */
function isOwn({ involvedObject: { fieldPath } }: PullEvent): boolean {
  const [, name = ""] = /\{(.+)\}$/.exec(fieldPath ?? "") ?? [];
  return ["server", ...Object.values(initContainers)].includes(name);
}

/** The messages of Kubernetes 1.31 to 1.36. */
function parsed(message: string): Pull {
  const [, present] = /^Container image "(.+?)" already present on machine/.exec(message) ?? [];
  if (present !== undefined) return { image: present, seconds: 0 };
  const [, image, took = "", bytes] =
    /^Successfully pulled image "(.+?)" in (\S+)(?:.*Image size: (\d+) bytes)?/.exec(message) ?? [];
  return {
    image,
    seconds: goSeconds(took),
    bytes: bytes === undefined ? undefined : Number(bytes),
  };
}

const units: Record<string, number> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  µs: 1e-6,
  us: 1e-6,
  ns: 1e-9,
};

/** Seconds of a duration as Go writes it, for example `1m2.5s`; undefined when it is none. */
function goSeconds(text: string): number | undefined {
  const parts = [...text.matchAll(/([\d.]+)(h|ms|m|µs|us|ns|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined;
  const seconds = parts.reduce(
    (sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0),
    0,
  );
  return Number(seconds.toFixed(9));
}
