import { type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import type { Observed } from "../state/observed.ts";

/** Why a model is not reached from outside although its spec asks for it. */
export function exposureProblem(model: ModelDeployment, observed: Observed): Problem | undefined {
  if (!model.spec.expose?.httpRoute || observed.hasGatewayAPI) return undefined;
  const message =
    "spec.expose.httpRoute needs the Gateway API, and this cluster has no HTTPRoute of " +
    "gateway.networking.k8s.io/v1; install the Gateway API (https://gateway-api.sigs.k8s.io) and a " +
    "controller for it, or use spec.expose.ingress instead";
  return { reason: reasons.GatewayAPIMissing, message };
}
