import { open, readFile, rename, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import type { Fetched } from "./answer.ts";

/**
 * A file that is not complete, beside the one that it becomes, and a note of what its bytes are of.
 * Both outlive the process, so that the next one goes on from there.
 */
export class PartialFile {
  readonly #path: string;
  readonly #part: string;
  readonly #note: string;

  constructor(path: string) {
    this.#path = path;
    this.#part = `${path}.part`;
    this.#note = `${path}.part.validator`;
  }

  /** What is there; bytes that cannot be continued count as none. */
  async fetched(): Promise<Fetched> {
    const validator = await readFile(this.#note, "utf8").catch(() => undefined);
    const size = await stat(this.#part).then(
      (found) => found.size,
      () => 0,
    );
    return validator ? { bytes: size, validator } : { bytes: 0, validator: undefined };
  }

  /** The file to append to, which keeps what it had or is empty, now of this validator. */
  async continued(from: number, validator: string | undefined): Promise<FileHandle> {
    if (from > 0) return open(this.#part, "a");
    // First the note: bytes with a note of other bytes would be continued wrongly.
    await rm(this.#note, { force: true });
    const file = await open(this.#part, "w");
    if (validator) await writeFile(this.#note, validator);
    return file;
  }

  /** Path of the bytes, for reading them again. */
  get path(): string {
    return this.#part;
  }

  /** Becomes the file. */
  async complete(): Promise<void> {
    await rename(this.#part, this.#path);
    await rm(this.#note, { force: true });
  }

  /** Leaves nothing, neither of the part nor of the file. */
  async remove(): Promise<void> {
    for (const path of [this.#note, this.#part, this.#path]) await rm(path, { force: true });
  }
}
