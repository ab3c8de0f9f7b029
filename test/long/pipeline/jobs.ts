import { createRequire } from "node:module";
import { join } from "node:path";
import { run } from "../../../tools/support/command.ts";
import type { Clone } from "./clone.ts";

const program = createRequire(import.meta.url).resolve("gitlab-ci-local/dist/index.js");

/** One job, as the pipeline lists it. */
export interface Job {
  name: string;
  stage: string;
  needs: { job: string }[] | null;
}

/** The jobs of .gitlab-ci.yml in a clone, which run as processes of this machine. */
export function jobs({ folder }: Clone, variables: Record<string, string>) {
  const settings = Object.entries(variables).flatMap(([key, value]) => [
    "--variable",
    `${key}=${value}`,
  ]);
  const local = (...args: string[]) => {
    const home = ["--home", join(folder, ".git/home"), "--state-dir", ".git/jobs"];
    const shell = ["--force-shell-executor", "--shell-isolation=false", "--color=false"];
    return run(process.execPath, [program, ...home, ...shell, ...settings, ...args], {
      cwd: folder,
      // The jobs find Node in the packages that they are handed, or not at all.
      env: { HOME: folder, GCL_IGNORE_PREDEFINED_VARS: Object.keys(variables).join(",") },
      as: `gitlab-ci-local ${args.join(" ")}`,
    });
  };
  return {
    list: async (file = ".gitlab-ci.yml") =>
      JSON.parse(await local("--list-json", "--file", file)) as Job[],
    run: (...names: string[]) => local(...names),
  };
}
