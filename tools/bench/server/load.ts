/// <reference types="k6" />
/**
 * Puts load on one server; run by k6, which is told what to do by the environment.
 *
 * URL, QUESTIONS (a JSON file), SECONDS, OUTPUT (the file for the outcome), and either USERS (so
 * many connections ask, each as soon as it was answered) or RATE (requests per second).
 */
import exec from "k6/execution";
import http, { type RefinedParams } from "k6/http";
import { Counter, Gauge, Trend } from "k6/metrics";
import type { Options } from "k6/options";
import { constantRate, valuesOf, type Summary } from "../lib/k6-summary.ts";
import { winner, type Question } from "./questions.ts";
import type { Outcome } from "./results.ts";

/** Reading every answer would make the generator the limit; so often one is read. */
const readEvery = 16;
/** Virtual users for a rate: so many answers may be open at once before requests are dropped. */
const virtualUsers = 64;

const { URL, QUESTIONS = "", SECONDS, OUTPUT = "", USERS, RATE } = __ENV;
// Not a SharedArray, which makes a new object of an element whenever one is taken.
const questions = JSON.parse(open(QUESTIONS)) as Question[];

const latency = new Trend("answer_time", true);
const wrong = new Counter("requests_wrong");
const clock = new Gauge("clock");

const phase = { duration: `${SECONDS}s`, gracefulStop: "35s" };
export const options: Options = {
  scenarios: {
    load: RATE
      ? { ...phase, ...constantRate(Number(RATE), phase.duration, virtualUsers) }
      : { ...phase, executor: "constant-vus", vus: Number(USERS) },
  },
  summaryTrendStats: ["p(50)", "p(95)", "p(99)"],
  systemTags: [],
};

const params: RefinedParams<"text"> = {
  headers: { "content-type": "application/json" },
  responseType: "text",
  timeout: "30s",
};

/** A virtual user; asking k6 for its number each time would cost a fifth of a request. */
let user: { offset: number; nearEnd: number } | undefined;
let sent = 0;
let hasLogged = false;

/** One request. */
export default function ask(): void {
  user ??= begin();
  // Each virtual user begins at another question, and then takes them in turn.
  const position = (user.offset + sent) % questions.length;
  const question = questions[position] as Question;
  sent += 1;
  const answer = http.request(question.method, URL + question.path, question.body, params);
  const now = Date.now();
  if (now > user.nearEnd) clock.add(now);
  // The first request of each virtual user opens its connection. Where a server closes it after
  // each answer, opening the next one is part of the time.
  if (sent > 1) latency.add(answer.timings.blocked + answer.timings.duration);
  if (answer.status !== 200) logWrong(`status ${answer.status} ${answer.error}`);
  else if (sent % readEvery === 0) compare(answer.body, question.winner);
}

function begin() {
  const now = Date.now();
  clock.add(now);
  return { offset: exec.vu.idInTest * 97, nearEnd: now + (Number(SECONDS) - 0.5) * 1000 };
}

function compare(body: string, expected: string): void {
  let found: string;
  try {
    found = winner(body);
  } catch {
    return logWrong(`the answer is ${body.slice(0, 200)}`);
  }
  if (found !== expected) logWrong(`${found} won and not ${expected}`);
}

function logWrong(problem: string): void {
  wrong.add(1);
  // One line of each virtual user says enough.
  if (!hasLogged) console.error(problem);
  hasLogged = true;
}

/** Writes the outcome. */
export function handleSummary(summary: Summary): Record<string, string> {
  const value = valuesOf(summary);
  const outcome: Outcome = {
    requests: value("http_reqs", "count"),
    wrong: value("requests_wrong", "count"),
    dropped: value("dropped_iterations", "count"),
    seconds: (value("clock", "max") - value("clock", "min")) / 1000,
    p50: value("answer_time", "p(50)"),
    p95: value("answer_time", "p(95)"),
    p99: value("answer_time", "p(99)"),
  };
  return { [OUTPUT]: JSON.stringify(outcome) };
}
