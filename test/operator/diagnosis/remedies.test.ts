import * as assert from "uvu/assert";
import { withRemedy } from "../../../operator/src/diagnosis/remedies.ts";
import { suite } from "../../support/suite.ts";

const test = suite("remedies");

const cases: [reason: string, words: string, remedy: string][] = [
  [
    "Unschedulable",
    "0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {a: b}",
    "lower spec.resources.requests or add a node with enough free resources; " +
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
    "change spec.pod.affinity or add a node that matches it",
  ],
  ["Unschedulable", "0/0 nodes are available", "free resources on a node or add a node"],
  [
    "FailedCreate",
    "a pod is forbidden: minimum memory usage per Container is 2Gi, but request is 1Gi",
    "change spec.resources or the namespace's LimitRange",
  ],
  [
    "FailedCreate",
    'a pod is forbidden: violates PodSecurity "restricted:latest": hostPath volumes',
    "relax the Pod Security Standard of the namespace, or use another namespace",
  ],
  [
    "FailedCreate",
    'admission webhook "a.example" denied it',
    "change the policy that forbids the pod, or change the spec",
  ],
  [
    "ImagePullBackOff",
    "image a.example/server:1 cannot be pulled: failed to authorize: 401 Unauthorized",
    "list a Secret with access to the registry in spec.pod.imagePullSecrets",
  ],
  ["CrashLoopBackOff", "the server exited with code 3", "see its log: kubectl logs --previous"],
  ["CrashLoopBackOff", "the server exited with code 3", "see its log: kubectl logs --previous"],
  [
    "CrashLoopBackOff",
    "the server exited with code 9: node: --no is not allowed in NODE_OPTIONS",
    "correct spec.server.env",
  ],
  [
    "Forbidden",
    'User "system:serviceaccount:a:b" cannot patch resource "services" in API group ""',
    "restore the operator's permissions: helm upgrade --install intendant charts/intendant",
  ],
  ["Forbidden", "a policy forbids it", "change the policy that forbids it, or change the spec"],
  [
    "Refused",
    "Deployment.apps a is invalid: spec.template.spec.tolerations[0].key: Required value",
    "correct spec.pod.tolerations",
  ],
  [
    "Refused",
    "ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no",
    "change the policy that forbids it, or change the spec",
  ],
  [
    "ModelNotFound",
    "Could not read the model /models/a.onnx: there is no such file",
    "the server image has no such model; correct spec.model.bundled, for example intent-fr",
  ],
  [
    "DigestMismatch",
    "The SHA-256 of /models/a.onnx is 1, expected 2",
    "correct spec.model.sha256, or provide the file with that digest",
  ],
  ["Refused", "it is invalid", "correct the corresponding field of the spec"],
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
  assert.is(message, "A policy forbids it; change the policy that forbids it, or change the spec");
});

test("what needs no remedy gets none", () => {
  const loading = { reason: "NotReady", message: "the model is being loaded" };
  assert.equal(withRemedy(loading), loading);
  const own = { reason: "Strange", message: "a reason that only Kubernetes knows" };
  assert.equal(withRemedy(own), own);
});

test.run();
