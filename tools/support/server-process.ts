import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Environment } from "../../server/src/process/environment.ts";
import type { LogLine } from "./model-server.ts";

/** A server in a process of its own, as it runs in a pod. */
export interface ServerProcess {
  /** Address of the API. */
  url: string;
  /** Address of probes and metrics. */
  ops: string;
  pid: number;
  /** What the process has logged so far. */
  log: LogLine[];
  /** Resolves when a line with this text in its message has been logged. */
  logged: (text: string) => Promise<LogLine>;
  kill: (signal: NodeJS.Signals) => void;
  /** Resolves with the exit code, or with the signal that ended the process. */
  ended: Promise<number | string>;
  /** Sends SIGTERM, and resolves like `ended`; unlike that, it keeps this process alive. */
  stop: () => Promise<number | string>;
}

/**
 * Runs a server; resolves when it listens, on free ports.
 *
 * @param files how many the process may have open; as many as this one unless said
 * @param main what to run; the source unless said
 */
export async function serverProcess(
  environment: Environment,
  files?: number,
  main = "server/src/serve/main.ts",
): Promise<ServerProcess> {
  const limit = files === undefined ? "" : `ulimit -n ${files} && `;
  const command = `${limit}exec ${process.execPath} ${main}`;
  const child = spawn("sh", ["-c", command], {
    // The ONNX runtime sends usage data unless told not to.
    env: { PORT: "0", OPS_PORT: "0", ORT_DISABLE_TELEMETRY: "1", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  // A test that fails must neither wait for the process nor leave it behind.
  child.unref();
  const end = () => void child.kill("SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  const log: LogLine[] = [];
  const lines = createInterface(child.stdout);
  // The last lines may come after the end of the process.
  const ended = Promise.all([once(child, "close"), once(lines, "close")]).then(
    ([[code, signal]]) => (code ?? signal) as number | string,
  );
  lines.on("line", (line) => log.push(JSON.parse(line) as LogLine));

  const logged = async (text: string): Promise<LogLine> => {
    for (;;) {
      const found = log.find(({ msg }) => msg.includes(text));
      if (found) return found;
      const event = await Promise.race([once(lines, "line"), ended]);
      if (!Array.isArray(event)) throw new Error(`The server ended (${event}) without "${text}"`);
    }
  };

  const { port, opsPort } = await logged("Listening");
  return {
    pid: child.pid as number,
    url: `http://localhost:${Number(port)}`,
    ops: `http://localhost:${Number(opsPort)}`,
    log,
    logged,
    kill: (signal) => void child.kill(signal),
    ended,
    stop: () => {
      child.ref();
      child.kill("SIGTERM");
      return ended;
    },
  };
}
