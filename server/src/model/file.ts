import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Unservable } from "./unservable.ts";

/** A model file as it was read. */
export interface ModelFile {
  bytes: Buffer<ArrayBuffer>;
  /** SHA-256 of the bytes, in hexadecimal. */
  sha256: string;
}

/**
 * Reads a model file.
 *
 * @param sha256 digest that the file must have
 * @throws with a sentence that says what is wrong
 */
export async function readModel(path: string, sha256?: string): Promise<ModelFile> {
  const bytes = await read(path);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (sha256 && found !== sha256) {
    const message = `The SHA-256 of ${path} is ${found}, expected ${sha256}`;
    throw new Unservable("DigestMismatch", message);
  }
  return { bytes, sha256: found };
}

async function read(path: string): Promise<Buffer<ArrayBuffer>> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT";
    const why = isMissing ? "there is no such file" : message;
    throw new Unservable(
      isMissing ? "ModelNotFound" : "ModelLoadFailed",
      `Could not read the model ${path}: ${why}`,
      error,
    );
  }
}
