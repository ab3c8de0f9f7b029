import { InvalidInput } from "../process/errors.ts";
import { describe } from "../process/json.ts";

/** Optional hints of a request, or of one of its tensors. */
export type Parameters = Record<string, unknown>;

const none: Parameters = {};

/**
 * The parameters of a request or a tensor. Those that nothing here knows are ignored.
 *
 * @param owner whose they are, as the beginning of a sentence
 * @throws InvalidInput when they are not strings, numbers and booleans by name
 */
export function checkedParameters(owner: string, parameters: unknown): Parameters {
  if (parameters === undefined || parameters === null) return none;
  if (typeof parameters !== "object" || Array.isArray(parameters)) {
    throw new InvalidInput(`${owner}: parameters is not a JSON object`);
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (!scalars.has(typeof value)) {
      throw new InvalidInput(
        `${owner}: the parameter "${name}" is ${describe(value)}; it takes a text, a number or a boolean`,
      );
    }
  }
  return parameters as Parameters;
}

const scalars = new Set(["string", "number", "bigint", "boolean"]);

/**
 * A parameter that is true or false.
 *
 * @throws InvalidInput when it is anything else
 */
export function flag(owner: string, parameters: Parameters, name: string): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === "boolean") return value;
  throw new InvalidInput(
    `${owner}: the parameter "${name}" is ${describe(value)}; it takes true or false`,
  );
}
