import { expect, show } from "./expect.ts";
import { elementCount, type Spec } from "./inputs.ts";

/** An output with its values, flat. */
export interface Output extends Spec {
  data: unknown[];
}

/** The outputs in the JSON of an answer, each with its values. */
export function outputs(answer: Record<string, unknown>, specs: Spec[]): Output[] {
  const found = answer["outputs"];
  expect(Array.isArray(found), "an array of outputs", answer);
  return (found as Record<string, unknown>[]).map((output) => {
    const { name, datatype, shape } = checkedHead(output, specs);
    const { data } = output;
    expect(Array.isArray(data), `data of "${name}"`, data);
    const values = (data as unknown[]).flat(Infinity);
    const size = elementCount(shape);
    expect(values.length === size, `${size} elements of "${name}"`, values.length);
    return { name, datatype, shape, data: values };
  });
}

/** An output's name, datatype and shape, which have to be those of the metadata. */
export function checkedHead(output: Record<string, unknown>, specs: Spec[]): Spec {
  const { name, datatype, shape } = output as unknown as Spec;
  const spec = specs.find((one) => one.name === name);
  const names = specs.map((one) => one.name).join(", ");
  expect(spec !== undefined, `outputs named ${names}`, name);
  expect(datatype === spec.datatype, `${spec.datatype} as the datatype of "${name}"`, datatype);
  const fits =
    Array.isArray(shape) &&
    // An empty shape is often one that the model does not tell.
    (spec.shape.length === 0 ||
      (shape.length === spec.shape.length &&
        spec.shape.every((size, index) => size === -1 || size === shape[index])));
  expect(fits, `a shape of "${name}" like ${show(spec.shape)}`, shape);
  return { name, datatype, shape };
}

/** Holds when two sets of outputs have the same values but for rounding. */
export function expectSame(found: Output[], expected: Output[]): void {
  for (const { name, shape, data } of expected) {
    const other = found.find((output) => output.name === name);
    expect(
      other !== undefined,
      `the output "${name}"`,
      found.map((output) => output.name),
    );
    expect(
      show(other.shape) === show(shape),
      `${show(shape)} as the shape of "${name}"`,
      other.shape,
    );
    const wrong = data.findIndex((value, index) => !isClose(value, other.data[index]));
    expect(
      wrong === -1,
      `${show(data[wrong])} as element ${wrong} of "${name}"`,
      other.data[wrong] ?? "nothing",
    );
  }
}

function isClose(value: unknown, other: unknown): boolean {
  if (value === other) return true;
  if (typeof value === "number" && typeof other === "number") {
    return Math.abs(value - other) <= 1e-5 * Math.max(1, Math.abs(value));
  }
  // JSON has no NaN and no infinity.
  return [value, other].every(
    (one) => one === null || (typeof one === "number" && !Number.isFinite(one)),
  );
}
