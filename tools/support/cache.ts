import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { locked } from "./lock.ts";

/** Where what is expensive to make is kept; shared by all checkouts. */
export const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "intendant");

/** A short name for texts, a different one whenever one of them differs. */
export function key(texts: string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(texts));
  return hash.digest("hex").slice(0, 16);
}

/**
 * A folder in the user's cache that is made once for each version of what it is made from. It is made
 * in its place, because a Python environment knows its own path; a last file says that it is complete.
 *
 * @param name how the folder's name begins
 * @param sources texts; the folder is another one whenever one of them differs
 * @param make fills the empty folder
 * @returns the path of the folder
 */
export async function cachedFolder(
  name: string,
  sources: string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cache, `${name}-${key(sources)}`);
  const complete = join(folder, "complete");
  await locked(folder, `makes ${folder}`, async () => {
    if (existsSync(complete)) return;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await make(folder);
    writeFileSync(complete, "");
  });
  return folder;
}
