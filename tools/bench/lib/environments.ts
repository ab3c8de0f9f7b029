import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../support/command.ts";
import { cache } from "../../cluster/instance.ts";
import { key } from "../../cluster/programs/programs.ts";

const system = "python3.11";
const folder = join(import.meta.dirname, "../python");

/** The folder of the Python sources. */
export const pythonSources = folder;

/** A folder in the user's cache that is made once for each version of what it is made from. */
export async function cached(
  name: string,
  sources: string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const made = join(cache, `${name}-${key(sources)}`);
  // Environments know their own path, so they are made in place; the last file says that all is
  // there.
  const complete = join(made, "complete");
  if (existsSync(complete)) return made;
  console.log(`Making ${made}`);
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  await make(made);
  writeFileSync(complete, "");
  return made;
}

/** A Python environment with the packages of `requirements/NAME.txt`; gives its folder. */
export function environment(name: string): Promise<string> {
  const file = requirements(name);
  return cached(`python-${name}`, [pythonVersion(), readFileSync(file, "utf8")], async (made) => {
    await run(system, ["-m", "venv", made]);
    const python = join(made, "bin", "python");
    const quiet = ["-m", "pip", "--quiet", "--disable-pip-version-check"];
    await run(python, [...quiet, "install", "--no-deps", "--requirement", file]);
    // It is no part of what has to be installed to serve.
    await run(python, [...quiet, "uninstall", "--yes", "pip"]);
  });
}

/** The file that pins the packages of an environment. */
export function requirements(name: string): string {
  return join(folder, "requirements", `${name}.txt`);
}

/**
 * The version of Python, for example `Python 3.11.7`.
 *
 * @throws when there is none
 */
export function pythonVersion(): string {
  return ask("--version");
}

/** The files and folders of the standard library, which all environments share. */
export function standardLibrary(): string[] {
  const library = ask("-c", "import sysconfig; print(sysconfig.get_path('stdlib'))");
  const others = ["site-packages", "dist-packages", "test"];
  const names = readdirSync(library).filter((name) => !others.includes(name));
  return names.map((name) => join(library, name));
}

function ask(...args: string[]): string {
  try {
    return execFileSync(system, args, { encoding: "utf8" }).trim();
  } catch (cause) {
    const fix = "install Debian's python3.11 and python3.11-venv";
    throw new Error(`The rivals in Python need ${system}; ${fix}, or leave them out with --only`, {
      cause,
    });
  }
}
