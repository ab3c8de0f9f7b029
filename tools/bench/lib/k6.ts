import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { toolPath } from "../../cluster/programs/tools.ts";

/** A script of k6 and what it is told. */
export interface Script {
  /** The file; it writes its outcome as JSON to the file that OUTPUT names. */
  file: string;
  /** Its environment but for PATH, HOME and OUTPUT. */
  environment: Record<string, string>;
  /** A folder to write to. */
  folder: string;
}

/**
 * Runs a script of k6 to its end.
 *
 * @param onStart called with the process id of k6
 * @returns what the script wrote, and what k6 printed as errors
 * @throws Error with what k6 printed, when it does not end with 0
 */
export async function runK6(
  { file, environment, folder }: Script,
  onStart: (pid: number) => void = () => undefined,
): Promise<{ outcome: unknown; errors: string }> {
  const output = join(folder, "outcome.json");
  rmSync(output, { force: true });
  const child = spawn("k6", ["run", "--quiet", "--no-usage-report", "--no-color", file], {
    env: { PATH: toolPath(), HOME: folder, ...environment, OUTPUT: output },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = once(child, "close");
  if (child.pid !== undefined) onStart(child.pid);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`k6 ended with ${code}: ${errors.slice(0, 1000)}`);
  return { outcome: JSON.parse(readFileSync(output, "utf8")), errors };
}
