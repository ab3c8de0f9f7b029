import type { IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { continuation, Restart, rangeHeaders, type Continuation } from "./answer.ts";
import type { DownloadConfig } from "./config.ts";
import { FetchError, RetryableError } from "./errors.ts";
import type { PartialFile } from "./partial-file.ts";
import { request, redactedUrl } from "./request.ts";

/** How patient a transfer is. */
export interface Patience {
  /** Milliseconds without a byte after which the connection counts as dead. */
  idleTimeoutMs: number;
  /** Milliseconds before each further attempt after one without progress. */
  pausesMs: number[];
  /** The longest that a server may ask to wait, in milliseconds. */
  longestPauseMs: number;
}

/** Half a minute of silence; about a minute of attempts that bring nothing. */
export const patience: Patience = {
  idleTimeoutMs: 30_000,
  pausesMs: [1_000, 2_000, 5_000, 10_000, 20_000],
  longestPauseMs: 60_000,
};

/** An attempt has brought something when it brought as much, in bytes. */
const progress = 64 * 1024;

/**
 * Fetches a file into its part, from where an earlier attempt ended; after interruptions again, as
 * long as attempts bring something.
 *
 * @param onInterruption gets why an attempt ended and in how many milliseconds the next one begins
 * @throws FetchError with a sentence that says what to do
 */
export async function download(
  config: DownloadConfig,
  part: PartialFile,
  { pausesMs, idleTimeoutMs, longestPauseMs }: Patience,
  onInterruption: (error: RetryableError, pause: number) => void,
): Promise<void> {
  let best = (await part.fetched()).bytes;
  for (let vain = 0; ; vain += 1) {
    try {
      return await attempt(config, part, idleTimeoutMs);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      if (error instanceof Restart) await part.remove();
      const { bytes } = await part.fetched();
      if (bytes >= best + progress) vain = 0;
      best = Math.max(best, bytes);
      const pause = pausesMs[vain];
      if (pause === undefined) throw givenUp(error, vain + 1);
      const asked = Math.max(pause, Math.min(error.pause ?? 0, longestPauseMs));
      onInterruption(error, asked);
      await wait(asked * (1 + Math.random() / 4));
    }
  }
}

function givenUp({ message }: RetryableError, attempts: number): FetchError {
  return new FetchError(
    `${message}; ${attempts} attempts in a row failed; check that the server works and can be reached`,
  );
}

async function attempt(
  config: DownloadConfig,
  part: PartialFile,
  idleTimeoutMs: number,
): Promise<void> {
  const { location, header } = config;
  const fetched = await part.fetched();
  const secret = header ? { [header.name]: header.value } : {};
  const response = await request({
    location,
    headers: rangeHeaders(fetched),
    secret,
    idleTimeoutMs,
  });
  try {
    const head = { status: response.statusCode ?? 0, headers: response.headers };
    const found = continuation(redactedUrl(location), fetched, head);
    await refuseLarge(found.total ?? 0, config, part);
    if (!found.isComplete) await receive(response, found, config, part);
  } finally {
    response.destroy();
  }
}

async function receive(
  response: IncomingMessage,
  { from, total, validator }: Continuation,
  config: DownloadConfig,
  part: PartialFile,
): Promise<void> {
  const address = redactedUrl(config.location);
  const file = await part.continued(from, validator);
  let size = from;
  try {
    for await (const piece of response) {
      size += (piece as Buffer).length;
      await refuseLarge(size, config, part);
      await file.appendFile(piece as Buffer);
    }
  } catch (error) {
    throw broken(address, error as NodeJS.ErrnoException);
  } finally {
    await file.close();
  }
  if (total !== undefined && size !== total) throw new RetryableError(`${address} broke off`);
}

async function refuseLarge(
  bytes: number,
  { maxBytes, location }: DownloadConfig,
  part: PartialFile,
): Promise<void> {
  if (bytes <= maxBytes) return;
  await part.remove();
  throw new FetchError(
    `${redactedUrl(location)} has more than the ${maxBytes} bytes that are allowed; allow more, or write the address of a smaller file`,
  );
}

function broken(address: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof FetchError) return error;
  if (error.code === "ENOSPC" || error.code === "EDQUOT") {
    return new FetchError(`There is no room on the disk for ${address}; make some on the node`);
  }
  const { code, message } = error;
  return new RetryableError(
    `${address} broke off${code === "ECONNRESET" || message === "aborted" ? "" : `: ${message}`}`,
  );
}
