import { captureHeader } from "../service/capture-choice.ts";

/** A piece of an OpenAPI document. */
export type Part = Record<string, unknown>;

/** With what a client keeps its request to itself. */
export const consent: Part = {
  name: captureHeader,
  in: "header",
  description: "`none`: nothing of this request is kept, also where requests are captured.",
  schema: { type: "string", enum: ["none"] },
};

/** An answer with a schema of the document and, where there is one, an example. */
export function answer(description: string, schema: string, example?: unknown): Part {
  return { description, content: content(schema, example) };
}

/** An answer that says what is wrong. */
export function refusal(description: string): Part {
  return answer(description, "Error");
}

/** A refusal that is over soon. */
export function unavailable(description: string, schema = "Error"): Part {
  const retry = { description: "Seconds to wait.", schema: { type: "integer" } };
  return { ...answer(description, schema), headers: { "Retry-After": retry } };
}

/** Bytes that JSON Schema has no words for. */
export function binary(description: string): Part {
  const contentMediaType = "application/octet-stream";
  return { [contentMediaType]: { schema: { contentMediaType, description } } };
}

/** JSON with a schema of the document. */
export function content(schema: string, example?: unknown): Part {
  const reference = { $ref: `#/components/schemas/${schema}` };
  return { "application/json": { schema: reference, ...(example !== undefined && { example }) } };
}
