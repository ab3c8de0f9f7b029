import * as assert from "uvu/assert";
import { ApiClient } from "../../../operator/src/kube/api.ts";
import { kinds } from "../../../operator/src/kube/resource.ts";
import { checkCluster } from "../../../operator/src/controller/startup.ts";
import { FakeApi, type Scenario } from "../../support/fake-api.ts";
import { suite } from "../../support/suite.ts";

const test = suite("startup");

/** What the check says about a cluster that answers in this way; undefined when it is content. */
async function complaint(scenario?: Scenario, namespaces: string[] = [], timeout = 10_000) {
  const server = await FakeApi.start();
  const api = new ApiClient(server.config(), { timeout });
  if (scenario) server.failAlways({ kind: kinds.modelDeployment }, scenario);
  try {
    return await checkCluster(api, namespaces).catch((error: Error) => error.message);
  } finally {
    await api.close();
    await server.close();
  }
}

test("is content when ModelDeployments can be listed", async () => {
  assert.is(await complaint(), undefined);
  assert.is(await complaint(undefined, ["demo"]), undefined);
});

test("says how to get the right to list them", async () => {
  assert.match((await complaint("forbidden")) ?? "", /bind the chart's role|WATCH_NAMESPACES/);
});

test("says how to install the CRD", async () => {
  assert.match((await complaint("notFound")) ?? "", /helm upgrade .*kubectl apply/);
});

test("says what to check when nobody answers", async () => {
  assert.match((await complaint("slowHeaders", [], 200)) ?? "", /check that the kubeconfig/);
});

test.run();
