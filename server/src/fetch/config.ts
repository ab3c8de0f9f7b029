import { terminationLog } from "../process/termination-message.ts";
import {
  readRequired,
  variableOf,
  type Environment,
  type Variable,
} from "../process/environment.ts";

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
  const variable = variableOf(environment);
  return {
    path: readRequired(variable, "MODEL_PATH", "write the path that the file is to have"),
    sha256: readDigest(variable),
    download: variable("MODEL_URL") === undefined ? undefined : readDownload(variable),
  };
}

function readDigest(variable: Variable): string {
  const advice = "write 64 hexadecimal digits as sha256sum prints them";
  const sha256 = readRequired(variable, "MODEL_SHA256", advice).toLowerCase();
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new Error(`MODEL_SHA256 is "${sha256}"; ${advice}`);
}

function readDownload(variable: Variable): DownloadConfig {
  const location = URL.parse(variable("MODEL_URL") ?? "");
  if (!location || !/^https?:$/.test(location.protocol)) {
    // The address itself can be a secret.
    throw new Error("MODEL_URL is not an address; write one that begins with https:// or http://");
  }
  const maxBytes = Number(variable("MODEL_MAX_BYTES"));
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new Error(
      `MODEL_MAX_BYTES is "${variable("MODEL_MAX_BYTES") ?? ""}"; write a whole number above 0`,
    );
  }
  return { location, maxBytes, header: readHeader(variable) };
}

function readHeader(variable: Variable): DownloadConfig["header"] {
  const name = variable("MODEL_HEADER_NAME");
  if (name === undefined) return undefined;
  const value = variable("MODEL_HEADER_VALUE") ?? "";
  if (!/^[\t\x20-\x7e]+$/.test(value)) {
    throw new Error(
      `The value of the header ${name} is empty or has characters that a header cannot carry; write one line of ASCII`,
    );
  }
  return { name, value };
}
