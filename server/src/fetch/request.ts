import { get as getPlain, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { get as getSecure } from "node:https";
import { FetchError, RetryableError } from "./errors.ts";

/** What to ask for. */
export interface Question {
  location: URL;
  headers: OutgoingHttpHeaders;
  /** Goes to the origin of the location, and to no other. */
  secret: OutgoingHttpHeaders;
  /** Milliseconds without a byte after which the connection counts as dead. */
  idleTimeoutMs: number;
}

/** Most redirects that are followed. */
const mostRedirects = 5;

/**
 * Sends a GET and follows redirects, never from HTTPS to HTTP; resolves with the head of the answer.
 *
 * @throws RetryableError where another attempt may succeed, FetchError where not
 */
export async function request(question: Question): Promise<IncomingMessage> {
  const { location, secret, headers, idleTimeoutMs } = question;
  let target = location;
  for (let followed = 0; followed <= mostRedirects; followed += 1) {
    const own = target.origin === location.origin ? secret : {};
    const response = await send(target, { ...headers, ...own }, idleTimeoutMs);
    if (!isRedirect(response)) return response;
    response.destroy();
    target = redirected(target, response.headers.location);
  }
  throw new FetchError(
    `${redactedUrl(location)} redirects more than ${mostRedirects} times; write the address that it ends at`,
  );
}

/** An address without its query, which in presigned links is a secret. */
export function redactedUrl({ origin, pathname }: URL): string {
  return origin + pathname;
}

function isRedirect({ statusCode = 0 }: IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode);
}

function redirected(from: URL, location: string | undefined): URL {
  const target = location === undefined ? null : URL.parse(location, from.href);
  if (!target || !/^https?:$/.test(target.protocol)) {
    throw new FetchError(
      `${redactedUrl(from)} redirects to no address of HTTP; write another address`,
    );
  }
  if (from.protocol === "https:" && target.protocol === "http:") {
    throw new FetchError(
      `${redactedUrl(from)} redirects from https to http (${redactedUrl(target)}), which is not followed; write an address that stays on https`,
    );
  }
  // They would be sent as credentials.
  target.username = "";
  target.password = "";
  return target;
}

async function send(
  target: URL,
  headers: OutgoingHttpHeaders,
  idleTimeoutMs: number,
): Promise<IncomingMessage> {
  const get = target.protocol === "https:" ? getSecure : getPlain;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let response: IncomingMessage | undefined;
  const sent = get(target, { headers, timeout: idleTimeoutMs }, (head) =>
    resolve((response = head)),
  );
  sent.on("timeout", () => (response ?? sent).destroy(new IdleTimeout(idleTimeoutMs)));
  sent.on("error", reject);
  try {
    return await promise;
  } catch (error) {
    throw unreachable(target, error as NodeJS.ErrnoException);
  }
}

/** Nothing came for too long. */
class IdleTimeout extends Error {
  constructor(milliseconds: number) {
    super(`nothing came for ${milliseconds / 1000} seconds`);
  }
}

/** Certificates that are wrong today are wrong in a minute. */
function unreachable(target: URL, error: NodeJS.ErrnoException): Error {
  const { code = "", message } = error;
  if (/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_(GET|VERIFY)/.test(code)) {
    return new FetchError(
      `The certificate of ${target.origin} is not trusted: ${message}; if it is of an authority of your own, name its file in NODE_EXTRA_CA_CERTS`,
    );
  }
  return new RetryableError(`${target.origin} cannot be reached: ${words(error)}`);
}

/** One address that fails has a message, several have a list of errors. */
function words(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return (error.errors[0] as Error).message;
  }
  return error.message || error.code || "unknown error";
}
