import { databaseFolder, setting } from "../../../server/src/contract/environment.ts";
import type { CaptureSpec, ModelDeployment } from "../api/model-deployment.ts";
import type { PodTemplate } from "../kube/objects.ts";
import { seconds, share } from "../api/units.ts";

type PodSpec = NonNullable<PodTemplate["spec"]>;
type Container = PodSpec["containers"][number];

const databaseVolume = "database";

/** What capture adds to the pods of a model. */
export interface Capture {
  env: NonNullable<Container["env"]>;
  volumeMounts: NonNullable<Container["volumeMounts"]>;
  volumes: NonNullable<PodSpec["volumes"]>;
}

/** What the server is told about capture; nothing where nothing is kept. */
export function captureSettings(model: ModelDeployment): Capture {
  const { capture } = model.spec;
  if (!capture) return { env: [], volumeMounts: [], volumes: [] };
  const { sample, fields, retention, redact } = capture;
  return {
    ...database(model, capture),
    env: [
      captureModel(model),
      setting("CAPTURE_SAMPLE", String(share(sample))),
      setting("CAPTURE_FIELDS", list(fields)),
      setting("CAPTURE_RETENTION_SECONDS", String(seconds(retention))),
      setting("CAPTURE_REDACT", list(redact)),
    ],
  };
}

/** The way to the database, and under which name the model is there. */
export function database(model: ModelDeployment, capture: CaptureSpec): Capture {
  return {
    env: [captureModel(model)],
    volumeMounts: [{ name: databaseVolume, mountPath: databaseFolder, readOnly: true }],
    volumes: [{ name: databaseVolume, projected: { sources: secrets(capture) } }],
  };
}

function captureModel({ metadata }: ModelDeployment) {
  return setting("CAPTURE_MODEL", `${metadata.namespace}/${metadata.name}`);
}

/** An empty variable counts as not set. */
function list(words: string[]): string {
  return words.join(",") || "none";
}

/** All of it is optional: what is missing keeps a server from the database, never from serving. */
function secrets({ databaseSecret, databaseCASecret }: CaptureSpec) {
  const { name: secretName, key: uriKey, caKey = "ca.crt" } = databaseSecret;
  const uri = { key: uriKey, path: "uri" };
  const ca = (key: string) => ({ key, path: "ca.crt" });
  const secret = (name: string, items: (typeof uri)[]) => ({
    secret: { name, optional: true, items },
  });
  if (!databaseCASecret) return [secret(secretName, [uri, ca(caKey)])];
  return [secret(secretName, [uri]), secret(databaseCASecret.name, [ca(databaseCASecret.key)])];
}
