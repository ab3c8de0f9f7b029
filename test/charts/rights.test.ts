import * as assert from "uvu/assert";
import type { Kind } from "../../operator/src/kube/resource.ts";
import { childEntries } from "../../operator/src/resources/child-kinds.ts";
import { suite } from "../support/suite.ts";
import { only, rendered, type Manifest } from "./helm.ts";

const test = suite("The operator's rights");

const everything = ["get", "list", "watch", "create", "patch", "delete"];

/** Verbs by group and resource; the operator's code uses each of them, and no others. */
const used = {
  "intendant.dev/modeldeployments": ["list", "watch", "patch"],
  "intendant.dev/modeldeployments/status": ["patch"],
  "intendant.dev/modeldeployments/finalizers": ["update"],
  "apps/deployments": everything,
  ...Object.fromEntries(childEntries.map(([, { kind }]) => [resource(kind), everything])),
  "batch/jobs": everything,
  "/pods": ["list", "watch"],
  "/configmaps": ["get", "create", "patch", "delete"],
  "/persistentvolumeclaims": ["get"],
  "/events": ["list", "create", "patch"],
};

/** What belongs to no namespace; without it a figure of the status is left out. */
const usedOutside = { "/nodes": ["get"] };

/** A kind as the keys above have it. */
function resource({ apiVersion, plural }: Kind): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return `${group}/${plural}`;
}

const rights = ({ rules }: Manifest) =>
  Object.fromEntries(
    rules.flatMap(({ apiGroups, resources, verbs, ...rest }: Manifest) => {
      assert.equal(rest, {});
      return apiGroups.flatMap((group: string) =>
        resources.map((resource: string) => [`${group}/${resource}`, verbs]),
      );
    }),
  );

const operator = [{ kind: "ServiceAccount", name: "intendant", namespace: "intendant-system" }];

test("in all namespaces are these", () => {
  const objects = rendered();
  assert.equal(rights(only("ClusterRole", objects)), { ...used, ...usedOutside });
  const { roleRef, subjects } = only("ClusterRoleBinding", objects);
  assert.equal([roleRef.kind, roleRef.name], ["ClusterRole", "intendant"]);
  assert.equal(subjects, operator);
});

test("end at the namespaces that are watched", () => {
  const objects = rendered({ watchNamespaces: ["one", "two"] });
  assert.not(objects.some(({ kind }) => kind.startsWith("ClusterRole")));
  const inside = (kind: string) =>
    objects.filter((object) => object.kind === kind && object.metadata.name === "intendant");
  const namespaces = (manifests: Manifest[]) => manifests.map(({ metadata }) => metadata.namespace);
  assert.equal(namespaces(inside("Role")), ["one", "two"]);
  assert.equal(namespaces(inside("RoleBinding")), ["one", "two"]);
  for (const role of inside("Role")) assert.equal(rights(role), used);
  for (const { roleRef, subjects } of inside("RoleBinding")) {
    assert.equal([roleRef.kind, roleRef.name], ["Role", "intendant"]);
    assert.equal(subjects, operator);
  }
});

for (const watchNamespaces of [[], ["one"]]) {
  test(`to elect a leader are in the release's namespace, watching ${watchNamespaces.join() || "all"}`, () => {
    const objects = rendered({ watchNamespaces });
    const leader = objects.filter(({ metadata }) => metadata.name === "intendant-leader");
    assert.equal(
      leader.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`),
      ["Role intendant-system", "RoleBinding intendant-system"],
    );
    assert.equal(leader[0].rules, [
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
      {
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        resourceNames: ["intendant"],
        verbs: ["get", "update"],
      },
    ]);
    assert.equal(leader[1].subjects, operator);
  });
}

test("are not what the pods of helm test get", () => {
  const objects = rendered({ watchNamespaces: ["one"] });
  const asks = only("Pod", objects, "intendant-test").spec;
  assert.is(asks.automountServiceAccountToken, false);
  assert.is(asks.serviceAccountName, undefined);
  const name = "intendant-test-benchmark";
  assert.is(only("Pod", objects, name).spec.serviceAccountName, name);
  const bound = objects.filter(({ subjects = [] }) =>
    subjects.some((subject: Manifest) => subject.name === name),
  );
  assert.equal(
    bound.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    [`RoleBinding one/${name}`],
  );
  assert.equal(only("Role", objects, name).rules, [
    {
      apiGroups: ["intendant.dev"],
      resources: ["modeldeployments"],
      resourceNames: ["intendant-test"],
      verbs: ["get"],
    },
  ]);
});

test.run();
