import * as assert from "uvu/assert";
import { affectedBy } from "../../../tools/testing/changed.ts";
import { testFiles } from "../../../tools/testing/files.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Tests that a change can affect");
const all = testFiles("test");

for (const [changed, has, hasNot] of [
  ["operator/src/kube/queue.ts", "test/operator/kube/queue.test.ts", "test/model/model.test.ts"],
  [
    "server/src/tensors/json.ts",
    "test/server/serve/http/inference.test.ts",
    "test/operator/kube/queue.test.ts",
  ],
  [
    "test/support/manual-clock.ts",
    "test/operator/kube/leader.test.ts",
    "test/server/tensors/json.test.ts",
  ],
  [
    "test/operator/golden/service/default.yaml",
    "test/operator/resources/service.test.ts",
    "test/operator/kube/queue.test.ts",
  ],
  ["charts/intendant/values.yaml", "test/charts/chart.test.ts", "test/server/tensors/json.test.ts"],
  ["docs/install.md", "test/docs/documents.test.ts", "test/server/tensors/json.test.ts"],
  [
    "crds/modeldeployments.yaml",
    "test/e2e/admission/admission.test.ts",
    "test/server/tensors/json.test.ts",
  ],
  [
    "server/src/serve/main.ts",
    "test/e2e/serving/serving.test.ts",
    "test/operator/kube/queue.test.ts",
  ],
  ["tools/support/lock.ts", "test/tools/support/lock.test.ts", "test/server/tensors/json.test.ts"],
] as const) {
  test(`of ${changed} are ${has}, not ${hasNot}`, () => {
    const affected = affectedBy([changed], all);
    assert.ok(affected.includes(has), `${has} is not among ${affected.length}`);
    assert.not.ok(affected.includes(hasNot), `${hasNot} is`);
  });
}

test("are a test file itself", () => {
  const file = "test/tools/testing/changed.test.ts";
  assert.ok(affectedBy([file], all).includes(file));
});

test("are all of them where packages change", () => {
  assert.is(affectedBy(["package-lock.json"], all).length, all.length);
});

test("are none where nothing changed", () => assert.equal(affectedBy([], all), []));

test.run();
