import { spawn } from "node:child_process";
import type { Outcome } from "./outcome.ts";

/** Process groups that are running. */
const groups = new Set<number>();

/** How to run Node. */
export interface RunOptions {
  /** Seconds until the process is ended. */
  limit: number;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** Whether what it writes is shown at once, and ^C reaches it as well. */
  show?: boolean;
}

/**
 * Runs Node. A test has a process group of its own, which ends with it: what it leaves behind would
 * hold its output open, and be waited for.
 */
export function runNode(args: string[], options: RunOptions): Promise<Outcome> {
  const { limit, env, show = false } = options;
  const child = spawn(process.execPath, args, {
    // The ONNX runtime sends usage data unless told not to.
    env: { ...process.env, NO_COLOR: "1", ORT_DISABLE_TELEMETRY: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: !show,
  });
  const { pid } = child;
  if (!show && pid !== undefined) groups.add(pid);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (show) process.stderr.write(text);
    });
  }
  const timer = setTimeout(() => {
    output += `\nended after ${limit} s\n`;
    child.kill("SIGKILL");
  }, limit * 1000);
  child.once("exit", () => {
    if (pid !== undefined && groups.delete(pid)) endGroup(pid);
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal ?? "unknown", output });
    });
  });
}

/** Ends all process groups that are running. */
export function endAll(): void {
  for (const group of groups) endGroup(group);
}

function endGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nothing of it is left, as it should be.
  }
}
