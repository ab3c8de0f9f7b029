import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../support/free-port.ts";
import { runK6 } from "../lib/k6.ts";
import { busySeconds, cpuSeconds, memory, ownSeconds, usage } from "../lib/processes.ts";
import { questionsFile, work, type QuestionKind } from "./prepare.ts";
import type { Question } from "./questions.ts";
import {
  loads,
  type Figures,
  type Footprint,
  type Load,
  type LoadName,
  type Measured,
  type Outcome,
} from "./results.ts";
import { RunningServer } from "./running-server.ts";
import type { Command, Ports } from "./servers.ts";

/** How a server is measured. */
export interface Settings {
  /** Seconds of each load; one connection alone gets half of them. */
  seconds: number;
  /** The CPU that the server may use. */
  cpu: number;
}

/** A server that has just become ready may still have something to do. */
const idleSeconds = { before: 1, measured: 2 };
const warmUp = { load: { users: 8 }, seconds: 1 };

/**
 * Starts a server, asks everything once, puts each load on it and ends it.
 *
 * @throws Error when it does not start, or when an answer is wrong before there is any load
 */
export async function measure(
  command: (ports: Ports) => Command,
  kind: QuestionKind,
  { seconds, cpu }: Settings,
): Promise<Figures> {
  const ports = (await freePorts(3)) as Ports;
  const url = `http://127.0.0.1:${ports[0]}`;
  const questions = JSON.parse(readFileSync(questionsFile(kind), "utf8")) as Question[];
  const started = performance.now();
  const server = new RunningServer(command(ports), url, cpu);
  try {
    await server.ready(questions[0] as Question);
    const readySeconds = (performance.now() - started) / 1000;
    const { idle, idleCpu } = await atRest(server.pid);
    await server.answersAll(questions);
    const target = { url, questions: questionsFile(kind), seconds };
    await generate(warmUp.load, { ...target, seconds: warmUp.seconds });
    return { readySeconds, idleCpu, idle, ...(await allLoads(server.pid, target, idle)) };
  } catch (error) {
    const words = server.lastWords();
    throw new Error(`${(error as Error).message}\n${words}`.trimEnd(), { cause: error });
  } finally {
    await server.end();
  }
}

async function atRest(pid: number): Promise<{ idle: Footprint; idleCpu: number }> {
  await sleep(idleSeconds.before * 1000);
  const [before, began] = [usage(pid), performance.now()];
  await sleep(idleSeconds.measured * 1000);
  const used = cpuSeconds(before, usage(pid));
  return { idle: memory(pid), idleCpu: (used / (performance.now() - began)) * 1000 };
}

/** Where to send requests, which, and how long. */
interface Target {
  /** Address without path. */
  url: string;
  /** File with the questions. */
  questions: string;
  seconds: number;
}

/** Puts each load on a server, one after the other. */
async function allLoads(
  pid: number,
  target: Target,
  idle: Footprint,
): Promise<Pick<Figures, "loads" | "loaded">> {
  const loaded = { ...idle };
  const found = {} as Record<LoadName, Measured>;
  for (const [name, load] of Object.entries(loads) as [LoadName, Load][]) {
    const seconds = name === "one" ? Math.ceil(target.seconds / 2) : target.seconds;
    found[name] = await measureLoad(pid, load, { ...target, seconds }, loaded);
  }
  return { loads: found, loaded };
}

function generate(
  load: Load,
  { url, questions, seconds }: Target,
  onStart?: (pid: number) => void,
) {
  const environment = {
    // Less work for its garbage collector is more room for requests.
    GOGC: "800",
    URL: url,
    QUESTIONS: questions,
    SECONDS: String(seconds),
    ...("users" in load ? { USERS: String(load.users) } : { RATE: String(load.rate) }),
  };
  const file = join(import.meta.dirname, "load.ts");
  return runK6({ file, environment, folder: work }, onStart);
}

/** Seconds of CPU of the generator at a moment. */
interface Moment {
  at: number;
  generator: number;
}

/** Puts one load on the server; raises `loaded` to the most memory that was seen. */
async function measureLoad(
  pid: number,
  load: Load,
  target: Target,
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
  const said = await generate(load, target, watch).finally(() => clearInterval(timer));
  const outcome = said.outcome as Outcome;
  const elapsed = (performance.now() - began) / 1000;
  const server = cpuSeconds(before.server, usage(pid));
  const own = ownSeconds() - before.own;
  raise(loaded, memory(pid));
  const cpu = {
    server: server / outcome.seconds,
    generator: share(moments),
    others: Math.max(0, busySeconds() - before.busy - server - own) / elapsed,
  };
  return { ...judged(outcome, said.errors), cpuPerRequest: server / outcome.requests, cpu };
}

/** The figures of k6, and why they are void where they are. */
function judged(outcome: Outcome, errors: string): Omit<Measured, "cpu" | "cpuPerRequest"> {
  const { requests, wrong, dropped, seconds, p50, p95, p99 } = outcome;
  const isVoid = wrong > 0 || requests === 0;
  return {
    ...(isVoid && { void: `${wrong} of ${requests} answers were wrong: ${firstError(errors)}` }),
    requests,
    dropped,
    requestsPerSecond: requests / seconds,
    p50,
    p95,
    p99,
  };
}

/** The first message that the script logged. */
function firstError(errors: string): string {
  return /msg="((?:[^"\\]|\\.)*)"/.exec(errors)?.[1]?.trim() ?? "k6 logged no reason";
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
