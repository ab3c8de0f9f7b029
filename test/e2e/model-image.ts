import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildArchive } from "../../tools/cluster/images/buildah.ts";
import { locked } from "../../tools/support/lock.ts";
import { fileOf } from "../docs/examples.ts";
import { command } from "./world.ts";

/** The image that crds/examples/from-image has a model in. */
export const modelImage = "registry.example.com/models/intent-fr:1";

/** Builds that image as the example says, and brings it to the node. */
export async function loadModelImage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-image-"));
  const archive = join(folder, "image.tar");
  const dockerfile = fileOf("from-image", "Dockerfile");
  const build = { name: modelImage, dockerfile, context: "model" };
  try {
    await locked("build", "images", () => buildArchive(build, archive));
    await command(process.execPath, ["tools/cluster/main.ts", "load-image", archive]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
