/**
 * Puts the load of a plan on a model and leaves a measurement; both are described in
 * ../contract.ts. Run by k6, which takes TypeScript as it is.
 */
import { check, sleep } from "k6";
import exec from "k6/execution";
import http, { type RefinedParams, type RefinedResponse } from "k6/http";
import { Counter, Gauge, Trend } from "k6/metrics";
import type { Options, Scenario } from "k6/options";
import type { Rate, Users } from "../contract.ts";
import { measurement, metric, trendStats, type Summary } from "./measurement.ts";
import { readPlan } from "./plan.ts";
import { fault, inference, request, type Question, type Request } from "./question.ts";

interface Start {
  question: Question;
  /** Milliseconds since 1970. */
  began: number;
}

const plan = readPlan(__ENV["PLAN"]);
const timeout = 30;
const params: RefinedParams<"text"> = {
  headers: { "content-type": "application/json" },
  redirects: 0,
  responseType: "text",
  timeout: `${timeout}s`,
};

const virtualUsers = plan.load.scenario === "Users" ? plan.load.users : enough(plan.load.rate);
const connectSeconds = Math.max(1, virtualUsers / 200);
/** When the load starts: k6 needs a moment to hand its virtual users over. */
const loadStart = connectSeconds + 0.1;

/** Each virtual user has its own instance of this module, and so its own tensors. */
let ownInference: Request | undefined;

const answerTime = new Trend(metric.latency, true);
const requests = new Counter(metric.requests);
const errors = new Counter(metric.errors);
const failedChecks = new Counter(metric.failedChecks);
const lastAnswer = new Gauge(metric.lastAnswer);

export const options: Options = {
  scenarios: { connect: connecting(), benchmark: load(plan.load) },
  summaryTrendStats: trendStats,
  systemTags: ["group", "check"],
};

/** Finds out what to ask; a service that was promoted a moment ago gets ten seconds to answer. */
export function setup(): Start {
  const end = Date.now() + 10_000;
  let question = recognised();
  while (question.kind === "unknown" && Date.now() < end) {
    sleep(0.5);
    question = recognised();
  }
  console.log(`Asking ${question.kind} questions at ${question.url}`);
  return { question, began: Date.now() + loadStart * 1000 };
}

/** Opens a virtual user's connection, which would otherwise delay its first request. */
export function connect(): void {
  sleep((Math.random() * connectSeconds) / 2);
  recognised();
}

/** One round of a user: think, then ask. */
export function think({ question }: Start): void {
  const { min, max } = (plan.load as Users).thinkTime;
  const first = exec.vu.iterationInScenario === 0;
  const pause = first ? Math.random() * max : min + Math.random() * (max - min);
  sleep(Math.min(pause, secondsLeft()));
  if (secondsLeft() > 0) ask(question);
}

/** One request of a constant rate. */
export function fire({ question }: Start): void {
  ask(question);
}

/** Writes the measurement, and prints it for the log. */
export function handleSummary(data: Summary & { setup_data?: Start }): Record<string, string> {
  if (!data.setup_data) return { stderr: "The benchmark could not begin.\n" };
  const result = JSON.stringify(measurement(data, plan, data.setup_data.began));
  const path = __ENV["MEASUREMENT_PATH"] ?? "/dev/termination-log";
  return { [path]: result, stdout: `${result}\n` };
}

function recognised(): Question {
  const quick = { ...params, timeout: "5s" };
  const languages = http.get(`${plan.url}/api/intent-supported-languages`, quick);
  if (languages.status === 200) return { kind: "intent", url: `${plan.url}/api/intent` };
  const url = `${plan.url}/v2/models/${encodeURIComponent(plan.model)}`;
  const metadata = languages.status === 404 ? http.get(url, quick) : languages;
  return metadata.status === 200 ? inference(url, metadata.body) : { kind: "unknown", url };
}

function ask(question: Question): void {
  const { method, url, body } = nextRequest(question);
  const response = http.request(method, url, body, params);
  const answered = response.status >= 200 && response.status < 300;
  const wrong = answered ? fault(question, response.body) : unanswered(response);
  requests.add(1);
  lastAnswer.add(Date.now());
  if (answered) answerTime.add(response.timings.duration);
  if (wrong === undefined) return;
  (answered ? failedChecks : errors).add(1);
  // A check is the only thing in k6 that carries a text to the summary; `::` would be a group.
  check(null, { [wrong.replaceAll("::", ":")]: () => false });
}

/** Tensors can be large, and making them anew each time would slow down the generator. */
function nextRequest(question: Question): Request {
  if (question.kind !== "inference") return request(question);
  ownInference ??= request(question);
  return ownInference;
}

/** Without addresses, so that the same failure has the same text. */
function unanswered({ status, error }: RefinedResponse<"text">): string {
  return status === 0 ? error.replaceAll(/[\d.]+:\d+(->)?/g, "") : `status ${status}`;
}

/** k6 hands the same virtual users, with their connections, on to the load that comes after. */
function connecting(): Scenario {
  return {
    executor: "per-vu-iterations",
    exec: "connect",
    vus: virtualUsers,
    maxDuration: `${connectSeconds}s`,
    gracefulStop: "0s",
  };
}

function load(load: Users | Rate): Scenario {
  const phase = {
    startTime: `${loadStart}s`,
    duration: `${plan.duration}s`,
    // What is in flight when the time is over counts, so the end waits for it.
    gracefulStop: `${timeout + 5}s`,
  };
  if (load.scenario === "Users") {
    return { ...phase, executor: "constant-vus", exec: "think", vus: virtualUsers };
  }
  return {
    ...phase,
    executor: "constant-arrival-rate",
    exec: "fire",
    rate: load.rate,
    timeUnit: "1s",
    preAllocatedVUs: virtualUsers,
  };
}

/**
 * A virtual user has one request in flight, so there are enough for answers that take a second.
 * All are there from the start: k6 drops an iteration whenever it has to add one.
 */
function enough(rate: number): number {
  return Math.min(Math.max(rate, 50), 1000);
}

function secondsLeft(): number {
  return (exec.scenario.startTime - Date.now()) / 1000 + plan.duration;
}
