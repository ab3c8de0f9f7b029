import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { cachedFolder } from "./cache.ts";

/** An environment of Python packages with exact versions. */
export interface Environment {
  /** The folder that everything is in. */
  folder: string;
  /** The interpreter that sees these packages and no others. */
  python: string;
  /** Where the packages are. */
  packages: string;
}

const interpreter = "python3";
const testRequirements = join(import.meta.dirname, "python/requirements.txt");

/**
 * The environment that a requirements file describes. It is made at the first use, which takes a
 * minute, and kept in the cache folder.
 *
 * @param file a requirements file that lists everything with exact versions; where it has hashes,
 *   they are checked
 */
export async function environment(file = testRequirements): Promise<Environment> {
  const text = readFileSync(file, "utf8");
  const folder = await cachedFolder("python", [pythonVersion(), text], async (made) =>
    install(file, text, made),
  );
  const [major, minor] = pythonVersion().split(".");
  return {
    folder,
    python: join(folder, "bin/python"),
    packages: join(folder, `lib/python${major}.${minor}/site-packages`),
  };
}

async function install(file: string, text: string, folder: string): Promise<void> {
  await run(interpreter, ["-m", "venv", folder]);
  // The lock ends with this process, so the installation has to end with it, too.
  const python = ["--pdeathsig", "KILL", join(folder, "bin/python"), "-m"];
  const pip = [...python, "pip", "--quiet", "--disable-pip-version-check"];
  // The file lists everything, so there is nothing to resolve; with hashes, nothing to build either.
  const hashes = text.includes(" --hash=") ? ["--require-hashes", "--only-binary=:all:"] : [];
  await run("setpriv", [...pip, "install", "--no-deps", ...hashes, "--requirement", file]);
  // It is no part of what has to be installed to serve, which a benchmark measures.
  await run("setpriv", [...pip, "uninstall", "--yes", "pip"]);
}

/**
 * The version of the machine's Python, for example 3.11.2.
 *
 * @throws Error with what to install, when there is none or it cannot make environments
 */
export function pythonVersion(): string {
  return ask("import ensurepip, platform; print(platform.python_version())");
}

/** The folder of the standard library, which all environments share. */
export function standardLibrary(): string {
  return ask("import sysconfig; print(sysconfig.get_path('stdlib'))");
}

function ask(program: string): string {
  try {
    return execFileSync(interpreter, ["-c", program], { encoding: "utf8" }).trim();
  } catch (cause) {
    throw new Error("Python 3.11 with venv is needed; run: apt-get install python3-venv", {
      cause,
    });
  }
}
