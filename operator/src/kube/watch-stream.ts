import { ApiError, type Status } from "./errors.ts";

/** One change; a BOOKMARK has nothing but a new metadata.resourceVersion. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: T;
}

/** The lines of a stream of UTF-8; what comes after the last line end was cut off and is dropped. */
export async function* lines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of bytes) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

/** The event in one line of a watch; throws what an ERROR event says. */
export function watchEvent<T>(attempt: string, line: string): WatchEvent<T> {
  const { type, object } = parse(attempt, line) as { type: string; object: T & Status };
  if (type === "ERROR") {
    const { code = 500, reason = "", message = "the server gave no reason" } = object;
    throw new ApiError(attempt, { status: code, reason, message });
  }
  return { type: type as WatchEvent<T>["type"], object };
}

function parse(attempt: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new Error(
      `Could not ${attempt}: the server sent what is not JSON: ${line.slice(0, 100)}`,
      {
        cause,
      },
    );
  }
}
