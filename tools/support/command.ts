import { spawn } from "node:child_process";

/** How to run a command; what is not given is inherited. */
export interface CommandOptions {
  cwd?: string;
  /** Added to this process's environment. */
  env?: NodeJS.ProcessEnv;
  /** What the command reads from its standard input; nothing unless given. */
  input?: string;
  /** What an error calls it; the command line unless given. */
  as?: string;
}

/**
 * Runs a command to its end and gives what it wrote to its standard output.
 *
 * @throws Error with the command and the last lines of what it wrote, when it does not end with 0
 */
export async function run(
  command: string,
  args: string[],
  { cwd, env, input = "", as = [command, ...args].join(" ") }: CommandOptions = {},
): Promise<string> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
  const output: Buffer[] = [];
  const everything: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk) && everything.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => everything.push(chunk));
  // A command that ends without reading its input is no error of ours.
  child.stdin.on("error", () => undefined).end(input);
  const outcome = await new Promise<string | number>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code ?? signal ?? "no exit code"));
  });
  if (outcome === 0) return Buffer.concat(output).toString();
  const said = lastLines(Buffer.concat(everything).toString(), 20);
  throw new Error(`Could not run: ${as.slice(0, 200)} (${outcome})\n${said}`.trimEnd());
}

/** Runs a command whose processes and mounts end with it, and it with this process. */
export function runApart(
  command: string,
  args: string[],
  options?: CommandOptions,
): Promise<string> {
  const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const as = [command, ...args].join(" ");
  return run("setpriv", ["--pdeathsig", "KILL", ...apart, command, ...args], { as, ...options });
}

/** Whether a command ends with 0. */
export async function succeeds(command: string, args: string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

/** The end of a text. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
