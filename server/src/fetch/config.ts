import { terminationLog } from "../process/termination-message.ts";
import type { Environment } from "../process/environment.ts";

/** What the environment says about the file that is to be there before the server starts. */
export interface FetchConfig {
  /** MODEL_PATH: where the file is, or where it goes to. */
  path: string;
  /** MODEL_SHA256: the digest that it must have. */
  sha256: string;
  /** From where it is fetched; undefined when it is there already and only verified. */
  download: DownloadConfig | undefined;
}

/** What is fetched. */
export interface DownloadConfig {
  /** MODEL_URL: an address of HTTP or HTTPS. */
  location: URL;
  /** MODEL_MAX_BYTES: the most that is fetched. */
  maxBytes: number;
  /** MODEL_HEADER_NAME and MODEL_HEADER_VALUE: sent to the origin of the location, and to no other. */
  header: { name: string; value: string } | undefined;
}

/** The file of the termination message. */
export const terminationFile = (): string => terminationLog(process.env);

/** Reads the settings; throws with a sentence on the first one that cannot be used. */
export function readFetchConfig(environment: Environment = process.env): FetchConfig {
  const { MODEL_PATH: path, MODEL_SHA256: sha256 = "", MODEL_URL: url } = environment;
  if (!path) throw new Error("MODEL_PATH is not set; write the path that the file is to have");
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new Error(
      `MODEL_SHA256 is "${sha256}"; write 64 hexadecimal digits as sha256sum prints them`,
    );
  }
  return {
    path,
    sha256: sha256.toLowerCase(),
    download: url ? download(url, environment) : undefined,
  };
}

function download(url: string, environment: Environment): DownloadConfig {
  const location = URL.parse(url);
  if (!location || !/^https?:$/.test(location.protocol)) {
    // The address itself can be a secret.
    throw new Error("MODEL_URL is not an address; write one that begins with https:// or http://");
  }
  const maxBytes = Number(environment["MODEL_MAX_BYTES"]);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new Error(
      `MODEL_MAX_BYTES is "${environment["MODEL_MAX_BYTES"]}"; write a whole number above 0`,
    );
  }
  return { location, maxBytes, header: header(environment) };
}

function header(environment: Environment): DownloadConfig["header"] {
  const name = environment["MODEL_HEADER_NAME"];
  if (!name) return undefined;
  // A value that was written with an editor ends with a line break.
  const value = environment["MODEL_HEADER_VALUE"]?.trim() ?? "";
  if (!/^[\t\x20-\x7e]+$/.test(value)) {
    throw new Error(
      `The value of the header ${name} is empty or has characters that a header cannot carry; write one line of ASCII`,
    );
  }
  return { name, value };
}
