import { type ModelDeployment } from "../api/model-deployment.ts";
import { reasons, type Problem } from "../api/reasons.ts";
import { sha256 } from "../api/hash.ts";
import type { Source } from "../state/observed.ts";
import type { ConfigMap, PersistentVolumeClaim } from "../kube/objects.ts";

/** A model that only the pods get to see; they check a promised digest. */
export function unseenSource({ spec }: ModelDeployment): Source {
  return { sha256: spec.model.sha256 };
}

/**
 * A model in a ConfigMap. Its digest becomes part of the revision, so that pods of one revision
 * never serve different files.
 *
 * @param configMap undefined when it does not exist
 */
export function configMapSource(model: ModelDeployment, configMap: ConfigMap | undefined): Source {
  const { name = "", key = "" } = model.spec.model.configMap ?? {};
  const file = configMap?.binaryData?.[key] ?? textual(configMap?.data?.[key]);
  if (file === undefined) return { problem: missing(model, configMap !== undefined, name, key) };
  const actual = sha256(Buffer.from(file, "base64"));
  const promised = model.spec.model.sha256;
  if (promised === undefined || promised === actual) return { sha256: actual };
  const message =
    `spec.model.sha256 is ${promised}, but ${key} in ConfigMap ${name} has ${actual}; ` +
    "correct the one or the other";
  return { problem: { reason: reasons.DigestMismatch, message } };
}

/**
 * A model on a volume.
 *
 * @param claim undefined when it does not exist
 */
export function claimSource(
  model: ModelDeployment,
  claim: PersistentVolumeClaim | undefined,
): Source {
  if (claim) return unseenSource(model);
  const { claimName } = model.spec.model.persistentVolumeClaim ?? {};
  const look = `kubectl get persistentvolumeclaim -n ${model.metadata.namespace}`;
  const message =
    `PersistentVolumeClaim ${claimName} does not exist; create it, ` +
    `or name one of those that this shows: ${look}`;
  return { problem: { reason: reasons.ModelNotFound, message } };
}

/** A file of plain text goes to `data`; for the pod that is the same. */
function textual(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text).toString("base64");
}

function missing(
  { metadata }: ModelDeployment,
  exists: boolean,
  name: string,
  key: string,
): Problem {
  const create = `kubectl create configmap ${name} -n ${metadata.namespace} --from-file=${key}=model.onnx`;
  const message = exists
    ? `ConfigMap ${name} has no key ${key}; run: ${create} --dry-run=client -o yaml | kubectl replace -f -`
    : `ConfigMap ${name} does not exist; run: ${create}`;
  return { reason: reasons.ModelNotFound, message };
}
