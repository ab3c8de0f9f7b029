import * as assert from "uvu/assert";
import type {
  EnrichmentSpec,
  ModelDeployment,
} from "../../../operator/src/api/model-deployment.ts";
import type { CaptureReport } from "../../../operator/src/state/capture-report.ts";
import {
  decideEnrichment as decide,
  type Enrichment,
} from "../../../operator/src/enrichment/enrichment.ts";
import type { Observed } from "../../../operator/src/state/observed.ts";
import type { Job, Pod } from "../../../operator/src/kube/objects.ts";
import { enrichmentJob, origin } from "../../../operator/src/resources/enrichment-job.ts";
import type { Traffic } from "../../../operator/src/state/traffic.ts";
import { suite } from "../../support/suite.ts";
import { capture, enrichment, images, intentFr, observed, worker } from "../fixtures.ts";

const test = suite("enrichment");

const now = new Date("2026-10-01T12:00:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();
const sha256 = enrichment.model.sha256!;

/** What is the case, as short as a table wants it. */
interface Case {
  spec?: Partial<ModelDeployment["spec"]>;
  enrichment?: Partial<EnrichmentSpec>;
  job?: Job | undefined;
  pods?: Pod[];
  traffic?: Traffic | undefined;
  /** How many sentences are pending. */
  pending?: number;
  capture?: CaptureReport | undefined;
  annotator?: Observed["annotator"];
  isMeasuring?: boolean;
  status?: ModelDeployment["status"];
}

const quiet: Traffic = { state: "Quiet", milliseconds: 300_000 };
const hasty: Traffic = { state: "Quiet", milliseconds: 299_000 };
const busy: Traffic = { state: "Busy" };
const silent: Traffic = { state: "Unknown", pod: "a-pod" };

const model = (parts: Case = {}) =>
  intentFr(
    { capture, enrichment: { ...enrichment, ...parts.enrichment }, ...parts.spec },
    parts.status,
  );

const report = (pending: number): CaptureReport => ({
  state: "Connected",
  captured: 9000,
  sentences: 8000,
  dropped: 0,
  annotators: [{ sha256, enriched: 8000 - pending, pending, rate: 0 }],
});

function decided(parts: Case): Enrichment {
  const { job, pods = [], pending = 5000, isMeasuring = false } = parts;
  const traffic = "traffic" in parts ? parts.traffic : quiet;
  const said = "capture" in parts ? parts.capture : report(pending);
  const { annotator = { sha256 } } = parts;
  const world = observed({ pods, traffic, capture: said, annotator });
  if (job) world.enrichmentJob = job;
  return decide({ model: model(parts), observed: world, images, isMeasuring, now });
}

function made(attempt = 1, parts: Case = {}): Job {
  const of = model(parts);
  const job = enrichmentJob(of, of.spec.enrichment!, { images, sha256, attempt });
  return { ...job, metadata: { ...job.metadata, uid: "j" } };
}

const running = made();
const suspended: Job = { ...running, spec: { ...running.spec!, suspend: true } };
const going: Job = { ...running, metadata: { ...running.metadata, deletionTimestamp: ago(1) } };
const older = made(1, { enrichment: { batchSize: 7 } });
const olderSuspended: Job = { ...older, spec: { ...older.spec!, suspend: true } };

function over(job: Job, type: "Complete" | "Failed", end: number, begin = end + 60): Job {
  const conditions = [
    { type, status: "True", lastTransitionTime: ago(end), message: "Job has reached the limit" },
  ];
  return { ...job, status: { startTime: ago(begin), conditions } };
}

const atWork = [worker(model(), "one"), worker(model(), "two")];
const failed = worker(model(), "three", {
  phase: "Failed",
  containerStatuses: [
    {
      name: "enrich",
      image: "",
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: 33, message: "the database intendant does not exist" } },
    },
  ],
});
const unschedulable = worker(model(), "four", {
  phase: "Pending",
  conditions: [
    { type: "PodScheduled", status: "False", message: "0/1 nodes: 1 Insufficient memory." },
  ],
});
const missing = { problem: { reason: "ModelNotFound", message: "ConfigMap own does not exist" } };
const unreachable: CaptureReport = {
  ...report(5000),
  state: "DatabaseUnreachable",
  message: "no route",
};

