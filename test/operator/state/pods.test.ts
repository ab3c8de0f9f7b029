import * as assert from "uvu/assert";
import type { Pod } from "../../../operator/src/kube/objects.ts";
import { nameOf } from "../../../operator/src/kube/objects.ts";
import { earliestPods, isTerminated } from "../../../operator/src/state/pods.ts";
import { suite } from "../../support/suite.ts";
import { intentFr, pod } from "../fixtures.ts";

const test = suite("pods");

function created(name: string, revision: string, creationTimestamp: string): Pod {
  const made = pod(intentFr(), revision, { name });
  return { ...made, metadata: { ...made.metadata, creationTimestamp } };
}

test("the earliest pod of each revision is the first one created, not the first one given", () => {
  const pods = [
    created("a", "aaaaaaaa", "2026-10-01T12:05:00Z"),
    created("b", "aaaaaaaa", "2026-10-01T12:00:00Z"),
    created("c", "aaaaaaaa", "2026-10-01T12:00:00Z"),
    created("d", "bbbbbbbb", "2026-10-01T12:09:00Z"),
  ];
  assert.equal(
    earliestPods(pods).map(([revision, one]) => [revision, nameOf(one)]),
    [
      ["aaaaaaaa", "b"],
      ["bbbbbbbb", "d"],
    ],
  );
});

test("a pod that belongs to no revision is the earliest of none", () => {
  const one = created("a", "aaaaaaaa", "2026-10-01T12:00:00Z");
  assert.equal(earliestPods([{ ...one, metadata: { ...one.metadata, labels: {} } }]), []);
});

for (const [phase, expected] of Object.entries({
  Pending: false,
  Running: false,
  Unknown: false,
  Succeeded: true,
  Failed: true,
})) {
  test(`a pod in phase ${phase} is ${expected ? "" : "not "}terminated`, () => {
    assert.is(isTerminated({ status: { phase } }), expected);
  });
}

test.run();
