import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { toolPath } from "../../cluster/programs/tools.ts";

/** What k6 saw. */
export interface Outcome {
  /** Requests that came to an end. */
  requests: number;
  /** Those that were not answered with status 200, or not rightly. */
  wrong: number;
  /** Requests that the rate asked for and that were not sent, as too many were open. */
  dropped: number;
  /** From the first request to the last answer. */
  seconds: number;
  /** Percentiles in milliseconds. */
  p50: number;
  p95: number;
  p99: number;
}

/** What to put on a server: a number of connections that ask without pause, or a rate. */
export type Load = { users: number } | { rate: number };

/** Where and how long. */
export interface Target {
  /** Address without path. */
  url: string;
  /** File with the questions. */
  questions: string;
  seconds: number;
}

/** Runs k6 to its end; `watch` is told the process while it runs. */
export async function k6(
  load: Load,
  { url, questions, seconds }: Target,
  { folder, watch }: { folder: string; watch: (pid: number) => void },
): Promise<{ outcome: Outcome; said: string }> {
  const output = join(folder, "outcome.json");
  rmSync(output, { force: true });
  const script = join(import.meta.dirname, "load.ts");
  const child = spawn("k6", ["run", "--quiet", "--no-usage-report", "--no-color", script], {
    env: {
      PATH: toolPath(),
      HOME: folder,
      // Less work for its garbage collector is more room for requests.
      GOGC: "800",
      URL: url,
      QUESTIONS: questions,
      SECONDS: String(seconds),
      OUTPUT: output,
      ...("users" in load ? { USERS: String(load.users) } : { RATE: String(load.rate) }),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  watch(child.pid as number);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`k6 ended with ${code}: ${said.slice(0, 1000)}`);
  return { outcome: JSON.parse(readFileSync(output, "utf8")) as Outcome, said };
}
