import { join } from "node:path";
import { goTools } from "../cluster/programs/go-tools.ts";

const source = join(import.meta.dirname, "image-tools");

/**
 * A program of image-tools/go.mod: `syft`, which makes inventories of images, or `registry`, which
 * keeps images in memory. They are built at the first use, which takes some minutes.
 */
export async function tool(name: "syft" | "registry"): Promise<string> {
  return join(await goTools(source), name);
}
