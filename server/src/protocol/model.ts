import packageJson from "../../package.json" with { type: "json" };
import { NotFound } from "../process/errors.ts";
import type { Description } from "../model/model.ts";
import type { TensorSpec } from "../tensors/tensors.ts";

/** The one version that a model has; another version is another file and another deployment. */
export const modelVersion = "1";

/** What the server says about itself. */
export const serverMetadata = {
  name: "intendant",
  version: packageJson.version,
  extensions: ["binary_tensor_data"],
};

/** What the server says about its model. */
export interface ModelMetadata {
  name: string;
  versions: string[];
  platform: string;
  inputs: TensorSpec[];
  outputs: TensorSpec[];
}

/** What the server says about its model. */
export function modelMetadata({ name, inputs, outputs }: Description): ModelMetadata {
  return { name, versions: [modelVersion], platform: "onnx_onnxv1", inputs, outputs };
}

/** Every path of a model that ends like this, without and with a version. */
export const modelPaths = (end: string) => [
  `/v2/models/:model${end}`,
  `/v2/models/:model/versions/:version${end}`,
];

/**
 * Passes when a request means the model that is served; no version, or an empty one, is the one.
 *
 * @throws NotFound naming what is served
 */
export function checkModel(served: string, model: string, version = ""): void {
  if (model !== served) {
    throw new NotFound(`There is no model "${model}" here; this server has "${served}"`);
  }
  if (version !== "" && version !== modelVersion) {
    throw new NotFound(`"${served}" has no version "${version}"; there is only "${modelVersion}"`);
  }
}
