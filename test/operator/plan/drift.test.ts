import * as assert from "uvu/assert";
import { hasDrifted, withAppliedHash } from "../../../operator/src/plan/drift.ts";
import type { KubeObject } from "../../../operator/src/kube/resource.ts";
import { suite } from "../../support/suite.ts";

const test = suite("drift");

interface Some extends KubeObject {
  spec: Record<string, unknown>;
}

const some = (spec: Record<string, unknown>): Some => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "intent-fr", labels: { a: "1" } },
  spec,
});
const wanted = withAppliedHash(
  some({
    type: "ClusterIP",
    drop: ["ALL"],
    resources: { requests: { cpu: "1000m", memory: "1Gi" } },
    containers: [{ name: "server", image: "server:1" }],
    volumes: [{ name: "model", emptyDir: { sizeLimit: "2048000" } }],
    env: [{ name: "A", value: "" }],
  }),
);
const stored = (change: (object: Some) => void = () => {}) => {
  const copy = structuredClone(wanted);
  change(copy);
  return copy;
};

const unchanged: [title: string, observed: Some][] = [
  ["it is as it was applied", stored()],
  ["the API server filled something in", stored(({ spec }) => (spec["clusterIP"] = "10.0.0.1"))],
  [
    "the API server wrote a quantity in its own way",
    stored(({ spec }) => (spec["resources"] = { requests: { cpu: "1", memory: "1Gi" } })),
  ],
  [
    "the API server wrote the size of a volume in its own way",
    stored(({ spec }) => (spec["volumes"] = [{ name: "model", emptyDir: { sizeLimit: "2048k" } }])),
  ],
  ["the API server left an empty text out", stored(({ spec }) => (spec["env"] = [{ name: "A" }]))],
  ["others added a label", stored(({ metadata }) => (metadata!.labels!["b"] = "2"))],
  [
    "an admission webhook put a container in front",
    stored(({ spec }) => (spec["containers"] as object[]).unshift({ name: "proxy" })),
  ],
];
for (const [title, observed] of unchanged) {
  test(`there is none when ${title}`, () => assert.not(hasDrifted(observed, wanted)));
}

const changed: [title: string, observed: Some | undefined][] = [
  ["the object is missing", undefined],
  ["somebody changed a field", stored(({ spec }) => (spec["type"] = "NodePort"))],
  ["somebody removed a label", stored(({ metadata }) => delete metadata!.labels!["a"])],
  ["somebody added to a list of words", stored(({ spec }) => (spec["drop"] = ["ALL", "CHOWN"]))],
  [
    "somebody changed a quantity",
    stored(({ spec }) => (spec["resources"] = { requests: { cpu: "2", memory: "1Gi" } })),
  ],
  [
    "somebody changed the size of a volume",
    stored(({ spec }) => (spec["volumes"] = [{ name: "model", emptyDir: { sizeLimit: "1Mi" } }])),
  ],
  [
    "somebody changed a container",
    stored(({ spec }) => (spec["containers"] = [{ name: "server", image: "server:2" }])),
  ],
  [
    "somebody filled an empty text",
    stored(({ spec }) => (spec["env"] = [{ name: "A", value: "b" }])),
  ],
  [
    "an earlier version applied one more field",
    withAppliedHash(some({ ...wanted.spec, more: true })),
  ],
];
for (const [title, observed] of changed) {
  test(`there is some when ${title}`, () => assert.ok(hasDrifted(observed, wanted)));
}

test("there is some when a selector has one more label, with which it may select nothing", () => {
  const budget = withAppliedHash(some({ selector: { matchLabels: { a: "1" } } }));
  const changed = structuredClone(budget);
  assert.not(hasDrifted(changed, budget));
  changed.spec["selector"] = { matchLabels: { a: "1", b: "2" } };
  assert.ok(hasDrifted(changed, budget));
});

for (const kind of ["NetworkPolicy", "Ingress", "HTTPRoute"]) {
  test(`there is some when somebody added a way in to a ${kind}`, () => {
    const rules = [{ ports: [{ port: 8080 }], from: [{ podSelector: { a: "1" } }] }];
    const object = withAppliedHash({ ...some({ ingress: rules }), kind });
    const letting = (ingress: object[]) => ({ ...object, spec: { ingress } });
    assert.not(hasDrifted(letting(structuredClone(rules)), object));
    assert.ok(hasDrifted(letting([...rules, {}]), object));
    assert.ok(hasDrifted(letting([{ ...rules[0], from: [...rules[0]!.from, {}] }]), object));
  });
}

test.run();
