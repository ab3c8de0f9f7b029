import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines } from "../../support/command.ts";
import { k6, type Load } from "./k6.ts";
import { questionsFile, work, type QuestionKind } from "./prepare.ts";
import {
  busySeconds,
  cpuSeconds,
  isRunning,
  memory,
  ownSeconds,
  pids,
  usage,
} from "./processes.ts";
import { winner, type Question } from "./questions.ts";
import { loads, type Figures, type Footprint, type LoadName, type Measured } from "./results.ts";
import type { Command, Ports } from "./servers.ts";

/** How a server is measured. */
export interface Settings {
  /** Seconds of each load; one connection alone gets half of them. */
  seconds: number;
  /** The CPU that the server may use. */
  cpu: number;
}

/** Seconds until a server has to have answered. */
const readyWithin = 120;
/** Seconds after SIGTERM. */
const endWithin = 10;
/** A server that has just become ready may still have something to do. */
const idleSeconds = { before: 1, measured: 2 };
const warmUp = { load: { users: 8 }, seconds: 1 };
const log = join(work, "server.log");

/**
 * Starts a server, asks everything once, puts each load on it and ends it.
 *
 * @throws when it does not start, or when an answer is wrong before there is any load
 */
export async function measure(
  command: (ports: Ports) => Command,
  kind: QuestionKind,
  settings: Settings,
): Promise<Figures> {
  const ports = await freePorts();
  const url = `http://127.0.0.1:${ports[0]}`;
  const questions = JSON.parse(readFileSync(questionsFile(kind), "utf8")) as Question[];
  const started = performance.now();
  const server = start(command(ports), settings.cpu);
  const stop = () => server.kill("SIGKILL");
  process.once("exit", stop);
  try {
    await ready(server, url, questions[0] as Question);
    const readySeconds = (performance.now() - started) / 1000;
    const { idle, idleCpu } = await atRest(server.pid as number);
    await askAll(url, questions);
    const target = { url, questions: questionsFile(kind), seconds: settings.seconds };
    await k6(
      warmUp.load,
      { ...target, seconds: warmUp.seconds },
      { folder: work, watch: () => {} },
    );
    const loaded: Footprint = { ...idle };
    const found = {} as Record<LoadName, Measured>;
    for (const [name, load] of Object.entries(loads) as [LoadName, Load][]) {
      const seconds = name === "one" ? Math.ceil(target.seconds / 2) : target.seconds;
      found[name] = await bear(server.pid as number, load, { ...target, seconds }, loaded);
    }
    return { readySeconds, idleCpu, idle, loaded, loads: found };
  } catch (error) {
    const said = lastLines(readFileSync(log, "utf8"), 5);
    throw new Error(`${(error as Error).message}\n${said}`.trimEnd(), { cause: error });
  } finally {
    await end(server);
    process.off("exit", stop);
  }
}

