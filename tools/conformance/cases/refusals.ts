import { optional, required, type Case } from "../case.ts";
import { expect, show } from "../expect.ts";
import type { JsonInput } from "../inputs.ts";
import { infer, modelPath, refusal, send, type Target } from "../target.ts";

type Change = (inputs: JsonInput[], target: Target) => unknown;

/** The first input changed; the others as they are. */
const first =
  (change: (input: JsonInput) => object): Change =>
  ([input, ...others]) => ({ inputs: [change(input as JsonInput), ...others] });

const without = (field: keyof JsonInput) => first((input) => ({ ...input, [field]: undefined }));

/** `needsSize`: the first input must have a dimension to get wrong. */
type Wrong = [title: string, body: Change, needsSize?: boolean];

const demanded: Wrong[] = [
  ["a body that is not JSON", () => '{"inputs":'],
  ["a body that is empty", () => ""],
  ["a body that is an array", () => []],
  ["a request without inputs", () => ({ id: "1" })],
  ["an input too few", (inputs) => ({ inputs: inputs.slice(1) })],
  ["an input without a name", without("name")],
  ["an input without a shape", without("shape")],
  ["an input without a datatype", without("datatype")],
  ["an input without data", without("data")],
  ["an input that the model does not have", first((input) => ({ ...input, name: "no such" }))],
  ["a datatype that does not exist", first((input) => ({ ...input, datatype: "FP99" }))],
  [
    "a shape with one dimension too many",
    first((input) => ({ ...input, shape: [1, 1, 1, ...input.shape] })),
    true,
  ],
  ["an element too many", first(({ data, ...input }) => ({ ...input, data: [...data, data[0]] }))],
  ["an element too few", first(({ data, ...input }) => ({ ...input, data: data.slice(1) }))],
  ["a size below zero", first((input) => ({ ...input, shape: input.shape.map(() => -1) })), true],
  [
    "an element that is an object",
    first(({ data, ...input }) => ({ ...input, data: data.map(() => ({})) })),
  ],
  [
    "an output that the model does not have",
    (inputs) => ({ inputs, outputs: [{ name: "no such" }] }),
  ],
];

const sensible: Wrong[] = [
  ["an input that comes twice", (inputs) => ({ inputs: [...inputs, inputs[0]] })],
  [
    "another datatype than the model's",
    first((input) => ({ ...input, datatype: input.datatype === "FP64" ? "INT8" : "FP64" })),
  ],
  [
    "an element of another kind",
    first(({ data, ...input }) => ({
      ...input,
      data: data.map((value) => (typeof value === "string" ? 1 : "one")),
    })),
  ],
  ["an id that is a number", (inputs) => ({ id: 1, inputs })],
  ["a parameter that is an object", (inputs) => ({ inputs, parameters: { a: {} } })],
];

const elsewhere = "no-such-model";
const other = (target: Target): Target => ({
  ...target,
  metadata: { ...target.metadata, name: elsewhere },
});

/** What a request that is wrong gets: a 4xx and `{"error": …}`. */
export const refusals: Case[] = [
  ...demanded.map((wrong) => refused("required", wrong)),
  ...sensible.map((wrong) => refused("optional", wrong)),
  required("metadata of an unknown model are refused", async (target) =>
    refusal(await send(modelPath(other(target)))),
  ),
  required("inference with an unknown model is refused", async (target) =>
    refusal(await infer(other(target), { inputs: target.inputs })),
  ),
  optional("an unknown model is answered with 404", async (target) => {
    refusal(await send(modelPath(other(target))), 404);
    refusal(await send(`${modelPath(other(target))}/ready`), 404);
    refusal(await infer(other(target), { inputs: target.inputs }), 404);
  }),
  optional("a path that does not exist is answered with 404", async ({ url }) =>
    refusal(await send(`${url}/v2/no-such-path`), 404),
  ),
  optional("another method is answered with 405 and Allow", async (target) => {
    const answer = await send(`${modelPath(target)}/infer`, { method: "DELETE" });
    refusal(answer, 405);
    const { allow } = answer.headers;
    expect(allow?.includes("POST") === true, "Allow with POST", allow);
  }),
  optional("another content type is answered with 415", async (target) => {
    const headers = { "Content-Type": "text/csv" };
    refusal(await send(`${modelPath(target)}/infer`, { headers, body: "1,2" }), 415);
  }),
  optional("a body of a tebibyte is answered with 413 before it is sent", async (target) => {
    const headers = { "Content-Type": "application/json", "Content-Length": 2 ** 40 };
    refusal(await send(`${modelPath(target)}/infer`, { method: "POST", headers }), 413);
  }),
  optional("errors come as application/json, which KServe's client compares", async (target) => {
    const answer = await infer(target, {});
    refusal(answer);
    const type = answer.headers["content-type"];
    expect(type === "application/json", "application/json", type);
  }),
];

function refused(level: Case["level"], [title, body, needsSize = false]: Wrong): Case {
  return {
    level,
    title: `${title} is refused`,
    exempt: ({ metadata: { inputs } }) => {
      const [input] = inputs;
      if (!input) return "the model has no inputs";
      return needsSize && input.shape.length === 0
        ? "the model does not tell its shape"
        : undefined;
    },
    check: async (target) => {
      const sentence = refusal(await infer(target, body(target.inputs, target)));
      expect(!/\bat .*:\d+:\d+/.test(sentence), "no trace of a stack", show(sentence));
    },
  };
}
