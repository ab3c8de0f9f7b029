import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import {
  annotatorDigest,
  pendingOf,
  type Enriched,
} from "../../../operator/src/enrichment/annotator.ts";
import type { Annotator, CaptureReport } from "../../../operator/src/state/capture-report.ts";
import type { Job } from "../../../operator/src/kube/objects.ts";
import { enrichmentJob } from "../../../operator/src/resources/enrichment-job.ts";
import { capture, enrichment, images, intentFr } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("annotator");

const [first, second] = ["ab".repeat(32), "cd".repeat(32)];
const one = (parts: Partial<Annotator> = {}): Annotator => ({
  sha256: first,
  enriched: 10,
  pending: 2,
  rate: 0,
  ...parts,
});
const other = (parts: Partial<Annotator> = {}) => one({ sha256: second, pending: 7, ...parts });
const report = (...annotators: Annotator[]): CaptureReport => ({
  state: "Connected",
  sentences: 30,
  annotators,
});

const unnamed = { ...enrichment, model: { bundled: "annotator" } };
const job = enrichmentJob(intentFr({ capture }), unnamed, {
  images,
  sha256: undefined,
  attempt: 1,
});
const ofOther: Job = {
  ...job,
  metadata: { annotations: { "intendant.dev/enrichment": '{"template":"a","model":"b"}' } },
};
const suspended: Job = { ...job, spec: { ...job.spec!, suspend: true } };
const complete: Job = { ...job, status: { conditions: [{ type: "Complete", status: "True" }] } };
const remembered = { enrichment: { annotator: first, pending: 5 } };

interface Case {
  world?: Partial<Enriched>;
  spec?: Partial<ModelDeployment["spec"]>;
  status?: ModelDeployment["status"];
}

const model = ({ spec, status }: Case) =>
  intentFr({ capture, enrichment: unnamed, ...spec }, status);

const digests: [title: string, parts: Case, digest: string | undefined][] = [
  ["is not known at first", {}, undefined],
  ["is what the spec or a ConfigMap says", { world: { annotator: { sha256: second } } }, second],
  [
    "is that of the model that serves, where it is the same",
    {
      spec: { model: unnamed.model },
      status: { serving: { revision: "aaaaaaaa", sha256: first } },
    },
    first,
  ],
  [
    "is the one in use",
    { world: { enrichmentJob: job, capture: report(one(), other({ active: true })) } },
    second,
  ],
  [
    "is the only one that makes progress",
    { world: { enrichmentJob: job, capture: report(one(), other({ rate: 5 })) } },
    second,
  ],
  [
    "is not known while two do",
    { world: { enrichmentJob: job, capture: report(one({ rate: 1 }), other({ rate: 5 })) } },
    undefined,
  ],
  [
    "is remembered as long as the Job is of it",
    { world: { enrichmentJob: suspended, capture: report(one()) }, status: remembered },
    first,
  ],
  [
    "is forgotten with a Job of another model",
    { world: { enrichmentJob: ofOther, capture: report(one({ rate: 1 })) }, status: remembered },
    undefined,
  ],
  [
    "is forgotten without a Job",
    { world: { capture: report(one()) }, status: remembered },
    undefined,
  ],
  ["is nothing without enrichment", { spec: { enrichment: undefined } }, undefined],
];

for (const [title, parts, digest] of digests) {
  test(`its digest ${title}`, () => {
    assert.is(annotatorDigest(model(parts), { ...parts.world }), digest);
  });
}

const open: [title: string, parts: Case, digest: string | undefined, count: number | undefined][] =
  [
    ["as many as the database counts", { world: { capture: report(one(), other()) } }, second, 7],
    ["all of them for a new one", { world: { capture: report(one()) } }, second, 30],
    ["all of them for an unknown one", { world: { capture: report(one()) } }, undefined, 30],
    [
      "none when its workers have come to their end",
      { world: { capture: report(one()), enrichmentJob: complete } },
      undefined,
      0,
    ],
    [
      "those that came since",
      { world: { capture: report(one()), enrichmentJob: complete } },
      first,
      2,
    ],
    ["as many as the status remembers", { status: remembered }, first, 5],
    ["an unknown number", {}, first, undefined],
  ];

for (const [title, parts, digest, count] of open) {
  test(`leaves ${title} pending`, () => {
    assert.is(pendingOf(model(parts), { ...parts.world }, digest), count);
  });
}

test.run();
