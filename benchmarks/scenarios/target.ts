/** The service under test, as each of k6's virtual users sees it: what to ask, and asking it. */
import { check, sleep } from "k6";
import { SharedArray } from "k6/data";
import exec from "k6/execution";
import http, { type RefinedParams, type RefinedResponse } from "k6/http";
import { Counter, Gauge, Trend } from "k6/metrics";
import type { Plan } from "../contract.ts";
import { isSentence, readPayloads, type Payload } from "./payloads.ts";
import { readPlan } from "./plan.ts";
import { podMetric, reading, readingTag } from "./pods.ts";
import { fault, inference, request, type Question, type Request } from "./question.ts";
import { bucketAt } from "./series.ts";
import { metric } from "./summary.ts";

/** Seconds after which a request ends without an answer. */
const timeout = 30;

const { capture = false } = readPlan(__ENV["PLAN"]);

const params: RefinedParams<"text"> = {
  headers: {
    "content-type": "application/json",
    ...(!capture && { "intendant-capture": "none" }),
  },
  redirects: 0,
  responseType: "text",
  timeout: `${timeout}s`,
};
const quick: RefinedParams<"text"> = { ...params, timeout: "5s" };

const answerTime = new Trend(metric.latency, true);
const requests = new Counter(metric.requests);
const errors = new Counter(metric.errors);
const failedChecks = new Counter(metric.failedChecks);
const began = new Gauge(metric.began);
const lastAnswer = new Gauge(metric.lastAnswer);
const podGauges = {
  cpu: new Gauge(podMetric.cpu),
  start: new Gauge(podMetric.start),
  memory: new Gauge(podMetric.memory),
};

/** Each virtual user has its own instance of this module, and so its own tensors and bucket. */
let ownInference: Request | undefined;
let ownBucket: number | undefined;
let hasBegun = false;

/** The payloads of a plan, which all virtual users share; empty without a file of them. */
export function payloadsOf({ payloads }: Plan): Payload[] {
  if (payloads === undefined) return [];
  return new SharedArray("payloads", () => readPayloads(opened(payloads), payloads));
}

function opened(path: string): string {
  try {
    return open(path);
  } catch (error) {
    throw new Error(`Could not read the payloads in ${path}: ${String(error)}`, {
      cause: error,
    });
  }
}

/** Finds out what to ask; a service that was promoted a moment ago gets ten seconds to answer. */
export function awaited(plan: Plan, payloads: Payload[]): Question {
  const end = Date.now() + 10_000;
  let question = recognised(plan, payloads);
  while (question.kind === "unknown" && Date.now() < end) {
    sleep(0.5);
    question = recognised(plan, payloads);
  }
  if (question.kind === "inference" && payloads[0] && isSentence(payloads[0])) {
    throw new Error(`${plan.payloads} has sentences, but ${plan.model} is no intent classifier`);
  }
  return question;
}

/** What the service says it takes, asked once. */
export function recognised(plan: Plan, [payload]: Payload[]): Question {
  const url = `${plan.url}/v2/models/${encodeURIComponent(plan.model)}`;
  if (payload && !isSentence(payload)) return described(url);
  const languages = http.get(`${plan.url}/api/intent-supported-languages`, quick);
  if (languages.status === 200) return { kind: "intent", url: `${plan.url}/api/intent` };
  return languages.status === 404 ? described(url) : { kind: "unknown", url };
}

function described(url: string): Question {
  const metadata = http.get(url, quick);
  return metadata.status === 200 ? inference(url, metadata.body) : { kind: "unknown", url };
}

/** A request of which nothing is counted. */
export function warm(question: Question, payload?: Payload): void {
  send(question, payload);
}

/** When a measurement began, in milliseconds since 1970, and how many seconds it lasts. */
interface Period {
  began: number;
  duration: number;
}

/** A request that is measured. */
export function ask(question: Question, payload: Payload | undefined, period: Period): void {
  const bucket = bucketAt((Date.now() - period.began) / 1000, period.duration);
  if (bucket !== ownBucket) exec.vu.metrics.tags["bucket"] = String(bucket);
  ownBucket = bucket;
  const response = send(question, payload);
  const answered = response.status >= 200 && response.status < 300;
  const wrong = answered ? fault(question, response.body, payload) : unanswered(response);
  if (!hasBegun) began.add(period.began);
  hasBegun = true;
  requests.add(1);
  lastAnswer.add(Date.now());
  if (answered) answerTime.add(response.timings.duration);
  if (wrong === undefined) return;
  (answered ? failedChecks : errors).add(1);
  // A check is the only thing in k6 that carries a text to the summary; `::` would be a group.
  check(null, { [wrong.replaceAll("::", ":")]: () => false });
}

function send(question: Question, payload: Payload | undefined): RefinedResponse<"text"> {
  const { method, url, body } = nextRequest(question, payload);
  return http.request(method, url, body, params);
}

/** Tensors can be large, and making them anew each time would slow down the generator. */
function nextRequest(question: Question, payload: Payload | undefined): Request {
  if (question.kind !== "inference" || payload) return request(question, payload);
  ownInference ??= request(question);
  return ownInference;
}

/** Without addresses, so that the same failure has the same text. */
function unanswered({ status, error }: RefinedResponse<"text">): string {
  return status === 0 ? error.replaceAll(/[\d.]+:\d+(->)?/g, "") : `status ${status}`;
}

/** Keeps what the pods say of their processes; one that does not answer leaves nothing. */
export function readPods({ pods = [] }: Plan, moment: "before" | "after"): void {
  const requests = pods.map((pod) => ["GET", `${pod}/metrics`, null, quick] as const);
  const responses = pods.length > 0 ? http.batch(requests as never) : [];
  for (const [pod, response] of (responses as RefinedResponse<"text">[]).entries()) {
    const found = response.status === 200 ? reading(response.body) : undefined;
    if (!found) continue;
    const tags = { reading: readingTag(pod, moment) };
    for (const name of ["cpu", "start", "memory"] as const) podGauges[name].add(found[name], tags);
  }
}
