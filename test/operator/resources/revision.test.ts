import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { podTemplate, type Images } from "../../../operator/src/resources/deployment.ts";
import { revisionOfTemplate } from "../../../operator/src/resources/revision.ts";
import { images, intentFr } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("revision");

const of = (model: ModelDeployment, sha256?: string, with_: Images = images) =>
  revisionOfTemplate(podTemplate(model, sha256, with_));
const first = of(intentFr());

test("is eight hexadecimal digits", () => {
  assert.match(first, /^[0-9a-f]{8}$/);
});

test("does not depend on the order of keys", () => {
  const { metadata, spec } = podTemplate(intentFr(), undefined, images);
  assert.is(revisionOfTemplate({ ...(spec && { spec }), ...(metadata && { metadata }) }), first);
});

const bigger = { requests: { cpu: "250m", memory: "2Gi" } };
const others: [title: string, revision: string][] = [
  ["another model", of(intentFr({ model: { bundled: "intent-en" } }))],
  ["another file under the same name", of(intentFr(), "ab".repeat(32))],
  ["other resources", of(intentFr({ resources: bigger }))],
  ["another server image", of(intentFr(), undefined, { ...images, server: "server:0.2.0" })],
];

for (const [title, other] of others) {
  test(`is another one for ${title}`, () => assert.is.not(other, first));
}

const same: [title: string, revision: string][] = [
  ["the number of pods", of(intentFr({ replicas: 7 }))],
  ["the promise", of(intentFr({ slo: { p95: "1ms" } }))],
  [
    "how it is measured",
    of(intentFr({ benchmark: { scenario: "Users", duration: "5s", warmUp: "0s" } })),
  ],
  ["the benchmark image", of(intentFr(), undefined, { ...images, benchmark: "k6:2" })],
  ["the generation", of({ ...intentFr(), metadata: { ...intentFr().metadata, generation: 9 } })],
];

for (const [title, other] of same) {
  test(`does not depend on ${title}`, () => assert.is(other, first));
}

test.run();