function start({ program, args, env, cwd }: Command, cpu: number): ChildProcess {
  const output = openSync(log, "w");
  // It ends with this process, however that ends.
  const pinned = ["--pdeathsig", "TERM", "taskset", "--cpu-list", String(cpu), program, ...args];
  const child = spawn("setpriv", pinned, {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
    cwd,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  return child;
}

async function ready(server: ChildProcess, url: string, question: Question): Promise<void> {
  const limit = performance.now() + readyWithin * 1000;
  while (performance.now() < limit) {
    if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}`);
    // What listens before it can answer gets another try, too.
    if ((await ask(url, question).catch(() => "nothing")) === question.winner) return;
    await sleep(5);
  }
  throw new Error(`There was no right answer within ${readyWithin} seconds`);
}

async function atRest(pid: number): Promise<{ idle: Footprint; idleCpu: number }> {
  await sleep(idleSeconds.before * 1000);
  const [before, began] = [usage(pid), performance.now()];
  await sleep(idleSeconds.measured * 1000);
  const used = cpuSeconds(before, usage(pid));
  return { idle: memory(pid), idleCpu: (used / (performance.now() - began)) * 1000 };
}

/** Asks every question once, four at a time. */
async function askAll(url: string, questions: Question[]): Promise<void> {
  const rest = [...questions];
  const lane = async () => {
    for (let question = rest.shift(); question; question = rest.shift()) {
      const found = await ask(url, question);
      if (found === question.winner) continue;
      const { path, body } = question;
      throw new Error(`${found} won and not ${question.winner}: ${path} ${body ?? ""}`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
}

async function ask(url: string, { method, path, body }: Question): Promise<string> {
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(5000);
  const answer = await fetch(url + path, { method, headers, body, signal });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: status ${answer.status}, ${text}`);
  return winner(text);
}

interface Moment {
  at: number;
  generator: number;
}

/** Puts one load on the server; raises `loaded` to the most memory that was seen. */
async function bear(
  pid: number,
  load: Load,
  target: Parameters<typeof k6>[1],
  loaded: Footprint,
): Promise<Measured> {
  const moments: Moment[] = [];
  let timer: NodeJS.Timeout | undefined;
  const watch = (generator: number) => {
    timer = setInterval(() => {
      moments.push({ at: performance.now(), generator: usage(generator).seconds });
      raise(loaded, memory(pid));
    }, 400);
  };
  const before = { server: usage(pid), own: ownSeconds(), busy: busySeconds() };
  const began = performance.now();
  const { outcome, said } = await k6(load, target, { folder: work, watch }).finally(() =>
    clearInterval(timer),
  );
  const elapsed = (performance.now() - began) / 1000;
  const server = cpuSeconds(before.server, usage(pid));
  const own = ownSeconds() - before.own;
  raise(loaded, memory(pid));
  const { requests, wrong, dropped, seconds, p50, p95, p99 } = outcome;
  return {
    ...(wrong > 0 || requests === 0
      ? { void: `${wrong} of ${requests} answers were wrong: ${complaint(said)}` }
      : {}),
    requests,
    dropped,
    requestsPerSecond: requests / seconds,
    cpuPerRequest: server / requests,
    p50,
    p95,
    p99,
    cpu: {
      server: server / seconds,
      generator: share(moments),
      others: Math.max(0, busySeconds() - before.busy - server - own) / elapsed,
    },
  };
}

/** The first thing that k6 complained about. */
function complaint(said: string): string {
  return /msg="((?:[^"\\]|\\.)*)"/.exec(said)?.[1]?.trim() ?? "nobody said why";
}

function raise(highest: Footprint, now: Footprint): void {
  highest.rss = Math.max(highest.rss, now.rss);
  highest.pss = Math.max(highest.pss, now.pss);
  highest.processes = Math.max(highest.processes, now.processes);
}

/** Part of a CPU, without the first moments in which the generator is only starting. */
function share(moments: Moment[]): number {
  const first = moments[Math.floor(moments.length / 3)];
  const last = moments.at(-1);
  if (!first || !last || first === last) return 0;
  return ((last.generator - first.generator) / (last.at - first.at)) * 1000;
}

/** Ends a server, and what is left of its processes when it does not end them. */
async function end(server: ChildProcess): Promise<void> {
  const family = pids(server.pid as number);
  server.kill("SIGTERM");
  const limit = performance.now() + endWithin * 1000;
  const running = () => family.filter(isRunning);
  while (running().length > 0 && performance.now() < limit) await sleep(20);
  for (const pid of running()) process.kill(pid, "SIGKILL");
}

async function freePorts(): Promise<Ports> {
  const listeners = await Promise.all([0, 0, 0].map(listen));
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => new Promise((done) => listener.close(done))));
  return ports as Ports;
}

function listen(port: number): Promise<ReturnType<typeof createServer>> {
  const listener = createServer();
  return new Promise((resolve) => listener.listen(port, "127.0.0.1", () => resolve(listener)));
}
