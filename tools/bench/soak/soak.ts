import { setTimeout as sleep } from "node:timers/promises";
import { Connection, type Answer } from "./connection.ts";
import { sample, type Sample } from "./memory.ts";
import { areSame, question, random, shares, type Kind, type Question } from "./questions.ts";

/** A server that is to be kept busy. */
export interface Target {
  /** Port of the API. */
  port: number;
  /** Port of the metrics. */
  opsPort: number;
  /** Name of the served model, which is the French classifier. */
  model: string;
}

/** How long, and how hard. */
export interface Load {
  requests: number;
  connections: number;
  /** How often memory is looked at on the way. */
  samples: number;
}

/** What came of it. */
export interface Outcome {
  seconds: number;
  samples: Sample[];
  /** How many requests of each kind were sent. */
  sent: Record<Kind, number>;
  /** How many were refused with 503 and a time to try again, as a server may that is too busy. */
  busy: number;
  /** How many were answered with something else than the same request was answered at first. */
  wrong: number;
  /** One sentence for each of the first wrong answers. */
  complaints: string[];
}

/**
 * Sends a mix of requests over some connections, each as soon as the one before it was answered.
 * Every answer is compared, byte by byte, with what the same request was answered when the server
 * was idle.
 */
export async function soak(target: Target, load: Load): Promise<Outcome> {
  const { requests, connections } = load;
  const next = random(1);
  const expected = await references(target, random(2));
  const sent = Object.fromEntries(Object.keys(shares).map((kind) => [kind, 0]));
  const samples = [await sample(target.opsPort, 0)];
  const outcome: Outcome = {
    seconds: 0,
    samples,
    sent: sent as Outcome["sent"],
    busy: 0,
    wrong: 0,
    complaints: [],
  };
  const step = Math.ceil(requests / load.samples);
  let number = 0;

  const check = async (connection: Connection, asked: Question) => {
    try {
      const answer = await connection.ask(asked.request);
      if (areSame(answer, expected.get(asked.key) as Answer, asked.id)) return;
      if (isBusy(answer)) outcome.busy += 1;
      else complain(`${asked.key}: ${answer.status} ${answer.body.toString("utf8", 0, 200)}`);
    } catch (error) {
      complain(`${asked.key}: ${(error as Error).message}`);
    }
  };
  const complain = (complaint: string) => {
    outcome.wrong += 1;
    if (outcome.complaints.length < 10) outcome.complaints.push(complaint);
  };
  const lane = async () => {
    let connection = await Connection.open(target.port);
    while (number < requests) {
      const own = ++number;
      const asked = question(target.model, own, next);
      outcome.sent[asked.kind] += 1;
      if (!connection.isOpen) connection = await Connection.open(target.port);
      if (asked.isAbandoned) {
        connection.abandon(asked.request);
        connection = await Connection.open(target.port);
      } else await check(connection, asked);
      if (own % step === 0) samples.push(await sample(target.opsPort, own));
    }
    connection.close();
  };

  const started = performance.now();
  await Promise.all(Array.from({ length: connections }, lane));
  outcome.seconds = (performance.now() - started) / 1000;
  samples.push(await settled(target.opsPort, samples[0] as Sample, requests));
  return outcome;
}

const isBusy = ({ status, head }: Answer) => status === 503 && /^retry-after: \d+$/im.test(head);

/** What the server holds when it had a few seconds to notice that all connections are closed. */
async function settled(opsPort: number, first: Sample, requests: number): Promise<Sample> {
  for (let tries = 0; ; tries++) {
    const last = await sample(opsPort, requests);
    if (!(last.files > first.files) || tries === 50) return last;
    await sleep(100);
  }
}

/** What each question is answered by an idle server. */
async function references(
  { port, model }: Target,
  next: () => number,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  let connection = await Connection.open(port);
  for (let misses = 0; misses < 5000; misses++) {
    const asked = question(model, 0, next);
    if (asked.isAbandoned || answers.has(asked.key)) continue;
    if (!connection.isOpen) connection = await Connection.open(port);
    answers.set(asked.key, await connection.ask(asked.request));
    misses = 0;
  }
  connection.close();
  return answers;
}
