import * as assert from "uvu/assert";
import { selection, testFiles, wantedFiles } from "../../../tools/testing/files.ts";
import { suite } from "../../support/suite.ts";

const test = suite("The choice of test files");

const fast = "test/operator/plan/plan.test.ts";
const patient = "test/clients/curl.test.ts";
const cluster = "test/e2e/serving/serving.test.ts";
const alone = "test/e2e/alone/upgrade.test.ts";
const long = "test/long/pipeline/pipeline.test.ts";
const longOnCluster = "test/e2e/long/capacity.test.ts";
const longAndAlone = "test/e2e/long/alone/faults.test.ts";
const all = [fast, patient, cluster, alone, long, longOnCluster, longAndAlone];

for (const [title, wanted, files] of [
  ["no option has the fast ones", { cluster: false, long: false }, [fast]],
  [
    "--cluster has all but the long ones",
    { cluster: true, long: false },
    [fast, patient, cluster, alone],
  ],
  [
    "--long has the long ones and no others",
    { cluster: false, long: true },
    [long, longOnCluster, longAndAlone],
  ],
] as const) {
  test(`with ${title}`, () => assert.equal(wantedFiles(all, wanted), files));
}

test("is sorted by what may run beside each other", () => {
  assert.equal(selection(all), {
    local: [fast, patient, long],
    together: [cluster, longOnCluster],
    alone: [alone, longAndAlone],
  });
});

test("finds files by their folder, and a file by its name", () => {
  const own = "test/tools/testing/files.test.ts";
  assert.ok(testFiles("test/tools/testing").includes(own));
  assert.ok(testFiles("test/tools/testing/").includes(own), "as a shell completes it");
  assert.equal(testFiles(own), [own]);
  assert.equal(testFiles("test/nowhere"), []);
});

test("has each test file of this checkout in one run or another", () => {
  const every = testFiles("test");
  const found = [
    ...wantedFiles(every, { cluster: true, long: false }),
    ...wantedFiles(every, { cluster: false, long: true }),
  ];
  assert.equal(found.toSorted(), every.toSorted());
});

test.run();
