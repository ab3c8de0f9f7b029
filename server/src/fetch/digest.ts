import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { FetchError } from "./errors.ts";

/** A file as it was found. */
export interface Verified {
  bytes: number;
  sha256: string;
}

/**
 * Reads a file, a piece at a time, and compares its digest.
 *
 * @throws FetchError when it cannot be read or has another digest
 */
export async function verify(path: string, sha256: string): Promise<Verified> {
  const found = await digest(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error);
  });
  if (found.sha256 === sha256) return found;
  throw new FetchError(
    `The SHA-256 of the model is ${found.sha256}, expected ${sha256}`,
    "DigestMismatch",
  );
}

async function digest(path: string): Promise<Verified> {
  const hash = createHash("sha256");
  // One buffer for all pieces: new ones would pile up until they are collected.
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  await using file = await open(path);
  for (let bytes = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return { bytes, sha256: hash.digest("hex") };
    hash.update(buffer.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}

function unreadable(path: string, { code, message }: NodeJS.ErrnoException): FetchError {
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new FetchError(
      `There is no file ${path}; correct the path, or put the file there`,
      "ModelNotFound",
    );
  }
  if (code === "EACCES" || code === "EPERM") {
    return new FetchError(
      `The file ${path} is not readable for user ${process.getuid?.()}; make it readable: chmod a+r`,
    );
  }
  if (code === "EISDIR") {
    return new FetchError(`${path} is a folder; write the path of the file in it`, "ModelNotFound");
  }
  return new FetchError(`The file ${path} cannot be read: ${message}`);
}
