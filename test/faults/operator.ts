import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { FaultProxy, type Upstream } from "./proxy.ts";

/** An operator that runs as a process of this machine, behind a proxy of its own. */
export interface Operator {
  proxy: FaultProxy;
  /** Whether it has said so since it was last started. */
  hasLogged(text: string): boolean;
  /** The end of its log since it was last started. */
  log(): string;
  /** Kills it at once; it is started again, as kubelet does with a container that has ended. */
  kill(): void;
  /** Stops it in the middle of whatever it does, and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** It is not started again when it ends. */
  leaveEnded(): void;
  /** Resolves when it has ended and is not started again. */
  ended: Promise<void>;
  /** Ends it in order, and with it the proxy. */
  stop(): Promise<void>;
}

/** How to run an operator. */
export interface OperatorOptions {
  upstream: Upstream;
  /** Of the operator's service account. */
  token: string;
  /** What the chart sets, and what is different here. */
  environment: Record<string, string>;
}

/** Milliseconds between the end of an operator and its next start. */
const restartPause = 200;

/** Lines of the log that are remembered, to be shown when something goes wrong. */
const remembered = 40;

/** Starts an operator. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { upstream, token, environment } = options;
  const proxy = await FaultProxy.start(upstream);
  const folder = mkdtempSync(join(tmpdir(), "intendant-"));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, proxy.config(token).exportConfig(), { mode: 0o600 });
  const own = { PATH: process.env["PATH"], OPS_PORT: "0", KUBECONFIG: kubeconfig };
  const env = { ...environment, ...own };
  let log: string[] = [];
  let ending = false;
  let child = start();
  const ended = supervise();

  function start() {
    log = [];
    // It does not outlive this process, however that ends.
    const args = ["--pdeathsig", "KILL", process.execPath, "operator/src/main.ts"];
    const started = spawn("setpriv", args, { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const output of [started.stdout, started.stderr]) {
      createInterface(output).on("line", (line) => log.push(line) > remembered && log.shift());
    }
    return started;
  }

  async function supervise(): Promise<void> {
    for (;;) {
      await once(child, "close");
      if (!ending) await pause(restartPause);
      if (ending) return;
      child = start();
    }
  }

  return {
    proxy,
    hasLogged: (text) => log.some((line) => line.includes(text)),
    log: () => log.join("\n"),
    kill: () => void child.kill("SIGKILL"),
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    leaveEnded: () => void (ending = true),
    ended,
    async stop() {
      ending = true;
      // Also one that is frozen.
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await ended;
      clearTimeout(timer);
      await proxy.close();
      rmSync(folder, { recursive: true });
    },
  };
}
