import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../test/cluster/command.ts";
import { cache } from "../../test/cluster/instance.ts";
import { key } from "../../test/cluster/programs.ts";

const source = join(import.meta.dirname, "tools");
const buildFlags = ["-trimpath", "-ldflags=-s -w"];

/**
 * A program of tools/go.mod: `syft`, which makes inventories of images, or `registry`, which keeps
 * images in memory. They are built at the first use, which takes some minutes.
 */
export async function tool(name: "syft" | "registry"): Promise<string> {
  const version = (await run("go", ["env", "GOVERSION"], { cwd: source })).trim();
  const inputs = ["go.mod", "go.sum"].map((file) => readFileSync(join(source, file), "utf8"));
  const folder = join(cache, `pipeline-tools-${key([version, ...buildFlags, ...inputs])}`);
  if (!existsSync(folder)) await build(folder);
  return join(folder, name);
}

async function build(folder: string): Promise<void> {
  console.log("Building syft and a registry (once, about 4 minutes)");
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const args = ["build", ...buildFlags, "-o", `${unfinished}/`, "tool"];
  await run("go", args, { cwd: source, env: { CGO_ENABLED: "0" } });
  renameSync(unfinished, folder);
}
