import { batcherFor, captureHeader } from "../service/capture-choice.ts";
import { InvalidInput, Unavailable } from "../../process/errors.ts";
import { checkModel, modelMetadata, modelVersion, serverMetadata } from "../../protocol/model.ts";
import { inputTensors, outputNames } from "../../protocol/request.ts";
import type { Service, Serving } from "../service/service.ts";
import { fromBytes, toBytes } from "../../tensors/binary.ts";
import type { Tensor, Tensors, TensorSpec } from "../../tensors/tensors.ts";
import type { Answer, CallContext } from "./calls.ts";
import { fromContents, isAlwaysRaw, toContents } from "./contents.ts";
import type { ModelInferRequest, ModelInferResponse, ModelRequest } from "./messages.ts";

/** What answers the calls of the Open Inference Protocol, by the method's name. */
export function inferenceMethods(service: Service): Record<string, Answer<never>> {
  return {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: !service.problem }),
    ModelReady: ({ name, version }: ModelRequest) => {
      checkModel(service.name, name, version);
      return { ready: !service.problem };
    },
    ServerMetadata: () => ({ ...serverMetadata, extensions: [] }),
    ModelMetadata: ({ name, version }: ModelRequest) => {
      checkModel(service.name, name, version);
      return modelMetadata(loaded(service).description);
    },
    ModelInfer: async (request: ModelInferRequest, call) => {
      checkModel(service.name, request.model_name, request.model_version);
      return infer(loaded(service), request, call);
    },
  };
}

function loaded(service: Service): Serving {
  if (service.serving) return service.serving;
  throw new Unavailable(`The model "${service.name}" is not ready; try again later`);
}

async function infer(
  serving: Serving,
  request: ModelInferRequest,
  { isGone, header }: CallContext,
): Promise<ModelInferResponse> {
  const { description } = serving;
  const inputs = readInputs(description.inputs, request);
  const names = outputNames(description, request.outputs);
  const batcher = batcherFor(serving, header(captureHeader));
  const results = await batcher.infer(inputs, names, isGone);
  const tensors = names.map((name) => ({ name, tensor: results[name] as Tensor }));
  const head = { model_name: description.name, model_version: modelVersion, id: request.id };
  // Answers come as the question did; the protocol has no third way for values of 16 bits.
  const isRaw =
    request.raw_input_contents.length > 0 ||
    tensors.some(({ tensor }) => isAlwaysRaw(tensor.datatype));
  return {
    ...head,
    outputs: tensors.map(({ name, tensor }) => {
      const { datatype, shape } = tensor;
      return { name, datatype, shape, ...(!isRaw && { contents: toContents(tensor) }) };
    }),
    ...(isRaw && { raw_output_contents: tensors.map(({ tensor }) => toBytes(tensor)) }),
  };
}

function readInputs(specs: TensorSpec[], request: ModelInferRequest): Tensors {
  const { inputs, raw_input_contents: raw } = request;
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw new InvalidInput(
      `There are ${inputs.length} inputs, but ${raw.length} raw_input_contents; send one for each`,
    );
  }
  const given = inputs.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    shape: shape.map(Number),
  }));
  return inputTensors(specs, given, (spec, shape, index) => {
    const { contents } = inputs[index] as ModelInferRequest["inputs"][number];
    const bytes = raw[index];
    if (!bytes) return fromContents(spec, shape, contents);
    if (!contents) return fromBytes(spec, shape, bytes);
    throw new InvalidInput(
      `Input "${spec.name}" has both contents and raw_input_contents; send the values one way`,
    );
  });
}
