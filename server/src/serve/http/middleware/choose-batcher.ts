import type { Context, Middleware } from "koa";
import type { Inference } from "../../../model/batch.ts";
import { batcherFor, captureHeader } from "../../service/capture-choice.ts";
import type { Serving } from "../../service/service.ts";

/** Lets a request be captured unless its header says that it must not be. */
export function chooseBatcher(serving: Serving): Middleware {
  return (context, next) => {
    const header = context.headers[captureHeader]?.toString();
    context.state["batcher"] = batcherFor(serving, header);
    return next();
  };
}

/** What computes a request that has passed `chooseBatcher`. */
export const batcherOf = (context: Context) => context.state["batcher"] as Inference;
