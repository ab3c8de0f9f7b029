import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";
import type { Context, Middleware } from "koa";
import { BodyMemory, type Share } from "../body-memory.ts";
import { Aborted, InvalidInput, Refusal, Unavailable } from "../../../process/errors.ts";

/** Reads a body, compressed or not, into `context.state.body`; `maxBytes` are of both forms. */
export function readBody(maxBytes: number, memory = new BodyMemory()): Middleware {
  return async (context, next) => {
    const unpack = unpacker(context);
    if (Number(context.get("Content-Length")) > maxBytes) throw tooLarge(maxBytes);
    const share: Share = { bytes: 0 };
    const limits = { maxBytes, take: (bytes: number) => memory.take(share, bytes) };
    try {
      const body = await receive(context.req, limits);
      context.state.body = unpack ? await unpacked(body, unpack(), limits) : body;
      // Until the answer, because what was in the body is still there.
      return await next();
    } finally {
      memory.giveBack(share);
    }
  };
}

interface Limits {
  maxBytes: number;
  /** Whether there is memory for more bytes. */
  take: (bytes: number) => boolean;
}

type Unpack = () => Transform;

const chunkSize = 64 * 1024;

/** What undoes a content encoding, piece by piece. */
const unpackers: Record<string, Unpack> = {
  gzip: () => createGunzip({ chunkSize }),
  "x-gzip": () => createGunzip({ chunkSize }),
  deflate: () => createInflate({ chunkSize }),
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
 */
async function receive(request: IncomingMessage, { maxBytes, take }: Limits): Promise<Buffer> {
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

/** The body as it was before it was compressed; nothing is unpacked beyond the limits. */
async function unpacked(body: Buffer, stream: Transform, { maxBytes, take }: Limits) {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.end(body);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (!take(chunk.length)) throw new Unavailable(noMemory);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { message } = error as Error;
    throw new InvalidInput(`The body is not what its content encoding says: ${message}`);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (maxBytes: number) =>
  new Refusal(413, `The body is larger than ${maxBytes} bytes; send fewer rows at a time`);

const noMemory = "Too many large bodies are being received; send it again later";
