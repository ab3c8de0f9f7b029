import { setting } from "../../../server/src/contract/environment.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { PodTemplate } from "../kube/objects.ts";
import { amount } from "../api/units.ts";

type PodSpec = NonNullable<PodTemplate["spec"]>;
type Container = PodSpec["containers"][number];
type Volume = NonNullable<PodSpec["volumes"]>[number];

/** Name of the volume with the ONNX file. */
export const modelVolume = "model";

/** Where that volume is mounted. */
export const modelFolder = "/model";

/** Names of the init containers that fetch a model, and that verify one. */
export const initContainers = { fetch: "fetch", verify: "verify" } as const;

/** How the pods of a model get at the ONNX file. */
export interface ModelSource {
  /** Path of the file in the server's container. */
  path: string;
  /** Undefined when the file is part of the server image. */
  volume?: Volume;
  /** Ends before the server starts; undefined when there is nothing to fetch or to verify. */
  initContainer?: Container;
}

/**
 * The source of a model as a part of its pods. The digest in the spec is verified before the server
 * starts, for every source; a pod with nothing to fetch or verify starts faster.
 *
 * @param server the container of the server, whose image, resources and rights the init container has
 */
export function modelSource(model: ModelDeployment, server: Container): ModelSource {
  const { spec, metadata } = model;
  const { url, sha256 } = spec.model;
  const { path, content } = volumeFor(metadata.name, spec.model);
  const volume = content && { name: modelVolume, ...content };
  if (!url && sha256 === undefined) return { path, ...(volume && { volume }) };
  const name = url ? initContainers.fetch : initContainers.verify;
  return {
    path,
    ...(volume && { volume }),
    initContainer: {
      ...server,
      name,
      args: ["fetch.js"],
      env: [
        ...(spec.server?.env ?? []),
        setting("MODEL_PATH", path),
        setting("MODEL_SHA256", sha256 ?? ""),
        ...(url ? download(url) : []),
      ],
      ...(volume && {
        volumeMounts: [
          { name: modelVolume, mountPath: modelFolder, ...(!url && { readOnly: true }) },
        ],
      }),
    },
  };
}

type Source = ModelDeployment["spec"]["model"];
type Url = NonNullable<Source["url"]>;

interface VolumeOfSource {
  path: string;
  content?: Omit<Volume, "name">;
}

function volumeFor(name: string, source: Source): VolumeOfSource {
  const { bundled, configMap, persistentVolumeClaim: claim, image, url } = source;
  const inVolume = (path: string, content: Omit<Volume, "name">) => ({
    path: `${modelFolder}/${path}`,
    content,
  });
  if (configMap) {
    const items = [{ key: configMap.key, path: "model.onnx" }];
    return inVolume("model.onnx", { configMap: { name: configMap.name, items } });
  }
  if (claim) {
    return inVolume(claim.path, { persistentVolumeClaim: { claimName: claim.claimName } });
  }
  if (image) {
    const { reference, pullPolicy } = image;
    return inVolume(image.path, { image: { reference, pullPolicy } });
  }
  if (url) return inVolume("model.onnx", { emptyDir: { sizeLimit: sizeLimit(url) } });
  if (bundled === undefined) throw new Error(`spec.model of ${name} has no source`);
  return { path: `/models/${bundled}.onnx` };
}

/** A pod that uses more than its volume may hold is evicted; the fetcher says it more clearly. */
function sizeLimit(url: Url): string {
  return String(maxBytes(url) + 1024 * 1024);
}

function maxBytes({ maxSize }: Url): number {
  return Math.ceil(amount(maxSize));
}

function download(url: Url): NonNullable<Container["env"]> {
  const { location, header } = url;
  return [
    setting("MODEL_URL", location),
    setting("MODEL_MAX_BYTES", String(maxBytes(url))),
    ...(header
      ? [
          setting("MODEL_HEADER_NAME", header.name),
          { name: "MODEL_HEADER_VALUE", valueFrom: { secretKeyRef: header.secretKeyRef } },
        ]
      : []),
  ];
}
