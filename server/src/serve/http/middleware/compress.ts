import { promisify } from "node:util";
import { constants, deflate, gzip } from "node:zlib";
import type { Middleware } from "koa";

/**
 * Answers of fewer bytes are not compressed: a fresh connection carries them in its first ten
 * packets, https://www.rfc-editor.org/rfc/rfc6928, so that the client would get nothing earlier.
 */
const minBytes = 14_600;

const packers = { gzip: promisify(gzip), deflate: promisify(deflate) };

type Encoding = keyof typeof packers | "identity";

/** Compresses long texts and buffers for clients that ask for it. */
export const compress: Middleware = async (context, next) => {
  await next();
  const { body } = context;
  if (typeof body !== "string" && !Buffer.isBuffer(body)) return;
  if (body.length < minBytes) return;
  context.vary("Accept-Encoding");
  const encoding = preferredEncoding(context.get("Accept-Encoding"));
  if (encoding === "identity") return;
  // The next level takes several times as long and saves a few percent of numbers.
  const packed = await packers[encoding](body, { level: constants.Z_BEST_SPEED });
  context.set("Content-Encoding", encoding);
  context.body = packed;
};

/**
 * The encoding that a client likes best by its Accept-Encoding header; among equals a compressed
 * one, https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3.
 */
export function preferredEncoding(header: string): Encoding {
  if (header === "") return "identity";
  const weights = new Map(header.toLowerCase().split(",").map(weighted));
  const any = weights.get("*");
  const gzipWeight = weights.get("gzip") ?? weights.get("x-gzip") ?? any ?? 0;
  const deflateWeight = weights.get("deflate") ?? any ?? 0;
  const best = Math.max(gzipWeight, deflateWeight);
  if (best === 0 || best < (weights.get("identity") ?? 0)) return "identity";
  return gzipWeight === best ? "gzip" : "deflate";
}

/** An encoding and how much it is liked, from 0 to 1; what cannot be read is not liked. */
function weighted(item: string): [encoding: string, weight: number] {
  const [encoding = "", ...parameters] = item.split(";").map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  const weight = quality ? Number(quality.slice(2)) : 1;
  return [encoding, weight >= 0 && weight <= 1 ? weight : 0];
}
