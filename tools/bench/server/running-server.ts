import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines } from "../../support/command.ts";
import { isRunning, pids } from "../lib/processes.ts";
import { work } from "./prepare.ts";
import { winner, type Question } from "./questions.ts";
import type { Command } from "./servers.ts";

/** Seconds until a server has to have answered. */
const readyWithin = 120;
/** Seconds after SIGTERM. */
const endWithin = 10;
const log = join(work, "server.log");

/** A server that was started for a measurement, alone on one CPU. */
export class RunningServer {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #kill = () => void this.#child.kill("SIGKILL");

  /** Starts it; what it prints goes to a file. */
  constructor({ program, args, env, cwd }: Command, url: string, cpu: number) {
    this.#url = url;
    const output = openSync(log, "w");
    // It ends with this process, however that ends.
    const pinned = ["--pdeathsig", "TERM", "taskset", "--cpu-list", String(cpu), program, ...args];
    this.#child = spawn("setpriv", pinned, {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
      cwd,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    process.once("exit", this.#kill);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Resolves when it answers a question rightly. */
  async ready(question: Question): Promise<void> {
    const limit = performance.now() + readyWithin * 1000;
    while (performance.now() < limit) {
      const { exitCode } = this.#child;
      if (exitCode !== null) throw new Error(`The server ended with ${exitCode}`);
      // A server that listens before it can answer gets another try, too.
      if ((await this.#ask(question).catch(() => undefined)) === question.winner) return;
      await sleep(5);
    }
    throw new Error(`There was no right answer within ${readyWithin} seconds`);
  }

  /** Asks every question once, four at a time. */
  async answersAll(questions: Question[]): Promise<void> {
    const rest = [...questions];
    const lane = async () => {
      for (let question = rest.shift(); question; question = rest.shift()) {
        const found = await this.#ask(question);
        if (found === question.winner) continue;
        const { path, body } = question;
        throw new Error(`${found} won and not ${question.winner}: ${path} ${body ?? ""}`);
      }
    };
    await Promise.all(Array.from({ length: 4 }, lane));
  }

  /** The last lines that it printed. */
  lastWords(): string {
    return lastLines(readFileSync(log, "utf8"), 5);
  }

  /** Ends it, and those of its processes that outlive it. */
  async end(): Promise<void> {
    const family = pids(this.pid);
    this.#child.kill("SIGTERM");
    const limit = performance.now() + endWithin * 1000;
    const running = () => family.filter(isRunning);
    while (running().length > 0 && performance.now() < limit) await sleep(20);
    for (const pid of running()) process.kill(pid, "SIGKILL");
    process.off("exit", this.#kill);
  }

  async #ask({ method, path, body }: Question): Promise<string> {
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(5000);
    const answer = await fetch(this.#url + path, { method, headers, body, signal });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path}: status ${answer.status}, ${text}`);
    return winner(text);
  }
}
