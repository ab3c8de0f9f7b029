/** The service under test, as each of k6's virtual users sees it: which requests it takes, and sending them. */
import { check, sleep } from "k6";
import { SharedArray } from "k6/data";
import exec from "k6/execution";
import http, { type RefinedParams, type RefinedResponse } from "k6/http";
import { Counter, Gauge, Trend } from "k6/metrics";
import type { Plan } from "../../contract.ts";
import { isSentence, readPayloads, type Payload } from "./payloads.ts";
import { readPlan } from "../plan.ts";
import { podMetric, reading, readingTag } from "../measurement/pods.ts";
import { problemIn, inference, request, type RequestShape, type Request } from "./request-shape.ts";
import { bucketAt } from "../measurement/series.ts";
import { metric } from "../measurement/summary.ts";

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

/** Which requests the service takes; one that was promoted a moment ago gets ten seconds to answer. */
export function waitForRequestShape(plan: Plan, payloads: Payload[]): RequestShape {
  const end = Date.now() + 10_000;
  let shape = detectRequestShape(plan, payloads);
  while (shape.kind === "unknown" && Date.now() < end) {
    sleep(0.5);
    shape = detectRequestShape(plan, payloads);
  }
  if (shape.kind === "inference" && payloads[0] && isSentence(payloads[0])) {
    throw new Error(
      `${plan.payloads} has sentences, but ${plan.model} is not an intent classifier`,
    );
  }
  return shape;
}

/** Which requests the service takes by its own account, asked for once. */
export function detectRequestShape(plan: Plan, [payload]: Payload[]): RequestShape {
  const url = `${plan.url}/v2/models/${encodeURIComponent(plan.model)}`;
  if (payload && !isSentence(payload)) return described(url);
  const languages = http.get(`${plan.url}/api/intent-supported-languages`, quick);
  if (languages.status === 200) return { kind: "intent", url: `${plan.url}/api/intent` };
  return languages.status === 404 ? described(url) : { kind: "unknown", url };
}

function described(url: string): RequestShape {
  const metadata = http.get(url, quick);
  return metadata.status === 200 ? inference(url, metadata.body) : { kind: "unknown", url };
}

/** A request of which nothing is counted. */
export function warm(shape: RequestShape, payload?: Payload): void {
  send(shape, payload);
}

/** When a measurement began, in milliseconds since 1970, and how many seconds it lasts. */
interface Period {
  began: number;
  duration: number;
}

/** A request that is measured. */
export function ask(shape: RequestShape, payload: Payload | undefined, period: Period): void {
  const bucket = bucketAt((Date.now() - period.began) / 1000, period.duration);
  if (bucket !== ownBucket) exec.vu.metrics.tags["bucket"] = String(bucket);
  ownBucket = bucket;
  const response = send(shape, payload);
  const answered = response.status >= 200 && response.status < 300;
  const wrong = answered ? problemIn(shape, response.body, payload) : unanswered(response);
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

function send(shape: RequestShape, payload: Payload | undefined): RefinedResponse<"text"> {
  const { method, url, body } = nextRequest(shape, payload);
  return http.request(method, url, body, params);
}

/** Tensors can be large, and making new ones each time would slow down the generator. */
function nextRequest(shape: RequestShape, payload: Payload | undefined): Request {
  if (shape.kind !== "inference" || payload) return request(shape, payload);
  ownInference ??= request(shape);
  return ownInference;
}

/** Without addresses, so that the same failure has the same text. */
function unanswered({ status, error }: RefinedResponse<"text">): string {
  return status === 0 ? error.replaceAll(/[\d.]+:\d+(->)?/g, "") : `status ${status}`;
}

/** Keeps the counters of the pods' processes; of a pod that does not answer, none. */
export function readPods({ pods = [] }: Plan, moment: "before" | "after"): void {
  const reads = pods.map((pod) => ["GET", `${pod}/metrics`, null, quick] as const);
  const responses = pods.length > 0 ? http.batch(reads as never) : [];
  for (const [pod, response] of (responses as RefinedResponse<"text">[]).entries()) {
    const found = response.status === 200 ? reading(response.body) : undefined;
    if (!found) continue;
    const tags = { reading: readingTag(pod, moment) };
    for (const name of ["cpu", "start", "memory"] as const) podGauges[name].add(found[name], tags);
  }
}
