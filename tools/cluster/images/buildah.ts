import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { runApart } from "../../support/command.ts";
import { cache } from "../../support/cache.ts";

/** An image to build. */
export interface Build {
  /** The name that it gets, with its tag. */
  name: string;
  dockerfile: string;
  context: string;
  /** Values of the Dockerfile's ARGs. */
  args?: Record<string, string>;
}

/** Runs buildah, on a storage of its own in the cache. */
export function buildah(...args: string[]): Promise<string> {
  // What buildah remembers of its mounts has to end with them.
  const memory = "/run/intendant";
  mkdirSync(memory, { recursive: true });
  const storage = ["--root", join(cache, "buildah"), "--runroot", join(memory, "buildah")];
  const afterMount = ["-c", 'mount -t tmpfs tmpfs "$0" && exec buildah "$@"', memory];
  const line = [...afterMount, ...storage, "--storage-driver", "overlay", ...args];
  return runApart("sh", line, { as: `buildah ${args.join(" ")}` });
}

/** Builds an image for others to build on. */
export async function buildBase(build: Build): Promise<void> {
  await buildah("tag", await buildImage(build), build.name);
}

/** Builds an image and writes it to a file; the file appears when it is complete. */
export async function buildArchive(build: Build, file: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const image = await buildImage(build);
  const unfinished = `${file}.unfinished`;
  rmSync(unfinished, { force: true });
  await buildah("push", "--quiet", image, `docker-archive:${unfinished}:${build.name}`);
  await buildah("rmi", "--force", image);
  renameSync(unfinished, file);
}

/** Sends the image in a file to a registry. */
export async function pushArchive(file: string, name: string): Promise<void> {
  const image = (await buildah("pull", "--quiet", `docker-archive:${file}`)).trim();
  try {
    await buildah("push", "--quiet", image, `docker://${name}`);
  } finally {
    await buildah("rmi", "--force", image);
  }
}

/** Builds an image; it has no name yet. */
async function buildImage({ dockerfile, context, args = {} }: Build): Promise<string> {
  const idFile = join(cache, "image-id");
  const values = Object.entries(args).flatMap(([name, value]) => [
    "--build-arg",
    `${name}=${value}`,
  ]);
  // What an interrupted build has left behind.
  await buildah("rm", "--all");
  await buildah("rmi", "--prune");
  const options = ["--isolation", "chroot", "--pull-never", "--quiet", "--iidfile", idFile];
  try {
    await buildah("bud", ...options, ...values, "--file", dockerfile, context);
    return readFileSync(idFile, "utf8");
  } finally {
    rmSync(idFile, { force: true });
  }
}
