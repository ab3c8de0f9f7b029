import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBaseImages, useBaseImages } from "../../../tools/cluster/images/base-images.ts";
import { run, runApart } from "../../../tools/support/command.ts";
import { cache } from "../../../tools/support/cache.ts";
import { locked } from "../../../tools/support/lock.ts";

/** A storage of images for one test. */
export interface Storage {
  /** What buildah has to be told to use it. */
  env: Record<string, string>;
  remove: () => Promise<void>;
}

/** A storage that is empty but for the images that the Dockerfiles build on. */
export async function createStorage(): Promise<Storage> {
  await locked("build", "base images", async () => {
    if (await useBaseImages()) return;
    await buildBaseImages();
    await useBaseImages();
  });
  // An overlay has to lie on a real file system, which /tmp need not be.
  const folder = mkdtempSync(join(cache, "storage-"));
  const file = join(folder, "storage.conf");
  const lines = [
    "[storage]",
    'driver = "overlay"',
    `graphroot = "${join(folder, "images")}"`,
    `runroot = "${join(folder, "run")}"`,
    "[storage.options]",
    `additionalimagestores = ["${join(cache, "buildah")}"]`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const env = { CONTAINERS_STORAGE_CONF: file, BUILDAH_ISOLATION: "chroot" };
  const remove = async () => {
    await run("buildah", ["rm", "--all"], { env });
    // Where its images are mounted is not seen outside.
    await runApart("sh", ["-c", 'umount --recursive "$0/images/overlay"; exit 0', folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  return { env, remove };
}
