import type { Context } from "koa";

/**
 * Answers a value as JSON. The media type has no charset, because some clients compare it.
 *
 * Koa would take the value itself as well, but then it finds out for each answer whether it is a
 * stream or another of the things that it can send.
 */
export function writeJson({ response }: Context, value: unknown): void {
  response.set("Content-Type", "application/json");
  response.body = JSON.stringify(value);
}
