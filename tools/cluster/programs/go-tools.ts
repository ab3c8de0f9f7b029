import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { runApart } from "../../support/command.ts";
import { cache, key } from "../../support/cache.ts";
import { locked } from "../../support/lock.ts";

const buildFlags = ["-trimpath", "-ldflags=-s -w"];

/**
 * Builds what a Go module's go.mod lists as `tool`, at the first use; gives the folder of the programs
 * in the user's cache.
 *
 * @param source folder with go.mod, go.sum and perhaps a program of ours
 * @param tags of Go's, which leave parts out
 */
export async function goTools(source: string, tags: string[] = []): Promise<string> {
  const flags = [...buildFlags, ...(tags.length > 0 ? [`-tags=${tags.join()}`] : [])];
  const files = ["go.mod", "go.sum", ...globSync("*.go", { cwd: source }).sort()];
  const inputs = files.map((file) => readFileSync(join(source, file), "utf8"));
  const name = basename(source);
  const folder = join(cache, `${name}-${key([goVersion(source), ...flags, ...inputs])}`);
  if (existsSync(folder)) return folder;
  await locked(`build-${name}`, `building ${name}`, async () => {
    if (!existsSync(folder)) await build(source, flags, folder);
  });
  return folder;
}

/** The folder appears when all programs are in it. */
async function build(source: string, flags: string[], folder: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const args = ["build", ...flags, "-o", `${unfinished}/`, "tool"];
  await runApart("go", args, { cwd: source, env: { CGO_ENABLED: "0" } });
  renameSync(unfinished, folder);
}

function goVersion(source: string): string {
  try {
    return execFileSync("go", ["env", "GOVERSION"], { cwd: source, encoding: "utf8" }).trim();
  } catch (cause) {
    throw new Error(`Go is needed to build ${basename(source)}: https://go.dev/dl`, { cause });
  }
}
