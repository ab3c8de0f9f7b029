import { isUtf8 } from "node:buffer";
import { InvalidInput } from "../process/errors.ts";
import { parseExactJson } from "../process/json.ts";
import type { InferAnswer, InferBody } from "./rest.ts";

/** The header that says how many bytes of a body are JSON; binary tensors follow. */
export const jsonLengthHeader = "Inference-Header-Content-Length";

/** How a body is to be read. */
interface Reading {
  /** What the request's header says, empty when it has none. */
  jsonLength: string;
  /** Whether integers of 64 bits are to be kept exactly, which takes longer. */
  isExact: boolean;
}

/**
 * The JSON of a body and the bytes behind it.
 *
 * @throws InvalidInput when the body is not made up like that
 */
export function openBody(body: Buffer, { jsonLength, isExact }: Reading): InferBody {
  if (jsonLength === "") return { json: parse(body, isExact) };
  const length = /^\d{1,15}$/.test(jsonLength) ? Number(jsonLength) : NaN;
  if (!(length <= body.length)) {
    throw new InvalidInput(
      `${jsonLengthHeader} is "${jsonLength}"; give the bytes of the JSON, at most the ${body.length} of the body`,
    );
  }
  return { json: parse(body.subarray(0, length), isExact), binary: body.subarray(length) };
}

/** The body of an answer that has binary tensors, and how many bytes of it are JSON. */
export function sealBody({ json, binary }: InferAnswer): { body: Buffer; jsonLength: number } {
  const head = Buffer.from(JSON.stringify(json));
  return { body: Buffer.concat([head, ...binary]), jsonLength: head.length };
}

function parse(bytes: Buffer, isExact: boolean): unknown {
  if (!isUtf8(bytes)) throw new InvalidInput("The body is not UTF-8; send JSON in UTF-8");
  try {
    const text = bytes.toString("utf8");
    return isExact ? parseExactJson(text) : (JSON.parse(text) as unknown);
  } catch (error) {
    throw new InvalidInput(`The body is not JSON: ${(error as Error).message}`);
  }
}
