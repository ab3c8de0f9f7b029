import * as assert from "uvu/assert";
import { withRemedy } from "../../../operator/src/diagnosis/remedies.ts";
import { suite } from "../../support/suite.ts";

const test = suite("remedies");

const cases: [reason: string, words: string, remedy: string][] = [
  [
    "Unschedulable",
    "0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {a: b}",
    "lower spec.resources.requests or add a node that has so much; " +
      "add spec.pod.tolerations or remove the taint from a node",
  ],
  [
    "Unschedulable",
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector",
    "change spec.pod.nodeSelector or spec.pod.affinity, or label a node",
  ],
  [
    "Unschedulable",
    "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules",
    "change spec.pod.affinity or add a node that fits it",
  ],
  ["Unschedulable", "0/0 nodes are available", "make room on a node or add one"],
  [
    "FailedCreate",
    "a pod is forbidden: minimum memory usage per Container is 2Gi, but request is 1Gi",
    "change spec.resources or the namespace's LimitRange",
  ],
  [
    "FailedCreate",
    'a pod is forbidden: violates PodSecurity "restricted:latest": hostPath volumes',
    "change what the namespace enforces, or serve it in another one",
  ],
  [
    "FailedCreate",
    'admission webhook "a.example" denied it',
    "change what forbids the pod, or the spec",
  ],
  [
    "ImagePullBackOff",
    "image a.example/server:1 cannot be pulled: failed to authorize: 401 Unauthorized",
    "name in spec.pod.imagePullSecrets a Secret that exists and may pull it",
  ],
  [
    "CrashLoopBackOff",
    "the server ended with exit code 3",
    "its log may say more: kubectl logs --previous",
  ],
  [
    "CrashLoopBackOff",
    "the server ended with exit code 9: node: --no is not allowed in NODE_OPTIONS",
    "correct spec.server.env",
  ],
  [
    "Forbidden",
    'User "system:serviceaccount:a:b" cannot patch resource "services" in API group ""',
    "give the operator its rights again: helm upgrade --install intendant charts/intendant",
  ],
  ["Forbidden", "a policy forbids it", "change what forbids it, or the spec"],
  [
    "Refused",
    "Deployment.apps a is invalid: spec.template.spec.tolerations[0].key: Required value",
    "correct spec.pod.tolerations",
  ],
  [
    "Refused",
    "ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no",
    "change what forbids it, or the spec",
  ],
  [
    "ModelNotFound",
    "Could not read the model /models/a.onnx: there is no such file",
    "the server image has no such model; correct spec.model.bundled, for example intent-fr",
  ],
  [
    "DigestMismatch",
    "The SHA-256 of /models/a.onnx is 1, expected 2",
    "correct spec.model.sha256, or serve the file that it belongs to",
  ],
  ["Refused", "it is invalid", "correct the field of the spec that it comes from"],
];

for (const [reason, message, remedy] of cases) {
  test(`${reason}: ${message}`, () => {
    assert.equal(withRemedy({ reason, message }), { reason, message: `${message}; ${remedy}` });
  });
}

test("a remedy that is told already is not told again", () => {
  const message = "out of memory; raise spec.resources.requests.memory or limits.memory";
  assert.is(withRemedy({ reason: "OOMKilled", message }).message, message);
});

test("a full stop gives way to the remedy", () => {
  const { message } = withRemedy({ reason: "Forbidden", message: "A policy forbids it." });
  assert.is(message, "A policy forbids it; change what forbids it, or the spec");
});

test("what needs no remedy gets none", () => {
  const loading = { reason: "NotReady", message: "the model is being loaded" };
  assert.equal(withRemedy(loading), loading);
  const own = { reason: "Strange", message: "a reason that only Kubernetes knows" };
  assert.equal(withRemedy(own), own);
});

test.run();
