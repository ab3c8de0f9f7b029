import { kinds } from "../kube/resource.ts";
import { nameOfModel, type ChildKind } from "./child.ts";
import type { HTTPRoute } from "../kube/objects.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import { metadata, serverName } from "./metadata.ts";
import { httpServicePort } from "./service.ts";

/** Lets HTTP in through Gateways; undefined where the spec does not ask for that. */
export function httpRoute(model: ModelDeployment): HTTPRoute | undefined {
  const wanted = model.spec.expose?.httpRoute;
  if (!wanted) return undefined;
  const { parentRefs, hostnames = [], path, annotations } = wanted;
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {
      ...metadata(model, model.metadata.name, { app: serverName }),
      ...(annotations && { annotations }),
    },
    spec: {
      parentRefs,
      ...(hostnames.length > 0 && { hostnames }),
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: path } }],
          backendRefs: [{ name: model.metadata.name, port: httpServicePort }],
        },
      ],
    },
  };
}

/** The HTTPRoute among the children of a model. */
export const httpRouteChild: ChildKind<HTTPRoute> = {
  kind: kinds.httpRoute,
  name: nameOfModel,
  build: ({ model, hasGatewayAPI }) => (hasGatewayAPI ? httpRoute(model) : undefined),
  applied: "toExpose",
  isWanted: ({ spec }) => spec.expose?.httpRoute !== undefined,
};
