import type { Logger } from "../process/log.ts";
import type { FetchConfig } from "./config.ts";
import type { Provided } from "../contract/provided.ts";
import { verify, type Verified } from "./digest.ts";
import { download, patience as usual, type Patience } from "./download.ts";
import { FetchError } from "./errors.ts";
import { PartialFile } from "./partial-file.ts";

/**
 * Provides the file with the expected digest. A file that was fetched and has another digest is
 * removed.
 *
 * @throws FetchError with a sentence that says what to do
 */
export async function provide(
  { path, sha256, download: source }: FetchConfig,
  log: Logger,
  patience: Patience = usual,
): Promise<Provided> {
  const started = performance.now();
  const found = source
    ? await fetched(path, sha256, (part) =>
        download(source, part, patience, ({ message }, pause) =>
          log.warn({ retryInMs: pause }, message),
        ),
      )
    : await verify(path, sha256);
  return { ...found, seconds: Math.round(performance.now() - started) / 1000 };
}

async function fetched(
  path: string,
  sha256: string,
  fill: (part: PartialFile) => Promise<void>,
): Promise<Verified> {
  const before = await verify(path, sha256).catch(() => undefined);
  if (before) return before;
  const part = new PartialFile(path);
  await fill(part);
  try {
    const found = await verify(part.path, sha256);
    await part.complete();
    return found;
  } catch (error) {
    await part.remove();
    throw error instanceof FetchError
      ? error
      : new FetchError(`The file ${path} cannot be written: ${(error as Error).message}`);
  }
}
