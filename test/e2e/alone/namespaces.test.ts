import * as assert from "uvu/assert";
import type { KubeObject } from "../../../operator/src/kube/resource.ts";
import {
  apply,
  command,
  condition,
  eventually,
  installed,
  intentModel,
  kubectl,
  namespacedSuite,
  read,
  release,
  system,
} from "../world.ts";

const demo = "namespaces-test";
const test = namespacedSuite("An operator of one namespace", demo, 240_000);

const resources = { requests: { cpu: "50m", memory: "256Mi" } };

test.before(async () => {
  await release("upgrade", "charts/intendant", "--set", `watchNamespaces={${demo}}`);
});
test.after(installed);

test("has every right that a model needs there", async () => {
  const expose = {
    ingress: { host: "intent.example.com", path: "/" },
    httpRoute: { parentRefs: [{ name: "public" }], path: "/" },
  };
  await apply(intentModel("inside", demo, { replicas: 2, resources, expose }));
  await condition(demo, "inside", "Ready");
  for (const kind of ["poddisruptionbudget", "networkpolicy", "ingress"]) {
    assert.ok(await read<KubeObject>(kind, demo, "inside"), kind);
  }
  // That the Gateway API is missing can be told from a namespace, too.
  await condition(demo, "inside", "Stalled", 30);
  await apply(intentModel("inside", demo, { replicas: 1, resources }));
  await eventually("budget and Ingress are gone", 30, async () => {
    const left = ["poddisruptionbudget", "ingress"].map((kind) =>
      read<KubeObject>(kind, demo, "inside"),
    );
    return (await Promise.all(left)).every((object) => object === undefined);
  });
});

test("passes `helm test` in that namespace", async () => {
  const output = await command("helm", ["test", "intendant", "-n", system, "--logs"]);
  assert.match(output, new RegExp(`${demo}/intendant-test was measured: P95 `));
});

test("does nothing elsewhere", async () => {
  const namespace = `${demo}-other`;
  await kubectl("create", "namespace", namespace);
  try {
    await apply(intentModel("outside", namespace, { resources }));
    await apply(intentModel("later", demo, { resources }));
    await condition(demo, "later", "Ready");
    const outside = await read<{ status?: object }>("mdep", namespace, "outside");
    assert.equal(outside?.status, { observedGeneration: -1 });
  } finally {
    await kubectl("delete", "namespace", namespace, "--wait=false");
  }
});

test.run();
