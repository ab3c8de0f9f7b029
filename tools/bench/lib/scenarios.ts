import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Load, Measurement, Plan } from "../../../benchmarks/contract.ts";
import { toolPath } from "../../cluster/programs/tools.ts";

/** How a run of k6 ended. */
export interface Outcome {
  code: number | null;
  output: string;
  /** What is in the place of the termination message; empty when nothing was written. */
  message: string;
}

/**
 * Runs the scenarios as the image does.
 *
 * @param stopAt words in the output at which it gets a SIGTERM
 */
export async function runScenarios(
  environment: Record<string, string>,
  stopAt?: string,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-benchmark-"));
  const path = join(folder, "termination-log");
  const child = spawn("sh", ["benchmarks/scenarios/run.sh"], {
    env: {
      PATH: toolPath(),
      HOME: folder,
      TMPDIR: folder,
      K6_NO_USAGE_REPORT: "true",
      MEASUREMENT_PATH: path,
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (stopAt !== undefined && text.includes(stopAt)) child.kill("SIGTERM");
    });
  }
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", (cause) => reject(new Error("Could not start k6", { cause })));
      child.on("close", resolve);
    });
    return { code, output, message: content(path) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a plan to its end and gives the measurement, which must fit a termination message. */
export async function measured(
  url: string,
  duration: number,
  load: Load,
  { environment = {}, ...more }: Partial<Plan> & { environment?: Record<string, string> } = {},
): Promise<Measurement> {
  const plan: Plan = { url, model: "a-model", duration, load, ...more };
  const { code, output, message } = await runScenarios({
    PLAN: JSON.stringify(plan),
    ...environment,
  });
  if (code !== 0) throw new Error(`The benchmark ended with ${code}:\n${output}`);
  if (Buffer.byteLength(message) > 4096) throw new Error(`The message is too long: ${message}`);
  return JSON.parse(message) as Measurement;
}

function content(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
