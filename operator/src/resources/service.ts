import { kinds } from "../kube/resource.ts";
import { nameOfModel, withoutStatus, type ChildKind } from "./child.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Service } from "../kube/objects.ts";
import { ports } from "../../../server/src/contract/ports.ts";
import { metadata, selector, serverName } from "./metadata.ts";

/** The port at which the Service takes HTTP. */
export const httpServicePort = 80;

/** The Service under the model's name; its selector decides which revision receives traffic. */
export function service(model: ModelDeployment, revision: string): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(model, model.metadata.name, { app: serverName }),
    spec: {
      type: "ClusterIP",
      selector: selector(model, revision),
      ports: [
        { name: "http", port: httpServicePort, protocol: "TCP", targetPort: "http" },
        ...(model.spec.server?.grpc ? [grpc] : []),
      ],
    },
  };
}

/** The Service in front of a candidate, through which it can be tried and measured. */
export function previewService(model: ModelDeployment, revision: string): Service {
  const { metadata: own, ...rest } = service(model, revision);
  return { ...rest, metadata: { ...own, name: previewName(model) } };
}

/** Name of the Service in front of a candidate. */
function previewName(model: ModelDeployment): string {
  return `${model.metadata.name}-preview`;
}

/** Gateways need to be told that HTTP/2 comes without TLS. */
const grpc = {
  name: "grpc",
  port: ports.grpc,
  protocol: "TCP",
  targetPort: "grpc",
  appProtocol: "kubernetes.io/h2c",
};

/** Address of the Service inside the cluster. */
export function url(model: ModelDeployment): string {
  return `http://${model.metadata.name}.${model.metadata.namespace}.svc`;
}

/** Address of a candidate inside the cluster. */
export function previewUrl(model: ModelDeployment): string {
  return `http://${previewName(model)}.${model.metadata.namespace}.svc`;
}

/** The Service among the children of a model. */
export const serviceChild: ChildKind<Service> = {
  kind: kinds.service,
  name: nameOfModel,
  build: ({ model, serving }) => service(model, serving),
  applied: "beforePods",
  trim: withoutStatus,
};

/** The candidate's Service among the children of a model. */
export const previewChild: ChildKind<Service> = {
  kind: kinds.service,
  name: previewName,
  build: ({ model, candidate }) =>
    candidate === undefined ? undefined : previewService(model, candidate),
  applied: "beforePods",
  // While it is not known what the spec asks for, a candidate stays what it is.
  stays: ({ desired }) => desired === undefined,
  trim: withoutStatus,
};
