import { optional, required, type Case } from "../case.ts";
import { expect, show } from "../expect.ts";
import { nested, type JsonInput, type Spec } from "../inputs.ts";
import { infer, modelPath, send, success, type Target } from "../target.ts";
import { expectSame, outputs } from "../tensor.ts";

const answered = async (target: Target, body: unknown) => success(await infer(target, body));

/** The outputs for the target's inputs, when nothing else is asked. */
export const expected = async (target: Target) =>
  outputs(await answered(target, { inputs: target.inputs }), target.metadata.outputs);

const hasParameters = { text: "a", number: 1.5, truth: true };

/** What a request that is right gets. */
export const inference: Case[] = [
  required("an inference answers every output as the metadata describe it", async (target) => {
    const found = (await expected(target)).map(({ name }) => name).sort();
    const names = target.metadata.outputs.map(({ name }) => name).sort();
    expect(show(found) === show(names), `the outputs ${show(names)}`, found);
  }),
  required("the answer says the model's name", async (target) => {
    const { model_name: name } = await answered(target, { inputs: target.inputs });
    expect(name === target.metadata.name, target.metadata.name, name);
  }),
  required("the answer's model_version is one of the model's, or left out", async (target) => {
    const { versions = [] } = target.metadata;
    const answer = await answered(target, { inputs: target.inputs });
    outputs(answer, target.metadata.outputs);
    const { model_version: version } = answer;
    const isRight = version === undefined || versions.includes(version as string);
    expect(isRight, versions.length > 0 ? `one of ${show(versions)}` : "no version", version);
  }),
  required("the id comes back", async (target) => {
    const { id } = await answered(target, { id: "Grüße-42", inputs: target.inputs });
    expect(id === "Grüße-42", "Grüße-42", id);
  }),
  required("only the outputs that are asked for come back", async (target) => {
    const { name } = target.metadata.outputs.at(-1) as Spec;
    const answer = await answered(target, { inputs: target.inputs, outputs: [{ name }] });
    const found = outputs(answer, target.metadata.outputs).map((output) => output.name);
    expect(show(found) === show([name]), show([name]), found);
  }),
  required("nested data mean the same as flat ones", async (target) => {
    const inputs = target.inputs.map((input) => ({ ...input, data: nested(input) }));
    const found = outputs(await answered(target, { inputs }), target.metadata.outputs);
    expectSame(found, await expected(target));
  }),
  required("inputs may come in any order", async (target) => {
    const inputs = target.inputs.toReversed();
    const found = outputs(await answered(target, { inputs }), target.metadata.outputs);
    expectSame(found, await expected(target));
  }),
  required("parameters of texts, numbers and booleans are taken", async (target) => {
    const inputs = target.inputs.map((input) => ({ ...input, parameters: hasParameters }));
    const asked = target.metadata.outputs.map(({ name }) => ({ name, parameters: hasParameters }));
    const body = { parameters: hasParameters, inputs, outputs: asked };
    const found = outputs(await answered(target, body), target.metadata.outputs);
    expectSame(found, await expected(target));
  }),
  {
    level: "required",
    title: "a path with the version infers as well",
    exempt: ({ metadata }) => (metadata.versions?.length ? undefined : "the model has no versions"),
    check: async (target) => {
      const answer = await send(`${modelPath(target, target.metadata.versions?.[0])}/infer`, {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ inputs: target.inputs }),
      });
      expectSame(outputs(success(answer), target.metadata.outputs), await expected(target));
    },
  },
  {
    level: "required",
    title: "64 bit integers keep all their digits",
    exempt: ({ inputs, metadata }) =>
      echo(inputs, metadata.outputs) ? undefined : "the model has no such input and output",
    check: keepsDigits,
  },
  optional(
    "the content type is application/json, which KServe's client compares",
    async (target) => {
      const answer = await infer(target, { inputs: target.inputs });
      success(answer);
      const type = answer.headers["content-type"];
      expect(type === "application/json", "application/json", type);
    },
  ),
];

/** The one input and output of 64 bit integers, when the model has nothing else. */
function echo(inputs: JsonInput[], specs: Spec[]): JsonInput | undefined {
  const [input, ...others] = inputs;
  const isWide = input?.datatype === "INT64" || input?.datatype === "UINT64";
  const isAlone =
    others.length === 0 && specs.length === 1 && specs[0]?.datatype === input?.datatype;
  return isWide && isAlone ? input : undefined;
}

/** Only a model that answers its input can show it; any other one is believed. */
async function keepsDigits(target: Target): Promise<void> {
  const input = echo(target.inputs, target.metadata.outputs) as JsonInput;
  const [output] = await expected(target);
  if (show(output?.data) !== show(input.data)) return;
  const digits = "9007199254740993";
  const data = `[${input.data.map(() => digits).join()}]`;
  const body = JSON.stringify({ inputs: [{ ...input, data: null }] }).replace("null", data);
  const answer = await infer(target, body);
  success(answer);
  const text = answer.body.toString();
  expect(text.includes(digits), digits, text);
}
