import * as assert from "uvu/assert";
import { Stalled, classifyApiError, Waiting } from "../../../operator/src/diagnosis/errors.ts";
import { ApiError } from "../../../operator/src/kube/errors.ts";
import { suite } from "../../support/suite.ts";

const test = suite("errors");

const refusal = (status: number, message: string) =>
  new ApiError("apply Deployment demo/intent-fr-aaaaaaaa", { status, reason: "", message });

test("an object that the API server finds invalid needs a person", () => {
  const error = classifyApiError(refusal(422, "spec.replicas: Invalid value")) as Stalled;
  assert.instance(error, Stalled);
  assert.is(error.reason, "Refused");
  assert.match(error.message, "spec.replicas: Invalid value");
  assert.match(error.message, "Deployment demo/intent-fr-aaaaaaaa");
});

test("an object with a field that its kind does not have needs a person", () => {
  const words =
    "failed to create typed patch object (demo/a; apps/v1, Kind=Deployment): " +
    ".spec.template.spec.affinity.nodeAffinity.required: field not declared in schema";
  const error = classifyApiError(refusal(500, words)) as Stalled;
  assert.instance(error, Stalled);
  assert.is(error.reason, "Refused");
  assert.match(error.message, /required: field not declared.*; correct spec.pod.affinity$/);
});

test("an object that a quota forbids needs a person", () => {
  const error = classifyApiError(refusal(403, "exceeded quota: pods")) as Stalled;
  assert.instance(error, Stalled);
  assert.is(error.reason, "Forbidden");
});

test("a namespace that is going only needs time", () => {
  const message = "unable to create: namespace demo is being terminated";
  assert.instance(classifyApiError(refusal(403, message)), Waiting);
});

for (const status of [409, 429, 500, 503]) {
  test(`a refusal with ${status} is tried again by the queue`, () => {
    const error = refusal(status, "later");
    assert.is(classifyApiError(error), error);
  });
}

test.run();
