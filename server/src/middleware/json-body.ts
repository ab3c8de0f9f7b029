import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Context, Middleware } from "koa";
import { Aborted, InvalidInput, Refusal } from "../errors.ts";
import { parseJson } from "../json.ts";

/** Reads a body of JSON into `context.state.body`; integers of any size stay exact. */
export function jsonBody(maxBytes: number): Middleware {
  return async (context, next) => {
    checkHead(context, maxBytes);
    context.state.body = parse(await read(context.req, maxBytes));
    return next();
  };
}

function checkHead(context: Context, maxBytes: number): void {
  const type = context.request.type;
  const encoding = context.get("Content-Encoding") || "identity";
  if (context.get("Inference-Header-Content-Length")) {
    throw new InvalidInput("Binary tensor data is not supported; send the values as JSON in data");
  }
  if (type !== "" && type !== "application/json") {
    throw new Refusal(415, `The content type is ${type}; send JSON as application/json`);
  }
  if (encoding !== "identity") {
    throw new Refusal(415, `The content encoding ${encoding} is not supported; send plain JSON`);
  }
  if (Number(context.get("Content-Length")) > maxBytes) throw tooLarge(maxBytes);
}

/** The whole body. What comes after the limit is received and dropped, so that the answer arrives. */
async function read(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else reject(tooLarge(maxBytes));
  });
  request.on("end", () => resolve(Buffer.concat(chunks)));
  for (const event of ["error", "close"]) {
    // Every request is closed at some time, and an error costs as much as reading the body.
    request.on(event, () => request.complete || reject(new Aborted("The client went away")));
  }
  return promise;
}

function parse(body: Buffer): unknown {
  if (!isUtf8(body)) throw new InvalidInput("The body is not UTF-8; send JSON in UTF-8");
  try {
    return parseJson(body.toString("utf8"));
  } catch (error) {
    throw new InvalidInput(`The body is not JSON: ${(error as Error).message}`);
  }
}

const tooLarge = (maxBytes: number) =>
  new Refusal(413, `The body is larger than ${maxBytes} bytes; send fewer rows at a time`);
