import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { lastLines } from "../../support/command.ts";
import type { Sample } from "./samples.ts";

/** A generator that sends requests until it is stopped, and then gives what it saw. */
export interface RunningGenerator {
  stop: () => Promise<Sample[]>;
}

/** How to run a generator. */
export interface Command {
  program: string;
  args: string[];
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** Words in what it writes that say that it has begun; at once unless given. */
  begins?: string;
}

/**
 * Starts a generator; resolves when it sends requests.
 *
 * @param samples reads what it left behind
 * @throws Error with the last lines that it printed, when it ends by itself or with another code than 0
 */
export async function startGenerator(
  { program, args, env, begins }: Command,
  samples: () => Promise<Sample[]> | Sample[],
): Promise<RunningGenerator> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = () => void child.kill("SIGKILL");
  process.once("exit", end);
  const ended = once(child, "close").finally(() => process.off("exit", end));
  ended.catch(() => undefined);
  const output = await outputOf(child, begins, ended);
  return {
    stop: async () => {
      if (child.exitCode !== null) throw early(program, output());
      child.kill("SIGINT");
      const [code] = (await ended) as [number | null];
      if (code !== 0) throw new Error(`${program} ended with ${code}\n${lastLines(output(), 10)}`);
      return samples();
    },
  };
}

/** Resolves when a process has written certain words, with what gives all that it writes. */
async function outputOf(
  child: ChildProcess,
  words = "",
  ended: Promise<unknown>,
): Promise<() => string> {
  let text = "";
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes(words)) resolve();
    });
  }
  if (words === "") resolve();
  const outcome = await Promise.race([begun, ended.then(() => "ended")]);
  if (outcome === "ended") throw early(child.spawnfile, text);
  return () => text;
}

function early(program: string, output: string): Error {
  return new Error(`${program} ended before it was told to\n${lastLines(output, 10)}`.trimEnd());
}