/** The action, `suspend` and `resume` for changes of that, and what the condition says. */
const cases: [title: string, parts: Case, action: string, says: string | undefined][] = [
  ["begins when it is quiet and a batch is pending", {}, "create", "False Starting"],
  ["does nothing while nothing is pending", { pending: 0 }, "nothing", "False NothingPending"],
  ["although it is busy", { pending: 0, traffic: busy }, "nothing", "False NothingPending"],
  ["waits while it is busy", { traffic: busy }, "nothing", "False Busy"],
  ["waits for the whole quiet time", { traffic: hasty }, "nothing", "False QuietTime"],
  ["takes unknown traffic for busy", { traffic: silent }, "nothing", "False TrafficUnknown"],
  ["decides nothing before it knows the traffic", { traffic: undefined }, "nothing", undefined],
  ["waits for a measurement", { isMeasuring: true }, "nothing", "False Measuring"],
  ["waits for the database", { capture: unreachable }, "nothing", "False DatabaseUnreachable"],
  ["needs a model to label with", { annotator: missing }, "nothing", "False ModelNotFound"],
  [
    "begins with less than a batch when there was no Job before",
    { pending: 1 },
    "create",
    "False Starting",
  ],
  [
    "begins for an annotator that the database does not know yet",
    { capture: { ...report(0), annotators: [] } },
    "create",
    "False Starting",
  ],
  [
    "does not begin when no server says what there is",
    { capture: { state: "NoAnswer", annotators: [] } },
    "nothing",
    "False NoAnswer",
  ],
  ["decides nothing before one was asked", { capture: undefined }, "nothing", undefined],
  [
    "begins without any server for what the status remembers",
    { capture: { state: "NoAnswer", annotators: [] }, status: { enrichment: { pending: 9 } } },
    "create",
    "False Starting",
  ],

  ["goes on while it is quiet", { job: running, pods: atWork }, "nothing", "True Running"],
  [
    "goes on after only a moment",
    { job: running, pods: atWork, traffic: hasty },
    "nothing",
    "True Running",
  ],
  [
    "goes on until the traffic is known",
    { job: running, pods: atWork, traffic: undefined },
    "nothing",
    "True Running",
  ],
  [
    "goes on to its end when nothing is pending",
    { job: running, pods: atWork, pending: 0 },
    "nothing",
    "True Running",
  ],
  [
    "goes on although servers lose the database",
    { job: running, pods: atWork, capture: unreachable },
    "nothing",
    "True Running",
  ],
  [
    "goes on although its model is gone",
    { job: running, pods: atWork, annotator: missing },
    "nothing",
    "True Running",
  ],
  [
    "pauses when it becomes busy",
    { job: running, pods: atWork, traffic: busy },
    "suspend",
    "False Busy",
  ],
  [
    "pauses when a pod falls silent",
    { job: running, traffic: silent },
    "suspend",
    "False TrafficUnknown",
  ],
  ["pauses for a measurement", { job: running, isMeasuring: true }, "suspend", "False Measuring"],
  [
    "pauses although its model is gone",
    { job: running, annotator: missing, traffic: busy },
    "suspend",
    "False Busy",
  ],
  [
    "says why workers cannot begin",
    { job: running, annotator: missing },
    "nothing",
    "False ModelNotFound",
  ],
  ["says that workers are starting", { job: running }, "nothing", "False Starting"],
  [
    "says why workers cannot run",
    { job: running, pods: [unschedulable] },
    "nothing",
    "False Unschedulable",
  ],
  ["says why workers ended", { job: running, pods: [failed] }, "nothing", "False WorkerFailed"],
  [
    "speaks of those that run",
    { job: running, pods: [failed, ...atWork] },
    "nothing",
    "True Running",
  ],
  [
    "takes another number of workers over",
    { job: running, pods: atWork, enrichment: { parallelism: 3 } },
    "resume",
    "True Running",
  ],

  ["resumes after the quiet time", { job: suspended }, "resume", "False Starting"],
  ["and not before", { job: suspended, traffic: hasty }, "nothing", "False QuietTime"],
  ["stays paused while it is busy", { job: suspended, traffic: busy }, "nothing", "False Busy"],
  [
    "stays paused while a pod is silent",
    { job: suspended, traffic: silent },
    "nothing",
    "False TrafficUnknown",
  ],
  [
    "stays paused during a measurement",
    { job: suspended, isMeasuring: true },
    "nothing",
    "False Measuring",
  ],
  [
    "stays paused until the traffic is known",
    { job: suspended, traffic: undefined },
    "nothing",
    undefined,
  ],

  ["removes what another spec made", { job: older, pods: atWork }, "remove", "False Waiting"],
  [
    "also where it is paused and busy",
    { job: olderSuspended, traffic: busy },
    "remove",
    "False Waiting",
  ],
  ["waits until that is gone", { job: going }, "nothing", "False Waiting"],
  [
    "puts another in the place of one that is over",
    { job: over(older, "Complete", 1) },
    "replace",
    "False Starting",
  ],
  [
    "begins again at once for a whole batch",
    { job: over(running, "Complete", 1) },
    "replace",
    "False Starting",
  ],
  [
    "gathers less than a batch for a while",
    { job: over(running, "Complete", 299), pending: 4999 },
    "nothing",
    "False QuietTime",
  ],
  [
    "and no longer",
    { job: over(running, "Complete", 300), pending: 4999 },
    "replace",
    "False Starting",
  ],
  [
    "rests when the work is done",
    { job: over(running, "Complete", 9000), pending: 0 },
    "nothing",
    "False NothingPending",
  ],

  ["pauses after a failure", { job: over(running, "Failed", 59) }, "nothing", "False WorkerFailed"],
  [
    "tries again after a minute",
    { job: over(running, "Failed", 60) },
    "replace",
    "False WorkerFailed",
  ],
  [
    "after two the next time",
    { job: over(made(2), "Failed", 119) },
    "nothing",
    "False WorkerFailed",
  ],
  ["and then", { job: over(made(2), "Failed", 120) }, "replace", "False WorkerFailed"],
  [
    "after an hour at most",
    { job: over(made(40), "Failed", 3599) },
    "nothing",
    "False WorkerFailed",
  ],
  ["and then again", { job: over(made(40), "Failed", 3600) }, "replace", "False WorkerFailed"],
  [
    "after a minute where it went well for long",
    { job: over(made(9), "Failed", 60, 60 + 3601) },
    "replace",
    "False WorkerFailed",
  ],
  [
    "not while it is busy",
    { job: over(running, "Failed", 60), traffic: busy },
    "nothing",
    "False WorkerFailed",
  ],
  [
    "at once when the spec has changed",
    { job: over(older, "Failed", 1) },
    "replace",
    "False Starting",
  ],

  ["changes nothing while paused", { spec: { paused: true } }, "nothing", "False Paused"],
  [
    "not even what is under way",
    { spec: { paused: true }, job: running, traffic: busy },
    "nothing",
    "False Paused",
  ],
];

