import type { RouterContext } from "@koa/router";
import type { Middleware } from "koa";
import { NotFound, Refusal } from "../../../process/errors.ts";

/**
 * Refuses what no route has taken: 405 where another method would do, 404 otherwise.
 *
 * @param hint what to do about a 404, as the end of a sentence
 */
export function unmatched(hint: string): Middleware {
  return (context) => {
    const { matched = [], method, path } = context as unknown as RouterContext;
    const methods = [...new Set(matched.flatMap((layer) => layer.methods))];
    if (methods.length === 0) throw new NotFound(`No route for ${path}; ${hint}`);
    const allowed = methods.join(", ");
    throw new Refusal(405, `${method} is not allowed on ${path}; use ${allowed}`, {
      Allow: allowed,
    });
  };
}
