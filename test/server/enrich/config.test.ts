import * as assert from "uvu/assert";
import { readEnrichConfig } from "../../../server/src/enrich/config.ts";
import { terminationLog } from "../../../server/src/process/termination-message.ts";
import { suite } from "../../support/suite.ts";

const test = suite("enrich/config");
const least = { CAPTURE_MODEL: "demo/intent-fr", MODEL_PATH: "a.onnx" };

test("needs to know whose sentences, and the annotator", () => {
  assert.equal(readEnrichConfig(least), {
    model: "demo/intent-fr",
    modelPath: "a.onnx",
    modelSha256: undefined,
    databaseFolder: "/database",
    batchSize: 5000,
    lockSeconds: 60,
    outageSeconds: 300,
    logLevel: "info",
  });
  assert.is(terminationLog({}), "/dev/termination-log");
});

const wrong: [environment: Record<string, string>, message: RegExp][] = [
  [{ CAPTURE_MODEL: "" }, /^CAPTURE_MODEL is not set; write namespace\/name/],
  [{ CAPTURE_MODEL: "intent-fr" }, /^CAPTURE_MODEL is "intent-fr"; write/],
  [{ MODEL_PATH: " " }, /^MODEL_PATH is not set; write/],
  [{ MODEL_SHA256: "abc" }, /^MODEL_SHA256 is "abc"; write 64/],
  [{ BATCH_SIZE: "0" }, /^BATCH_SIZE is "0"; write a whole number from 1 to 100000/],
  [{ BATCH_SIZE: "many" }, /^BATCH_SIZE is "many"/],
  [{ LOCK_SECONDS: "0.5" }, /^LOCK_SECONDS is "0.5"/],
  [{ OUTAGE_SECONDS: "-1" }, /^OUTAGE_SECONDS is "-1"/],
  [{ LOG_LEVEL: "loud" }, /^LOG_LEVEL is "loud"; write one of trace/],
];
for (const [environment, message] of wrong) {
  test(`refuses ${JSON.stringify(environment)}`, () => {
    assert.throws(() => readEnrichConfig({ ...least, ...environment }), message);
  });
}

test.run();
