import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import type { Context, Middleware } from "koa";
import { BodyMemory, type Share } from "../body-memory.ts";
import { Aborted, InvalidInput, Refusal, Unavailable } from "../errors.ts";

/** Reads a body, compressed or not, into `context.state.body`; `maxBytes` are of both forms. */
export function readBody(maxBytes: number, memory = new BodyMemory()): Middleware {
  return async (context, next) => {
    const unpack = unpacker(context);
    if (Number(context.get("Content-Length")) > maxBytes) throw tooLarge(maxBytes);
    const share: Share = { bytes: 0 };
    try {
      const body = await receive(context.req, maxBytes, (bytes) => memory.take(share, bytes));
      context.state.body = unpack ? await unpacked(body, unpack, maxBytes) : body;
      // Until the answer, because what was in the body is still there.
      return await next();
    } finally {
      memory.giveBack(share);
    }
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

/**
 * The whole body. What comes after it was refused is received and dropped, so that the answer
 * arrives.
 *
 * @param take whether there is memory for more bytes
 */
async function receive(
  request: IncomingMessage,
  maxBytes: number,
  take: (bytes: number) => boolean,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const refuse = (refusal: Refusal) => {
    chunks.length = 0;
    request.off("data", keep).resume();
    reject(refusal);
  };
  const keep = (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > maxBytes) refuse(tooLarge(maxBytes));
    else if (!take(chunk.length)) refuse(new Unavailable(noMemory));
  };
  request.on("data", keep);
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

const noMemory = "Too many large bodies are being received; send it again later";
