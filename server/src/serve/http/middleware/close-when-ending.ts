import type { Middleware } from "koa";
import type { Service } from "../../service/service.ts";

/** Asks clients for a new connection, which another server gets, once this one is ending. */
export function closeWhenEnding(service: Service): Middleware {
  return async (context, next) => {
    await next();
    if (service.isEnding) context.set("Connection", "close");
  };
}
