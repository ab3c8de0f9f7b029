import type { IncomingHttpHeaders } from "node:http";
import { FetchError, RetryableError } from "./errors.ts";

/** What was fetched before. */
export interface Fetched {
  bytes: number;
  /** ETag or Last-Modified of the file that the bytes are of; undefined when it had none. */
  validator: string | undefined;
}

/** The head of an answer. */
export interface Head {
  status: number;
  headers: IncomingHttpHeaders;
}

/** How to go on with an answer. */
export interface Continuation {
  /** How many of the bytes that were fetched before stay; 0 to start over. */
  from: number;
  /** Size of the whole file; undefined when the server does not say. */
  total: number | undefined;
  validator: string | undefined;
  /** Everything is there; the answer has no content to read. */
  isComplete: boolean;
}

/** Headers that ask for what is missing, and for all of it when the file has changed since. */
export function rangeHeaders({ bytes, validator }: Fetched): Record<string, string> {
  const plain = { "Accept-Encoding": "identity", "User-Agent": "intendant-fetch" };
  if (bytes === 0 || validator === undefined) return plain;
  return { ...plain, Range: `bytes=${bytes}-`, "If-Range": validator };
}

/**
 * What an answer means for what was fetched before. Pure.
 *
 * @param address for messages
 * @throws RetryableError where another attempt may succeed, FetchError where not
 */
export function continuation(address: string, fetched: Fetched, head: Head): Continuation {
  const { status, headers } = head;
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new FetchError(
      `${address} is sent with Content-Encoding ${encoding}, although the file itself was requested; turn the encoding off on its server`,
    );
  }
  if (status === 200) return fromStart(head);
  if (status === 206) return rest(fetched, head) ?? restart(address);
  if (status === 416) return end(fetched, head) ?? restart(address);
  throw refusal(address, head);
}

function fromStart({ headers }: Head): Continuation {
  const total = number(headers["content-length"]);
  return { from: 0, total, validator: validatorOf(headers), isComplete: false };
}

function rest(fetched: Fetched, { headers }: Head): Continuation | undefined {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  const found = validatorOf(headers);
  if (Number(start) !== fetched.bytes || (found && found !== fetched.validator)) return undefined;
  return {
    from: fetched.bytes,
    total: number(total),
    validator: fetched.validator,
    isComplete: false,
  };
}

/** Nothing comes after the last byte. */
function end(fetched: Fetched, { headers }: Head): Continuation | undefined {
  const [, total] = /^bytes \*\/(\d+)$/.exec(headers["content-range"] ?? "") ?? [];
  if (fetched.bytes === 0 || Number(total) !== fetched.bytes) return undefined;
  return {
    from: fetched.bytes,
    total: fetched.bytes,
    validator: fetched.validator,
    isComplete: true,
  };
}

/** The attempt was for nothing, and so is what was fetched before. */
export class Restart extends RetryableError {}

function restart(address: string): never {
  throw new Restart(`${address} answered with another range than requested`);
}

/** A weak ETag does not promise the same bytes. */
function validatorOf({ etag, "last-modified": lastModified }: IncomingHttpHeaders) {
  return etag !== undefined && !etag.startsWith("W/") ? etag : lastModified;
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

const remedies: Record<number, string> = {
  401: "correct the header with the credentials",
  403: "correct the header with the credentials, or write a link that is still valid",
  404: "correct the address, or put the file there",
  410: "correct the address, or put the file there",
};

/** Statuses under 500 that say "later". */
const later = [408, 425, 429];

function refusal(address: string, { status, headers }: Head): Error {
  const message = `${address} answered ${status}`;
  if (status < 500 && !later.includes(status)) {
    return new FetchError(`${message}; ${remedies[status] ?? "correct the address"}`);
  }
  const seconds = number(headers["retry-after"]);
  return new RetryableError(message, seconds === undefined ? undefined : seconds * 1000);
}
