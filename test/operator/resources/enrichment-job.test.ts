import * as assert from "uvu/assert";
import type {
  EnrichmentSpec,
  ModelDeployment,
} from "../../../operator/src/api/model-deployment.ts";
import {
  changedJob,
  enrichmentJob,
  origin,
  originOf,
} from "../../../operator/src/resources/enrichment-job.ts";
import { capture, enrichment, images, intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("enrichment job");

const { sha256 } = enrichment.model;

const of = (spec: Partial<ModelDeployment["spec"]> = {}) =>
  intentFr({ capture, enrichment, ...spec });
const job = (spec: EnrichmentSpec = enrichment, model = of()) =>
  enrichmentJob(model, spec, { images, sha256: spec.model.sha256, attempt: 1 });

test("of a bundled model", () => {
  isGolden(job(), "enrichment-job/bundled");
});

test("of a model that is fetched, with a place and an image of its own", () => {
  const spec: EnrichmentSpec = {
    model: {
      url: { location: "https://models.example.com/large.onnx", maxSize: "1Gi" },
      sha256: "ab".repeat(32),
    },
    batchSize: 100,
    parallelism: 4,
    idle: { maxRequestsPerSecond: 1, for: "5m" },
    resources: { requests: { cpu: 2, memory: "4Gi" }, limits: { cpu: 4, memory: "8Gi" } },
    placement: {
      nodeSelector: { pool: "batch" },
      tolerations: [{ key: "batch", operator: "Exists" }],
      priorityClassName: "low",
    },
  };
  const model = of({
    server: { grpc: true, image: "registry.example/server:1", env: [{ name: "A", value: "b" }] },
    pod: { imagePullSecrets: [{ name: "registry" }], nodeSelector: { pool: "models" } },
    capture: {
      ...capture,
      databaseSecret: { name: "pg-app", key: "uri" },
      databaseCASecret: { name: "pg-ca", key: "ca.crt" },
    },
  });
  isGolden(job(spec, model), "enrichment-job/url");
});

test("says what it was made from, and by which attempt", () => {
  const made = enrichmentJob(of(), enrichment, { images, sha256, attempt: 3 });
  assert.equal(origin(made), { ...originOf(of(), enrichment, { images, sha256 }), attempt: 3 });
});

for (const text of ["", "{", "null", "7", '{"template": 1}', '{"template": "a"}']) {
  test(`of which somebody wrote ${text || "nothing"} does not say what it was made from`, () => {
    const annotations = { "intendant.dev/enrichment": text };
    assert.is(origin({ ...job(), metadata: { annotations } }), undefined);
  });
}

const template = (spec: Partial<EnrichmentSpec>, of = intentFr({ capture })) =>
  originOf(of, { ...enrichment, ...spec }, { images, sha256 }).template;

const lasting: [title: string, spec: Partial<EnrichmentSpec>][] = [
  ["the model", { model: { bundled: "other" } }],
  ["the size of a batch", { batchSize: 1 }],
  ["resources", { resources: { requests: { cpu: 1, memory: "1Gi" } } }],
  ["the place", { placement: { nodeSelector: { a: "b" } } }],
];

for (const [title, spec] of lasting) {
  test(`is another one for a change of ${title}`, () => {
    assert.is.not(template(spec), template({}));
  });
}

test("is another one when the database is, or the image", () => {
  const other = { ...capture, databaseSecret: { name: "other", key: "uri" } };
  assert.is.not(template({}, intentFr({ capture: other })), template({}));
  const means = { images: { ...images, server: "server:2" }, sha256 };
  assert.is.not(originOf(of(), enrichment, means).template, template({}));
});

test("is the same with more workers, another idle rule, and another sample", () => {
  const idle = { maxRequestsPerSecond: 9, for: "1h" };
  assert.is(template({ parallelism: 9, idle }), template({}));
  assert.is(template({}, intentFr({ capture: { ...capture, sample: "1%" } })), template({}));
});

test("is changed without its template, and only if it is still the same", () => {
  const made = job();
  const there = { ...made, metadata: { ...made.metadata, uid: "j", resourceVersion: "7" } };
  assert.equal(changedJob(there, { suspend: true, parallelism: 2 }), {
    metadata: { name: "intent-fr-enrichment", namespace: "demo", uid: "j" },
    spec: { suspend: true, parallelism: 2 },
  });
});

test.run();
