import { writeFileSync } from "node:fs";
import type { Environment } from "./environment.ts";

/** TERMINATION_LOG: the file of the termination message, `/dev/termination-log` by default. */
export function terminationLog(environment: Environment): string {
  return environment["TERMINATION_LOG"] || "/dev/termination-log";
}

/** Most characters of a message: what is longer than 4 KiB, the kubelet cuts in the middle. */
const mostCharacters = 600;

/** Writes why the process ends where the kubelet reads it, as one line of JSON. */
export function writeProblem(file: string, reason: string, message: string): void {
  writeTerminationMessage(file, { reason, message: message.slice(0, mostCharacters) });
}

/** Writes a result where the kubelet reads it, as one line of JSON. */
export function writeTerminationMessage(file: string, result: object): void {
  try {
    // Never created: outside of a container there is no such file, and the log has the same.
    writeFileSync(file, JSON.stringify(result), { flag: "r+" });
  } catch {
    return;
  }
}
