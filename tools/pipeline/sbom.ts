import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../support/command.ts";
import { archivePath, published } from "./build.ts";
import type { Config } from "./config.ts";
import { tool } from "./tools.ts";

/** Where the inventory of a component's image is put. */
export function sbomPath(component: string, architecture: string): string {
  return join("dist/sbom", `${component}-${architecture}.spdx.json`);
}

/** Makes an inventory (SPDX) of each image that was built. */
export async function sboms({ architectures, version }: Config): Promise<void> {
  const syft = await tool("syft");
  for (const { name } of published) {
    for (const architecture of architectures) {
      const image = archivePath(name, architecture);
      if (!existsSync(image)) throw new Error(`${image} is not there; run: npm run image ${name}`);
      const file = sbomPath(name, architecture);
      mkdirSync(dirname(file), { recursive: true });
      const names = ["--source-name", `intendant/${name}`, "--source-version", version];
      await run(syft, ["scan", `oci-archive:${image}`, ...names, "--output", `spdx-json=${file}`], {
        env: { SYFT_CHECK_FOR_APP_UPDATE: "false" },
      });
    }
  }
}
