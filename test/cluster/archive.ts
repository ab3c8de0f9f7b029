import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./command.ts";
import { cache, type Instance } from "./instance.ts";
import { programsFolder } from "./programs.ts";

/** An image to build. */
export interface Build {
  /** The name that it gets, with its tag. */
  name: string;
  dockerfile: string;
  context: string;
}

/** Runs buildah, on a storage of its own. */
export function buildah(...args: string[]): Promise<string> {
  const storage = ["--root", join(cache, "buildah"), "--runroot", "/run/intendant/buildah"];
  return run("buildah", [...storage, "--storage-driver", "overlay", ...args]);
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

/** Builds an image and leaves it in buildah's storage. */
async function buildImage({ dockerfile, context }: Build): Promise<string> {
  const idFile = `/run/intendant/image-${process.pid}-${Math.random()}`;
  try {
    const options = ["--isolation", "chroot", "--pull-never", "--quiet", "--iidfile", idFile];
    await buildah("bud", ...options, "--file", dockerfile, context);
    return readFileSync(idFile, "utf8");
  } finally {
    rmSync(idFile, { force: true });
  }
}

/** Gives an image to a running cluster. */
export async function importArchive({ containerd }: Instance, file: string): Promise<void> {
  const ctr = join(programsFolder(), "ctr");
  await run(ctr, ["--address", containerd, "--namespace", "k8s.io", "images", "import", file]);
}