/** As a word. */
function word({ action }: Enrichment): string {
  if (action.kind !== "change") return action.kind;
  return action.change.spec.suspend ? "suspend" : "resume";
}

for (const [title, parts, action, says] of cases) {
  test(title, () => {
    const found = decided(parts);
    const { verdict } = found;
    assert.is(word(found), action);
    assert.is(verdict && `${verdict.status} ${verdict.reason}`, says);
    if (verdict) assert.not.match(verdict.message, /undefined|NaN|^$|\.$/);
  });
}

test("removes the Job of a spec without enrichment, unless it is paused", () => {
  const input = { images, isMeasuring: false, now };
  const of = (spec: Partial<ModelDeployment["spec"]>, job?: Job) => {
    const world = observed(job && { enrichmentJob: job });
    return decide({ ...input, model: intentFr(spec), observed: world });
  };
  assert.equal(of({ capture }, running), { action: { kind: "remove", old: running } });
  assert.equal(of({ capture, paused: true }, running), { action: { kind: "nothing" } });
  assert.equal(of({}), { action: { kind: "nothing" } });
});

const messages: [parts: Case, says: RegExp][] = [
  [{ traffic: busy }, /^more than 1 request per second; workers wait until .* below that for 5m$/],
  [{ traffic: silent }, /pod a-pod does not report .* run: kubectl logs a-pod -n demo$/],
  [{ capture: unreachable }, /^no route; see condition Capturing$/],
  [{ job: running, pods: atWork }, /^2\/2 workers are running$/],
  [
    { job: running, pods: [unschedulable] },
    /lower spec\.enrichment\.resources\.requests or add a node/,
  ],
  [
    { job: over(made(3), "Failed", 1), pods: [failed] },
    /^a worker exited with code 33: the database intendant does not exist; retried after 4 min/,
  ],
  [{ job: over(running, "Failed", 1) }, /^Job has reached the limit; retried after 1 min/],
  [{ annotator: missing }, /^ConfigMap own does not exist$/],
];

for (const [parts, says] of messages) {
  test(`says ${says.source}`, () => assert.match(decided(parts).verdict?.message ?? "", says));
}

const times: [title: string, parts: Case, again: number | undefined][] = [
  ["for the pause after a failure", { job: over(running, "Failed", 20) }, 40_000],
  ["while it gathers", { job: over(running, "Complete", 100), pending: 1 }, 200_000],
  ["for nothing that somebody will tell of", { traffic: hasty }, undefined],
  [
    "for nothing when nothing is pending",
    { job: over(running, "Complete", 1), pending: 0 },
    undefined,
  ],
];

for (const [title, parts, again] of times) {
  test(`looks again ${title}`, () => assert.is(decided(parts).again, again));
}

test("counts the Jobs that failed in a row", () => {
  const next = (job: Job) => {
    const { action } = decided({ job });
    return action.kind === "replace" ? origin(action.job)?.attempt : undefined;
  };
  assert.is(next(over(running, "Failed", 60)), 2);
  assert.is(next(over(made(2), "Failed", 120)), 3);
  assert.is(next(over(made(7), "Failed", 60, 3661)), 2);
  assert.is(next(over(made(7), "Complete", 60)), 1);
});

test.run();
