import { InvalidInput } from "../process/errors.ts";
import { describe } from "../process/json.ts";
import type { Description } from "../model/model.ts";
import { checkedShape } from "../tensors/shape.ts";
import type { Tensor, Tensors, TensorSpec } from "../tensors/tensors.ts";

/** What a request says about an input, in whichever encoding; nothing about it is certain. */
export interface GivenInput {
  name?: unknown;
  datatype?: unknown;
  shape?: unknown;
}

/** What a request says about an output that it wants. */
export interface GivenOutput {
  name?: unknown;
}

/** Reads the values of the input at an index of the request, whose shape is one that fits. */
export type ReadValues = (spec: TensorSpec, shape: number[], index: number) => Tensor;

/**
 * A tensor for each input of the model, in the model's order.
 *
 * @throws InvalidInput when inputs are missing, unknown or there twice, or do not fit the model
 */
export function inputTensors(specs: TensorSpec[], given: GivenInput[], read: ReadValues): Tensors {
  const indices = byName("input", specs, given);
  return Object.fromEntries(
    specs.map((spec) => {
      const index = indices.get(spec.name);
      if (index === undefined) {
        throw new InvalidInput(`Input "${spec.name}" is missing; inputs needs ${names(specs)}`);
      }
      const { datatype, shape } = given[index] as GivenInput;
      if (datatype !== spec.datatype) {
        throw new InvalidInput(
          `Input "${spec.name}" has the datatype ${describe(datatype)}; the model takes ${spec.datatype}`,
        );
      }
      return [spec.name, read(spec, checkedShape(spec, shape), index)];
    }),
  );
}

/**
 * Names of the outputs to answer, in the order of the request; all when it asks for none.
 *
 * @throws InvalidInput when the model does not have one, or it is there twice
 */
export function outputNames(
  { outputs, unusable }: Pick<Description, "outputs" | "unusable">,
  given: GivenOutput[],
): string[] {
  if (given.length === 0) return outputs.map(({ name }) => name);
  const lost = given.find(({ name }) => unusable.includes(name as string));
  if (lost) {
    throw new InvalidInput(
      `The output ${describe(lost.name)} is not a tensor, so it cannot be returned; request ${names(outputs)}, or convert models of scikit-learn with zipmap=False`,
    );
  }
  return [...byName("output", outputs, given).keys()];
}

/** Where the inputs or outputs of a request stand, each of which the model has. */
function byName(
  kind: "input" | "output",
  specs: TensorSpec[],
  items: { name?: unknown }[],
): Map<string, number> {
  const indices = new Map<string, number>();
  for (const [index, { name }] of items.entries()) {
    if (typeof name !== "string" || !specs.some((spec) => spec.name === name)) {
      throw new InvalidInput(
        `${kind}s[${index}].name is ${describe(name)}; the model has ${names(specs)}`,
      );
    }
    if (indices.has(name)) throw new InvalidInput(`The ${kind} "${name}" is given twice`);
    indices.set(name, index);
  }
  return indices;
}

/** The names of a model's inputs or outputs, for a sentence. */
export const names = (specs: TensorSpec[]) => specs.map(({ name }) => `"${name}"`).join(", ");
