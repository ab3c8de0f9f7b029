import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import type { Context, Middleware } from "koa";
import { Aborted, InvalidInput, Refusal } from "../errors.ts";

/** Reads a body, compressed or not, into `context.state.body`; `maxBytes` are of both forms. */
export function readBody(maxBytes: number): Middleware {
  return async (context, next) => {
    const unpack = unpacker(context);
    if (Number(context.get("Content-Length")) > maxBytes) throw tooLarge(maxBytes);
    const body = await receive(context.req, maxBytes);
    context.state.body = unpack ? await unpacked(body, unpack, maxBytes) : body;
    return next();
  };
}

/** Undoes a content encoding; stops once there are more bytes than are allowed. */
type Unpack = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const unpackers: Record<string, Unpack> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
};

function unpacker(context: Context): Unpack | undefined {
  const encoding = context.get("Content-Encoding").toLowerCase();
  if (encoding === "" || encoding === "identity") return undefined;
  if (Object.hasOwn(unpackers, encoding)) return unpackers[encoding];
  const sentence = `The content encoding ${encoding} is not supported; use gzip, deflate or none`;
  throw new Refusal(415, sentence, { "Accept-Encoding": "gzip, deflate" });
}

/** The whole body. What comes after the limit is received and dropped, so that the answer arrives. */
async function receive(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= maxBytes) return;
    chunks.length = 0;
    reject(tooLarge(maxBytes));
  });
  request.on("end", () => {
    const [first] = chunks;
    resolve(first && chunks.length === 1 ? first : Buffer.concat(chunks));
  });
  const abort = () => {
    if (!request.complete) reject(new Aborted("The client went away"));
  };
  request.on("error", abort);
  request.on("close", abort);
  return promise;
}

async function unpacked(body: Buffer, unpack: Unpack, maxBytes: number): Promise<Buffer> {
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw new InvalidInput(`The body is not what its content encoding says: ${message}`);
  }
}

const tooLarge = (maxBytes: number) =>
  new Refusal(413, `The body is larger than ${maxBytes} bytes; send fewer rows at a time`);
