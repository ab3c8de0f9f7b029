import type { V1Deployment } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { command, installed, kubectl, read, system } from "./world.ts";

const test = suite("The installation", 240_000);

test.before(installed);

test("has an operator that is available and leads", async () => {
  const operator = await read<V1Deployment>("deployment", system, "intendant");
  assert.is(operator?.status?.availableReplicas, 1);
  assert.match(
    await kubectl(
      "get",
      "lease",
      "intendant",
      "-n",
      system,
      "-o",
      "jsonpath={.spec.holderIdentity}",
    ),
    /^intendant-/,
  );
});

test("passes its own `helm test`, which asks a model", async () => {
  const output = await command("helm", [
    "test",
    "intendant",
    "-n",
    system,
    "--logs",
    "--timeout",
    "3m",
  ]);
  assert.match(output, /Phase: +Succeeded/);
});

test("can be repeated without a new operator pod", async () => {
  const pods = () =>
    kubectl(
      "get",
      "pod",
      "-n",
      system,
      "-l",
      "app.kubernetes.io/name=intendant",
      "-o",
      "jsonpath={.items[*].metadata.uid}",
    );
  const before = await pods();
  await installed();
  assert.is(await pods(), before);
});

test("gives the operator the rights it needs, and no other", async () => {
  const operator = `system:serviceaccount:${system}:intendant`;
  const may = (verb: string, resource: string) =>
    kubectl("auth", "can-i", verb, resource, "--as", operator, "-A", "--quiet").then(
      () => true,
      () => false,
    );
  for (const [verb, resource, allowed] of [
    ["watch", "modeldeployments", true],
    ["patch", "deployments.apps", true],
    ["patch", "poddisruptionbudgets.policy", true],
    ["delete", "networkpolicies.networking.k8s.io", true],
    ["deletecollection", "networkpolicies.networking.k8s.io", false],
    ["update", "modeldeployments", false],
    ["get", "secrets", false],
    ["list", "configmaps", false],
    ["delete", "pods", false],
    ["create", "clusterroles", false],
  ] as const) {
    assert.is(await may(verb, resource), allowed, `${verb} ${resource}`);
  }
});

test.run();
