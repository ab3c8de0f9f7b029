import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import type { ConfigMap } from "../../../operator/src/kube/objects.ts";
import {
  claimSource,
  configMapSource,
  unseenSource,
} from "../../../operator/src/observe/model-source.ts";
import { intentFr } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("source");

const bytes = Buffer.from([8, 9, 0, 255, 254]);
const digest = createHash("sha256").update(bytes).digest("hex");
const configMap: ConfigMap = { binaryData: { "model.onnx": bytes.toString("base64") } };
const own = (sha256?: string) =>
  intentFr({
    model: { configMap: { name: "own", key: "model.onnx" }, ...(sha256 && { sha256 }) },
  });

test("that only the pods see has the digest that the spec promises, which they check", () => {
  assert.equal(unseenSource(intentFr()), { sha256: undefined });
  const model = { bundled: "intent-fr", sha256: digest };
  assert.equal(unseenSource(intentFr({ model })), { sha256: digest });
});

test("on a volume has the digest that the spec promises", () => {
  const persistentVolumeClaim = { claimName: "models", path: "model.onnx" };
  const model = intentFr({ model: { persistentVolumeClaim, sha256: digest } });
  assert.equal(claimSource(model, {}), { sha256: digest });
  assert.equal(claimSource(model, undefined), {
    problem: {
      reason: "ModelNotFound",
      message:
        "PersistentVolumeClaim models does not exist; create it, or name one of those that this " +
        "shows: kubectl get persistentvolumeclaim -n demo",
    },
  });
});

test("in a ConfigMap has the digest of the bytes in it", () => {
  assert.equal(configMapSource(own(), configMap), { sha256: digest });
  assert.equal(configMapSource(own(digest), configMap), { sha256: digest });
});

test("of plain text is found in a ConfigMap's data", () => {
  const sha256 = createHash("sha256").update("text").digest("hex");
  assert.equal(configMapSource(own(), { data: { "model.onnx": "text" } }), { sha256 });
});

test("that does not exist is a problem with the command that creates it", () => {
  assert.equal(configMapSource(own(), undefined), {
    problem: {
      reason: "ModelNotFound",
      message:
        "ConfigMap own does not exist; " +
        "run: kubectl create configmap own -n demo --from-file=model.onnx=model.onnx",
    },
  });
});

test("without its key is a problem with the command that puts it there", () => {
  const source = configMapSource(own(), { binaryData: { other: "" } });
  assert.match(
    source.problem?.message ?? "",
    /^ConfigMap own has no key model.onnx; run: kubectl create .* \| kubectl replace -f -$/,
  );
});

test("of another digest than promised is a problem that shows both", () => {
  const promised = "0".repeat(64);
  const source = configMapSource(own(promised), configMap);
  assert.is(source.problem?.reason, "DigestMismatch");
  assert.match(source.problem?.message ?? "", promised);
  assert.match(source.problem?.message ?? "", digest);
});

test.run();
