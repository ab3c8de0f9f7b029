import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Kind, KubeObject } from "../kube/resource.ts";
import type { Installation } from "./installation.ts";

/** What the objects of a model are built from. */
export interface ChildInput {
  model: ModelDeployment;
  /** The revision that receives traffic. */
  serving: string;
  /** The revision that the spec asks for; undefined while that is not known. */
  desired: string | undefined;
  /** The revision that is brought up beside the serving one. */
  candidate: string | undefined;
  /** The number of pods that an autoscaler keeps, while their capacity is measured. */
  held: number | undefined;
  installation: Pick<Installation, "networkPolicy">;
  /** Whether the cluster has HTTPRoutes. */
  hasGatewayAPI: boolean;
}

/** An object of which a model has at most one: where it is, how it is built, and what is kept. */
export interface ChildKind<T extends KubeObject = KubeObject> {
  kind: Kind;
  name(model: ModelDeployment): string;
  /** The object as it shall be; undefined where there shall be none. */
  build(input: ChildInput): T | undefined;
  /** When it is applied. What exposes the model comes last, so that a refusal prevents nothing. */
  applied: "beforePods" | "afterPods" | "toExpose";
  /** Whether the object stays as it is, whatever `build` would make. */
  stays?(input: ChildInput): boolean;
  /** Whether the spec asks for it; needed for kinds that not every cluster has. */
  isWanted?(model: ModelDeployment): boolean;
  /** What the operator keeps of an observed object; all of it unless said. */
  trim?(object: T): T;
}

/** The name of most children. */
export function nameOfModel({ metadata }: ModelDeployment): string {
  return metadata.name;
}

/** An object of whose status nothing is read. */
export function withoutStatus<T extends KubeObject & { status?: unknown }>(object: T): T {
  const { status: _, ...rest } = object;
  return rest as T;
}
