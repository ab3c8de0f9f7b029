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

test("gives the operator no right that it does not need", async () => {
  const operator = `system:serviceaccount:${system}:intendant`;
  for (const [verb, resource] of [
    ["get", "secrets"],
    ["list", "configmaps"],
    ["delete", "pods"],
    ["update", "modeldeployments"],
    ["create", "clusterroles"],
  ]) {
    const answer = await kubectl("auth", "can-i", verb!, resource!, "--as", operator, "-A").catch(
      String,
    );
    assert.match(answer, /no$/m, `${verb} ${resource}`);
  }
});

test.run();
