import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Failure } from "./failure.ts";

/** A file as it was found. */
export interface Verified {
  bytes: number;
  sha256: string;
}

/**
 * Reads a file, a piece at a time, and compares its digest.
 *
 * @throws Failure when it cannot be read or has another digest
 */
export async function verify(path: string, sha256: string): Promise<Verified> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      hash.update(piece as Buffer);
      bytes += (piece as Buffer).length;
    }
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  const found = hash.digest("hex");
  if (found === sha256) return { bytes, sha256 };
  throw new Failure(
    `The model has the SHA-256 ${found}, but ${sha256} is demanded; correct the one or the other`,
    "DigestMismatch",
  );
}

function unreadable(path: string, { code, message }: NodeJS.ErrnoException): Failure {
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new Failure(
      `There is no file ${path}; correct the path, or put the file there`,
      "ModelNotFound",
    );
  }
  if (code === "EACCES" || code === "EPERM") {
    return new Failure(
      `The file ${path} may not be read by user ${process.getuid?.()}; make it readable for everybody: chmod a+r`,
    );
  }
  if (code === "EISDIR") {
    return new Failure(`${path} is a folder; write the path of the file in it`, "ModelNotFound");
  }
  return new Failure(`The file ${path} cannot be read: ${message}`);
}
