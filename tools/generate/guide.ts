import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The commands of a guide as one script: what stands in its fences of `sh`, in their order, under
 * the headings that they stand under.
 */
export function script(markdown: string): string {
  const parts = markdown.matchAll(/^## (?<heading>.+)$|^```sh\n(?<commands>[^]*?)^```$/gm);
  return [...parts]
    .map(({ groups: { heading, commands } = {} }) => commands ?? `\n# ${heading}\n`)
    .join("");
}

/** How to run a guide. */
export interface Running {
  env: NodeJS.ProcessEnv;
  /** Gets what a terminal would show: each command, and what it prints. */
  print: (text: string) => void;
}

/**
 * Runs the commands of a guide in one shell, so that later ones know what earlier ones have set.
 *
 * @throws Error when one of them fails; the others are not run
 */
export async function runGuide(file: string, { env, print }: Running): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-guide-"));
  try {
    const path = join(folder, "guide.sh");
    writeFileSync(path, script(readFileSync(file, "utf8")));
    // Each command is shown before it runs (-v), and the first that fails is the last (-e).
    const options = ["-e", "-u", "-v", "-o", "pipefail"];
    const shell = spawn("bash", [...options, path], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding("utf8").on("data", print);
    }
    const { promise, resolve } = Promise.withResolvers<string | number>();
    shell.on("error", ({ message }) => resolve(message));
    shell.on("close", (code, signal) => resolve(code ?? signal ?? "no exit code"));
    const outcome = await promise;
    if (outcome !== 0) throw new Error(`A command of ${file} failed (${outcome})`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
