import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { processSeconds, residentMemory } from "../lib/processes.ts";

/** A program that is measured from outside. */
export class MeasuredProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** Starts it; what it prints as errors goes to this process's standard error. */
  constructor([command, args]: [string, string[]], env: NodeJS.ProcessEnv) {
    this.#child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
    this.#ended = once(this.#child, "close");
  }

  /** Resident memory in MiB, now and at its highest. */
  memory(): { now: number; peak: number } {
    const { now, peak } = residentMemory(this.#pid());
    return { now: now / 2 ** 20, peak: peak / 2 ** 20 };
  }

  /** Seconds of CPU since it was started. */
  cpu(): number {
    return processSeconds(this.#pid());
  }

  /** Asks it to end, and waits until it has. */
  async end(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }

  #pid(): number {
    const { pid, exitCode, spawnfile } = this.#child;
    if (exitCode !== null || pid === undefined) {
      throw new Error(`${spawnfile} has ended with exit code ${exitCode}`);
    }
    return pid;
  }
}
