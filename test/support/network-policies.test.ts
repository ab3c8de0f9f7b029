import * as assert from "uvu/assert";
import { networkPolicy } from "../../operator/src/resources/network-policy.ts";
import { benchmarkName, labels, serverName } from "../../operator/src/resources/metadata.ts";
import type { NetworkPolicy } from "../../operator/src/kube/objects.ts";
import { allowedPeers, intentFr } from "../operator/fixtures.ts";
import { allows, type Endpoint } from "./network-policies.ts";
import { suite } from "./suite.ts";

const test = suite("network policies");

const pod = (namespace: string, own: Record<string, string>): Endpoint => ({
  namespace,
  namespaceLabels: { "kubernetes.io/metadata.name": namespace },
  labels: own,
  ports: { http: 8080, ops: 9090 },
});
const model = intentFr();
const server = pod("demo", labels(model, { app: serverName, revision: "aaaaaaaa" }));
const another = { ...model, metadata: { ...model.metadata, name: "another" } };
const shop = pod("demo", { app: "shop" });

type Rules = NonNullable<NonNullable<NetworkPolicy["spec"]>["ingress"]>;

/** A policy of namespace demo over all pods, with these rules. */
const policy = (ingress: Rules, spec: Partial<NetworkPolicy["spec"]> = {}): NetworkPolicy => ({
  metadata: { name: "some", namespace: "demo" },
  spec: { podSelector: {}, policyTypes: ["Ingress"], ingress, ...spec },
});

const rules: [title: string, policies: NetworkPolicy[], allowed: boolean][] = [
  ["a pod without policies", [], true],
  ["a policy without rules", [policy([])], false],
  ["an empty rule", [policy([{}])], true],
  ["one of two policies", [policy([]), policy([{}])], true],
  ["a policy for other pods", [policy([], { podSelector: { matchLabels: { a: "b" } } })], true],
  ["a policy about what goes out", [policy([], { policyTypes: ["Egress"] })], true],
  ["a policy of another namespace", [{ ...policy([]), metadata: { namespace: "other" } }], true],
  ["the port's number", [policy([{ ports: [{ port: 9090 }] }])], true],
  ["the port's name", [policy([{ ports: [{ port: "ops" }] }])], true],
  ["another port's name", [policy([{ ports: [{ port: "http" }] }])], false],
  ["a name that the pod does not have", [policy([{ ports: [{ port: "grpc" }] }])], false],
  ["a range of ports", [policy([{ ports: [{ port: 9000, endPort: 9100 }] }])], true],
  ["a range below", [policy([{ ports: [{ port: 9000, endPort: 9089 }] }])], false],
  ["another protocol", [policy([{ ports: [{ protocol: "UDP", port: 9090 }] }])], false],
  ["pods of the same namespace", [policy([{ from: [{ podSelector: {} }] }])], true],
  [
    "other pods of the same namespace",
    [policy([{ from: [{ podSelector: { matchLabels: { app: "other" } } }] }])],
    false,
  ],
  [
    "pods of another namespace",
    [policy([{ from: [{ namespaceSelector: { matchLabels: { team: "b" } }, podSelector: {} }] }])],
    false,
  ],
  [
    "a namespace by its name",
    [
      policy([
        {
          from: [
            {
              namespaceSelector: {
                matchExpressions: [
                  { key: "kubernetes.io/metadata.name", operator: "In", values: ["demo", "x"] },
                ],
              },
            },
          ],
        },
      ]),
    ],
    true,
  ],
];
for (const [title, policies, allowed] of rules) {
  test(`${allowed ? "let in" : "keep out"} by ${title}`, () => {
    assert.is(allows(policies, { from: shop, to: server, port: 9090 }), allowed);
  });
}

for (const [operator, expected] of [
  ["In", [true, false, false]],
  ["NotIn", [false, true, true]],
  ["Exists", [true, true, false]],
  ["DoesNotExist", [false, false, true]],
] as const) {
  test(`know a selector's ${operator}`, () => {
    const matchExpressions = [{ key: "app", operator, values: ["shop"] }];
    const policies = [policy([{ from: [{ podSelector: { matchExpressions } }] }])];
    const from = [shop, pod("demo", { app: "other" }), pod("demo", {})];
    const found = from.map((one) => allows(policies, { from: one, to: server, port: 9090 }));
    assert.equal(found, expected);
  });
}

test("are not guessed where they speak of addresses", () => {
  const policies = [policy([{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }])];
  assert.throws(() => allows(policies, { from: shop, to: server, port: 1 }), /ipBlock/);
});

const own = networkPolicy(model, allowedPeers)!;
const connections: [title: string, from: Endpoint, port: number, allowed: boolean][] = [
  ["anybody to HTTP", shop, 8080, true],
  ["anybody elsewhere to HTTP", pod("shop", { app: "shop" }), 8080, true],
  ["anybody to gRPC", shop, 8081, true],
  ["anybody to the ops port", shop, 9090, false],
  ["anybody to another port", shop, 22, false],
  [
    "the operator to the ops port",
    pod("intendant-system", allowedPeers.operator.labels),
    9090,
    true,
  ],
  ["pods like the operator elsewhere", pod("demo", allowedPeers.operator.labels), 9090, false],
  ["the operator's neighbours", pod("intendant-system", { app: "shop" }), 9090, false],
  ["a benchmark of the model", pod("demo", labels(model, { app: benchmarkName })), 9090, true],
  [
    "a benchmark of another model",
    pod("demo", labels(another, { app: benchmarkName })),
    9090,
    false,
  ],
  ["another pod of the model", server, 9090, false],
  ["the monitoring", pod("monitoring", { app: "prometheus" }), 9090, true],
];
for (const [title, from, port, allowed] of connections) {
  test(`of a model ${allowed ? "let in" : "keep out"} ${title}`, () => {
    assert.is(allows([own], { from, to: server, port }), allowed);
  });
}

test.run();
