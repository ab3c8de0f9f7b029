import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { environment } from "../../tools/support/python.ts";

/** A Python module that runs in a process of its own. */
export interface Session {
  /** What a function of the module returns; fails with Python's traceback when it raises. */
  call: (name: string, ...args: unknown[]) => Promise<unknown>;
  end: () => Promise<void>;
}

interface Reply {
  result?: unknown;
  error?: string;
}

const folder = fileURLToPath(new URL("python", import.meta.url));

/** Starts a module of the folder `python/`; calls of its functions are answered in their order. */
export async function session(module: string): Promise<Session> {
  const { python } = await environment();
  const child = spawn(python, ["calls.py", module], {
    cwd: folder,
    env: { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1", ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A test that fails must neither wait for the process nor leave it behind.
  child.unref();
  process.once("exit", () => child.kill("SIGKILL"));
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  // One that ends without reading its input shows in what it said.
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close").then(() => undefined);
  const replies = createInterface(child.stdout)[Symbol.asyncIterator]();

  const call = async (name: string, ...args: unknown[]) => {
    child.stdin.write(`${JSON.stringify([name, args])}\n`);
    const { value } = await replies.next();
    if (value === undefined) {
      await ended;
      throw new Error(`Python ended in ${module}.${name}:\n${said}`);
    }
    const { result, error } = JSON.parse(value) as Reply;
    if (error) throw new Error(`${module}.${name}:\n${error}`);
    return result;
  };
  const end = async () => {
    child.stdin.end();
    child.ref();
    await ended;
  };
  return { call, end };
}
