import { writeFileSync } from "node:fs";
import type { Environment } from "./environment.ts";

/** TERMINATION_LOG: the file for the last words, `/dev/termination-log` by default. */
export function terminationLog(environment: Environment): string {
  return environment["TERMINATION_LOG"] || "/dev/termination-log";
}

/** Leaves what a process has to say at its end where the kubelet reads it. */
export function leaveLastWords(file: string, words: string): void {
  try {
    // Never made: outside of a container there is none, and the log has said it.
    writeFileSync(file, words, { flag: "r+" });
  } catch {
    return;
  }
}
