import type { Case } from "../case.ts";
import { decoded, encoded } from "../bytes.ts";
import { expect } from "../expect.ts";
import type { JsonInput } from "../inputs.ts";
import { modelPath, object, refusal, send, success, type Answer, type Target } from "../target.ts";
import { checkedHead, expectSame, outputs, type Output } from "../tensor.ts";
import { expected } from "./inference.ts";

const header = "Inference-Header-Content-Length";

/** A request with JSON and the bytes behind it. */
interface Request {
  json: Record<string, unknown>;
  bytes?: Buffer;
  /** What the header says; the length of the JSON unless given. */
  length?: string;
}

type BytesRequest = Request & { bytes: Buffer };

async function infer(target: Target, { json, bytes, length }: Request): Promise<Answer> {
  const head = Buffer.from(JSON.stringify(json));
  return send(`${modelPath(target)}/infer`, {
    headers: {
      "Content-Type": "application/octet-stream",
      [header]: length ?? String(head.length),
    },
    body: Buffer.concat([head, bytes ?? Buffer.alloc(0)]),
  });
}

/** An input as it stands in the JSON when its values follow as bytes. */
const binary = ({ name, datatype, shape }: JsonInput, bytes: Buffer) => ({
  name,
  datatype,
  shape,
  parameters: { binary_data_size: bytes.length },
});

/** A request with all inputs, or those at some places, as binary tensors. */
function request(
  inputs: JsonInput[],
  isBinary: (index: number) => boolean = () => true,
): BytesRequest {
  const parts = inputs.map((input, index) => (isBinary(index) ? encoded(input) : undefined));
  const json = {
    inputs: inputs.map((input, index) => {
      const bytes = parts[index];
      return bytes ? binary(input, bytes) : input;
    }),
  };
  return { json, bytes: Buffer.concat(parts.filter((part) => part !== undefined)) };
}

/** The outputs of an answer, which are binary where `isBinary` says so. */
function read(target: Target, answer: Answer, isBinary: (name: string) => boolean): Output[] {
  const { status, headers, body } = answer;
  const length = Number(headers[header.toLowerCase()]);
  if (status !== 200) success(answer);
  expect(length <= body.length, `${header} up to ${body.length}`, headers[header.toLowerCase()]);
  const type = headers["content-type"];
  expect(type === "application/octet-stream", "application/octet-stream", type);
  const json = object({ status, headers, body: body.subarray(0, length) });
  let position = length;
  const { metadata } = target;
  const found = (json["outputs"] as Record<string, unknown>[]).flatMap((output) => {
    const head = checkedHead(output, metadata.outputs);
    if (!isBinary(head.name)) return outputs({ outputs: [output] }, metadata.outputs);
    const { binary_data_size: size } = (output["parameters"] ?? {}) as {
      binary_data_size?: number;
    };
    expect(typeof size === "number", `binary_data_size of "${head.name}"`, output);
    expect(!("data" in output), `no data of "${head.name}" in the JSON`, output["data"]);
    const bytes = body.subarray(position, position + size);
    position += size;
    return [{ ...head, data: decoded(head.datatype, bytes) }];
  });
  expect(position === body.length, `${position} bytes in the body`, body.length);
  return found;
}

/** A case of the extension, for servers that advertise it and models with inputs. */
const extension = (title: string, check: Case["check"]): Case => ({
  level: "extension",
  title,
  exempt: ({ extensions, inputs }) => {
    if (inputs.length === 0) return "the model has no inputs";
    const isAdvertised = extensions.includes("binary_tensor_data");
    return isAdvertised ? undefined : "the server does not advertise binary_tensor_data";
  },
  check,
});

const refused = (title: string, change: (request: BytesRequest) => Request): Case =>
  extension(`${title} is refused`, async (target) =>
    refusal(await infer(target, change(request(target.inputs)))),
  );

/** The extension for binary tensors, which Triton's client uses unless told otherwise. */
export const binaryTensors: Case[] = [
  extension("binary inputs mean the same as JSON", async (target) => {
    const answer = success(await infer(target, request(target.inputs)));
    expectSame(outputs(answer, target.metadata.outputs), await expected(target));
  }),
  extension("binary tensors may begin at any byte", async (target) => {
    for (const id of ["", "1", "12", "123"]) {
      const { json, bytes } = request(target.inputs);
      const answer = success(await infer(target, { json: { id, ...json }, bytes }));
      expectSame(outputs(answer, target.metadata.outputs), await expected(target));
    }
  }),
  {
    ...extension("binary inputs and JSON may be mixed", async (target) => {
      for (const parity of [0, 1]) {
        const mixed = request(target.inputs, (index) => index % 2 === parity);
        const answer = success(await infer(target, mixed));
        expectSame(outputs(answer, target.metadata.outputs), await expected(target));
      }
    }),
    exempt: ({ extensions, inputs }) => {
      if (!extensions.includes("binary_tensor_data")) return "the server does not advertise it";
      return inputs.length < 2 ? "the model has less than two inputs" : undefined;
    },
  },
  extension("all outputs are binary when the request asks for that", async (target) => {
    const { json, bytes } = request(target.inputs);
    const parameters = { binary_data_output: true };
    const answer = await infer(target, { json: { ...json, parameters }, bytes });
    expectSame(
      read(target, answer, () => true),
      await expected(target),
    );
  }),
  extension("one output is binary when it asks for that", async (target) => {
    const { json, bytes } = request(target.inputs);
    const asked = target.metadata.outputs.map(({ name }, index) =>
      index === 0 ? { name, parameters: { binary_data: true } } : { name },
    );
    const answer = await infer(target, { json: { ...json, outputs: asked }, bytes });
    const isFirst = (name: string) => name === asked[0]?.name;
    expectSame(read(target, answer, isFirst), await expected(target));
  }),
  extension("what an output asks for counts more than what the request does", async (target) => {
    const { json, bytes } = request(target.inputs);
    const parameters = { binary_data_output: true };
    const asked = target.metadata.outputs.map(({ name }) => ({
      name,
      parameters: { binary_data: false },
    }));
    const body = { ...json, parameters, outputs: asked };
    const answer = success(await infer(target, { json: body, bytes }));
    expectSame(outputs(answer, target.metadata.outputs), await expected(target));
  }),
  refused("a byte too few", ({ json, bytes }) => ({ json, bytes: bytes.subarray(1) })),
  refused("a byte too many", ({ json, bytes }) => ({
    json,
    bytes: Buffer.concat([bytes, Buffer.alloc(1)]),
  })),
  refused("a size that goes with no shape", ({ json, bytes }) => ({
    json: {
      inputs: (json["inputs"] as { parameters: { binary_data_size: number } }[]).map(
        (input, index) =>
          index === 0
            ? { ...input, parameters: { binary_data_size: input.parameters.binary_data_size + 1 } }
            : input,
      ),
    },
    bytes: Buffer.concat([Buffer.alloc(1), bytes]),
  })),
  refused("a JSON length beyond the body", (sent) => ({ ...sent, length: "1000000000" })),
  refused("a JSON length that is no number", (sent) => ({ ...sent, length: "all" })),
];
