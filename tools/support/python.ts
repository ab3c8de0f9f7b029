import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./command.ts";
import { cache } from "../cluster/instance.ts";
import { locked } from "./lock.ts";
import { key } from "../cluster/programs/programs.ts";

/** An environment of Python packages with exact versions. */
export interface Environment {
  /** The interpreter that sees these packages and no others. */
  python: string;
  /** Where the packages are. */
  packages: string;
}

/**
 * The environment that a requirements file describes. It is made at the first use, which takes a
 * minute, and kept in the cache folder; its folder appears when all packages are there.
 *
 * @param file a requirements file that lists everything, with exact versions and hashes
 */
export async function environment(file = requirements): Promise<Environment> {
  const folder = join(cache, `python-${key([pythonVersion(), readFileSync(file, "utf8")])}`);
  await locked(folder, "installs Python packages", async () => {
    if (!existsSync(folder)) await install(file, folder);
  });
  const [major, minor] = pythonVersion().split(".");
  return {
    python: join(folder, "bin/python"),
    packages: join(folder, `lib/python${major}.${minor}/site-packages`),
  };
}

const requirements = fileURLToPath(new URL("python/requirements.txt", import.meta.url));

async function install(file: string, folder: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  // The file lists everything, so there is nothing to resolve and nothing to build.
  const exactly = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--requirement", file];
  const pip = [join(unfinished, "bin/python"), "-m", "pip", "install", "--quiet", ...exactly];
  try {
    await run(interpreter, ["-m", "venv", unfinished]);
    // The lock ends with this process, so the installation has to end with it, too.
    await run("setpriv", ["--pdeathsig", "KILL", ...pip]);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

const interpreter = "python3";
let version: string | undefined;

/** The version of the machine's Python, for example 3.11.2. */
function pythonVersion(): string {
  try {
    const program = "import ensurepip, platform; print(platform.python_version())";
    version ??= execFileSync(interpreter, ["-c", program], { encoding: "utf8" }).trim();
    return version;
  } catch (error) {
    throw new Error("Python 3.11 with venv is needed; run: apt-get install python3-venv", {
      cause: error,
    });
  }
}
