import * as assert from "uvu/assert";
import type { Job, Pod } from "../../../operator/src/kube/objects.ts";
import {
  jobFailure,
  workersAtWork,
  workersProblem,
} from "../../../operator/src/enrichment/workers.ts";
import { hasWorkers } from "../../../operator/src/state/jobs.ts";
import { intentFr, observed, pod, worker } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("workers");

const model = intentFr();
const job: Job = {
  metadata: { name: "intent-fr-enrichment", uid: "j" },
  status: {
    conditions: [{ type: "Failed", status: "True", message: "the Job is over its limit" }],
  },
};

type Terminated = { exitCode: number; message?: string; reason?: string; finishedAt?: string };

function ended(name: string, terminated: Terminated, container = "enrich"): Pod {
  const rest = { image: "", imageID: "", ready: false, restartCount: 0 };
  const status = { name: container, ...rest, state: { terminated } };
  const isInit = container !== "enrich";
  return worker(model, name, {
    phase: "Failed",
    ...(isInit ? { initContainerStatuses: [status] } : { containerStatuses: [status] }),
  });
}

const leaving = (phase: string): Pod => {
  const one = worker(model, "leaving", { phase });
  return { ...one, metadata: { ...one.metadata, deletionTimestamp: "2026-10-01T12:00:00Z" } };
};

test("at work are those that run, and are not about to end", () => {
  const pods = [
    worker(model, "one"),
    worker(model, "two", { phase: "Pending" }),
    worker(model, "three", { phase: "Succeeded" }),
    leaving("Running"),
    pod(model, "aaaaaaaa", { ready: true, status: { phase: "Running" } }),
  ];
  assert.equal(
    workersAtWork(pods).map(({ metadata }) => metadata?.name),
    ["one"],
  );
});

const presence: [title: string, pods: Pod[], expected: boolean][] = [
  ["none", [], false],
  ["one that runs", [worker(model, "one")], true],
  ["one that waits for a node", [worker(model, "one", { phase: "Pending" })], true],
  ["one that is about to end", [leaving("Running")], true],
  ["one that is done", [worker(model, "one", { phase: "Succeeded" })], false],
  ["one that failed", [worker(model, "one", { phase: "Failed" })], false],
  ["a server", [pod(model, "aaaaaaaa", { ready: true })], false],
];

for (const [title, pods, expected] of presence) {
  test(`are there, with ${title}: ${expected}`, () => {
    assert.is(hasWorkers(observed({ pods })), expected);
  });
}

const failures: [title: string, pods: Pod[], says: string][] = [
  [
    "what the worker says",
    [ended("a", { exitCode: 33, message: "no such database" })],
    "a worker exited with code 33: no such database",
  ],
  [
    "what the last one says",
    [
      ended("a", { exitCode: 1, message: "first", finishedAt: "2026-10-01T12:00:00Z" }),
      ended("c", { exitCode: 1, message: "last", finishedAt: "2026-10-01T12:00:02Z" }),
      ended("b", { exitCode: 1, message: "second", finishedAt: "2026-10-01T12:00:01Z" }),
    ],
    "a worker exited with code 1: last",
  ],
  [
    "too little memory, and where to give it more",
    [ended("a", { exitCode: 137, reason: "OOMKilled" })],
    "a worker exited with code 137, out of memory; raise spec.enrichment.resources.requests.memory or limits.memory",
  ],
  [
    "another file than the spec promises",
    [
      ended(
        "a",
        {
          exitCode: 22,
          message: '{"reason":"DigestMismatch","message":"it is ab12, expected cd34"}',
        },
        "verify",
      ),
    ],
    "it is ab12, expected cd34; correct spec.enrichment.model.sha256, or provide the file with that digest",
  ],
  ["Kubernetes' words where no pod is left", [], "the Job is over its limit"],
  [
    "no pod of another Job",
    [{ ...ended("a", { exitCode: 1, message: "other" }), metadata: { name: "a" } }],
    "the Job is over its limit",
  ],
];

for (const [title, pods, says] of failures) {
  test(`of a Job that failed tell ${title}`, () => {
    assert.equal(jobFailure(observed({ pods }), job), { reason: "WorkerFailed", message: says });
  });
}

test("of a Job that is under way tell what holds them up now rather than what ended them before", () => {
  const before = ended("a", { exitCode: 34, message: "the database is away" });
  assert.equal(workersProblem(observed({ pods: [before] }), job), {
    reason: "WorkerFailed",
    message: "a worker exited with code 34: the database is away",
  });
  const waiting = worker(model, "b", {
    phase: "Pending",
    conditions: [
      { type: "PodScheduled", status: "False", message: "1 node(s) had untolerated taint" },
    ],
  });
  assert.equal(workersProblem(observed({ pods: [before, waiting] }), job), {
    reason: "Unschedulable",
    message:
      "1 node(s) had untolerated taint; add spec.enrichment.placement.tolerations or remove the taint from a node",
  });
  assert.is(
    workersProblem(observed({ pods: [worker(model, "c", { phase: "Pending" })] }), job),
    undefined,
  );
});

test.run();
