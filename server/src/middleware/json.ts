import { Stream } from "node:stream";
import type { Context, Next } from "koa";

/** Sends arrays and plain objects as JSON. */
export async function json(context: Context, next: Next): Promise<void> {
  await next();
  const { body } = context;
  const isData = typeof body === "object" && body !== null;
  if (isData && !(body instanceof Stream) && !Buffer.isBuffer(body)) writeJson(context, body);
}

/** Makes a value the answer; the media type has no charset, because some clients compare it. */
export function writeJson(context: Context, value: unknown): void {
  context.set("Content-Type", "application/json");
  context.body = JSON.stringify(value);
}
