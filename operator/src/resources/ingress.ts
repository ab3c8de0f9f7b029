import { kinds } from "../kube/resource.ts";
import { nameOfModel, type ChildKind } from "./child.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Ingress } from "../kube/objects.ts";
import { metadata, serverName } from "./metadata.ts";

/** Lets HTTP in from outside the cluster; undefined where the spec does not ask for that. */
export function ingress(model: ModelDeployment): Ingress | undefined {
  const wanted = model.spec.expose?.ingress;
  if (!wanted) return undefined;
  const { host, path, className, tlsSecretName, annotations } = wanted;
  const backend = { service: { name: model.metadata.name, port: { name: "http" } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      ...metadata(model, model.metadata.name, { app: serverName }),
      ...(annotations && { annotations }),
    },
    spec: {
      ...(className !== undefined && { ingressClassName: className }),
      ...(tlsSecretName !== undefined && { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
      rules: [{ host, http: { paths: [{ path, pathType: "Prefix", backend }] } }],
    },
  };
}

/** The Ingress among the children of a model. */
export const ingressChild: ChildKind<Ingress> = {
  kind: kinds.ingress,
  name: nameOfModel,
  build: ({ model }) => ingress(model),
  applied: "toExpose",
};
