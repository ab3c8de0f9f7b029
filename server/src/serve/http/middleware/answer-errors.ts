import type { Context, Middleware } from "koa";
import { Aborted, Refusal } from "../../../process/errors.ts";
import type { Logger } from "../../../process/log.ts";
import type { ErrorClass } from "../../service/metrics.ts";
import { traceOf } from "./trace.ts";
import { writeJson } from "../write-json.ts";

/** Answers errors as `{"error": …}`; an unexpected one is logged and not shown. */
export function answerErrors(log: Logger, count: (errorClass: ErrorClass) => void): Middleware {
  return async (context, next) => {
    try {
      await next();
    } catch (error) {
      if (error instanceof Aborted) {
        // No client reads this status; it is for the metrics.
        context.status = 499;
        count("aborted");
      } else if (error instanceof Refusal) {
        answer(context, error);
        count(classOf(error.status));
      } else {
        const { method, path } = context;
        log.error({ err: error, method, path, ...traceOf(context) }, "Request failed");
        answer(context, new Refusal(500, "Internal error; see the server log"));
        count("failed");
      }
    }
  };
}

function classOf(status: number): ErrorClass {
  if (status === 503) return "unavailable";
  return status >= 500 ? "failed" : "refused";
}

function answer(context: Context, { status, message, headers }: Refusal): void {
  context.status = status;
  context.set(headers);
  writeJson(context, { error: message });
}
