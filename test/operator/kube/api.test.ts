import { subscribe, unsubscribe } from "node:diagnostics_channel";
import * as assert from "uvu/assert";
import { ApiClient, type Api, type ApiOptions } from "../../../operator/src/kube/api.ts";
import {
  ApiError,
  ConnectionError,
  FencedError,
  isConflict,
} from "../../../operator/src/kube/errors.ts";
import { kinds, type KubeObject } from "../../../operator/src/kube/resource.ts";
import { FakeApi, type Scenario } from "../../support/fake-api.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";
import { until } from "../../../tools/support/until.ts";

interface World {
  server: FakeApi;
  api: Api;
  /** A second client with other options. */
  client: (options: ApiOptions) => Api;
}

const test = suite<World>("api");

test.before.each(async (world) => {
  const server = await FakeApi.start();
  const clients: Api[] = [];
  world.server = server;
  world.client = (options) => {
    clients.push(new ApiClient(server.config(), options));
    return clients.at(-1)!;
  };
  world.api = world.client({});
});

test.after.each(async ({ server, api }) => {
  await api.close();
  await server.close();
});

const iris = { metadata: { namespace: "demo", name: "iris" } };

function pod(name: string, labels: Record<string, string> = {}): KubeObject {
  return { metadata: { namespace: "demo", name, labels } };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.unreachable("the call should have failed"),
    (error: Error) => error,
  ) as Promise<Error>;
}

test("what was applied can be read", async ({ api }) => {
  const service = { ...iris, spec: { ports: [{ port: 80 }] } };
  const applied = await api.apply(kinds.service, service, { manager: "intendant" });
  assert.equal(applied.spec, service.spec);
  assert.equal(await api.read(kinds.service, "demo", "iris"), applied);
});

test("apply is by force, in the name of the manager", async ({ api, server }) => {
  await api.apply(kinds.service, iris, { manager: "intendant" });
  const [request] = server.received({ verb: "patch" });
  assert.is(request?.headers["content-type"], "application/apply-patch+yaml");
  assert.is(request?.query.toString(), "fieldManager=intendant&force=true");
  assert.equal(request?.body, { apiVersion: "v1", kind: "Service", ...iris });
});

test("a status is applied to its own subresource", async ({ api, server }) => {
  server.objects.put(kinds.modelDeployment, { ...iris, spec: { model: {} } } as KubeObject);
  const model = { ...iris, status: { url: "http://iris.demo.svc" } };
  await api.apply(kinds.modelDeployment, model, { manager: "intendant", subresource: "status" });
  const stored = server.objects.get(kinds.modelDeployment, iris.metadata);
  assert.equal([stored?.spec, stored?.status], [{ model: {} }, model.status]);
});

test("what does not exist reads as undefined", async ({ api }) => {
  assert.is(await api.read(kinds.pod, "demo", "nobody"), undefined);
});

test("what does not exist can be removed", async ({ api }) => {
  await api.remove(kinds.pod, "demo", "nobody");
});

test("a removal says how to propagate and spares another object of the name", async ({
  api,
  server,
}) => {
  server.objects.put(kinds.job, iris);
  await api.remove(kinds.job, "demo", "iris", { uid: "another", propagation: "Foreground" });
  assert.ok(server.objects.get(kinds.job, iris.metadata));
  assert.equal(server.received({ verb: "delete" })[0]?.body, {
    propagationPolicy: "Foreground",
    preconditions: { uid: "another" },
  });
  await api.remove(kinds.job, "demo", "iris");
  assert.is(server.objects.get(kinds.job, iris.metadata), undefined);
});

test("a list comes in pages, each item with apiVersion and kind", async ({ api, server }) => {
  for (const name of ["a", "b", "c"]) server.objects.put(kinds.pod, pod(name));
  const first = await api.list(kinds.pod, { namespace: "demo", limit: 2 });
  assert.equal(
    first.items.map(({ kind, apiVersion, metadata }) => [apiVersion, kind, metadata?.name]),
    [
      ["v1", "Pod", "a"],
      ["v1", "Pod", "b"],
    ],
  );
  const rest = await api.list(kinds.pod, { limit: 2, continue: first.continue! });
  assert.equal(
    rest.items.map(({ metadata }) => metadata?.name),
    ["c"],
  );
  assert.is(rest.continue, undefined);
  assert.is(rest.resourceVersion, first.resourceVersion);
});

test("a list keeps to its namespace and labels", async ({ api, server }) => {
  server.objects.put(kinds.pod, pod("a", { app: "iris" }));
  server.objects.put(kinds.pod, pod("b", { app: "rose" }));
  server.objects.put(kinds.pod, {
    metadata: { namespace: "other", name: "c", labels: { app: "iris" } },
  });
  const names = async (options: object) =>
    (await api.list(kinds.pod, options)).items.map(({ metadata }) => metadata?.name);
  assert.equal(await names({ labelSelector: "app=iris" }), ["a", "c"]);
  assert.equal(await names({ labelSelector: "app=iris", namespace: "demo" }), ["a"]);
});

test("create refuses what exists, and says so", async ({ api }) => {
  await api.create(kinds.lease, iris);
  const error = await failure(api.create(kinds.lease, iris));
  assert.ok(isConflict(error));
  assert.is(
    error.message,
    'Could not create Lease demo/iris: leases "iris" already exists (409 AlreadyExists)',
  );
});

test("replace refuses a resource version that is not the latest", async ({ api }) => {
  const created = await api.create(kinds.lease, iris);
  const holder = (holderIdentity: string) => ({ ...created, spec: { holderIdentity } });
  await api.replace(kinds.lease, holder("one"));
  assert.ok(isConflict(await failure(api.replace(kinds.lease, holder("two")))));
});

test("a merge removes what is null, leaves the rest, and minds the version it is told", async ({
  api,
}) => {
  const annotations = { keep: "this", drop: "that" };
  await api.create(kinds.service, { metadata: { ...iris.metadata, annotations } });
  const patch = { ...iris.metadata, annotations: { drop: null } };
  const merged = await api.merge(kinds.service, { metadata: patch });
  assert.equal(merged.metadata?.annotations, { keep: "this" });
  const stale = { ...patch, resourceVersion: "1" };
  assert.ok(isConflict(await failure(api.merge(kinds.service, { metadata: stale }))));
});

test("a refusal tells what was tried, on which object, and what the server said", async ({
  api,
  server,
}) => {
  server.fail({}, "forbidden");
  const error = await failure(api.apply(kinds.deployment, iris, { manager: "intendant" }));
  assert.instance(error, ApiError);
  assert.is(
    error.message,
    "Could not apply Deployment demo/iris: the service account may not do this (403 Forbidden)",
  );
});

test("a refusal by a proxy in between is told as it is", async ({ api, server }) => {
  server.fail({}, "badGateway");
  const error = await failure(api.list(kinds.pod, { namespace: "demo" }));
  assert.is(error.message, "Could not list pods in demo: <html>no upstream</html> (502)");
});

const silences: Record<string, Scenario> = {
  "a server that does not answer": "slowHeaders",
  "an answer that does not end": "slowBody",
  "an answer that breaks off": "truncatedBody",
};
for (const [name, scenario] of Object.entries(silences)) {
  test(`${name} is given up`, async ({ server, client }) => {
    const api = client({ timeout: 200 });
    server.fail({}, scenario);
    const error = await failure(api.read(kinds.pod, "demo", "iris"));
    assert.instance(error, ConnectionError);
    assert.match(error.message, /^Could not read Pod demo\/iris: ./);
    await api.close();
  });
}

test("a server that is away fails the call, and is found again when it is back", async ({
  api,
  server,
}) => {
  await server.pause();
  const error = await failure(api.list(kinds.pod, {}));
  assert.instance(error, ConnectionError);
  assert.match(error.message, "ECONNREFUSED");
  await server.resume();
  assert.equal((await api.list(kinds.pod, {})).items, []);
});

test("a call that the server has no time for is repeated after the time it asks for", async ({
  server,
  client,
}) => {
  const clock = new ManualClock();
  const api = client({ clock });
  server.fail({ kind: kinds.pod }, "tooManyRequests");
  const answer = api.read(kinds.pod, "demo", "iris");
  await until(() => clock.pending.length === 1);
  assert.equal(clock.pending, [1000]);
  clock.advance(1000);
  await answer;
  assert.is(server.requests.length, 2);
  await api.close();
});

test("a call that is refused again and again does not stop the others, which go slower", async ({
  server,
  client,
}) => {
  const clock = new ManualClock();
  const api = client({ clock, rate: 10 });
  server.failAlways({ kind: kinds.pod }, "tooManyRequests");
  const refused = failure(api.read(kinds.pod, "demo", "iris"));
  await until(() => clock.pending.length === 1);
  const other = api.read(kinds.service, "demo", "iris");
  await until(() => clock.pending.length === 2);
  assert.equal(clock.pending, [200, 1000], "half of ten a second");
  clock.advance(200);
  await other;
  await api.close();
  await refused;
});

test("what a process writes that does not lead any more is not sent", async ({
  server,
  client,
}) => {
  let leads = true;
  const api = client({ mayWrite: () => leads });
  await api.apply(kinds.service, iris, { manager: "intendant" });
  leads = false;
  const before = server.requests.length;
  const writes = [
    () => api.apply(kinds.service, iris, { manager: "intendant" }),
    () => api.create(kinds.job, iris),
    () => api.replace(kinds.service, iris),
    () => api.remove(kinds.service, "demo", "iris"),
  ];
  for (const write of writes) assert.instance(await failure(write()), FencedError);
  assert.is(server.requests.length, before);
  await api.read(kinds.service, "demo", "iris");
  await api.create(kinds.lease, iris);
});

test("whether it leads is asked after the wait for a turn", async ({ server, client }) => {
  let leads = true;
  const clock = new ManualClock();
  const api = client({ mayWrite: () => leads, clock, rate: 1, burst: 1 });
  await api.read(kinds.pod, "demo", "first");
  const write = failure(api.apply(kinds.service, iris, { manager: "intendant" }));
  await until(() => clock.pending.length === 1);
  leads = false;
  clock.advance(1000);
  const error = await write;
  assert.is(
    error.message,
    "Could not apply Service demo/iris: this process does not lead, another one may; nothing was sent",
  );
  assert.is(server.requests.length, 1);
  await api.close();
});

test("whether it leads is asked once there is a connection", async ({ server, client }) => {
  let leads = true;
  const lose = () => void (leads = false);
  const api = client({ mayWrite: () => leads });
  subscribe("undici:client:connected", lose);
  const write = failure(api.apply(kinds.service, iris, { manager: "intendant" }));
  assert.instance(await write, FencedError);
  unsubscribe("undici:client:connected", lose);
  assert.is(server.requests.length, 0);
});

test("what is applied only if absent never touches what is there", async ({ api, server }) => {
  const options = { manager: "intendant", ifAbsent: true };
  await api.apply(kinds.service, iris, options);
  const stored = server.objects.get(kinds.service, iris.metadata);
  const labelled = { metadata: { ...iris.metadata, labels: { app: "iris" } } };
  assert.ok(isConflict(await failure(api.apply(kinds.service, labelled, options))));
  assert.equal(server.objects.get(kinds.service, iris.metadata), stored);
});

test("every answer is told, with what it was about", async ({ server, client }) => {
  const told: string[] = [];
  const api = client({
    onAnswer: ({ method, resource, status }) => told.push(`${method} ${resource} ${status}`),
  });
  server.objects.put(kinds.modelDeployment, iris);
  await api.read(kinds.pod, "demo", "iris");
  await api.list(kinds.deployment, {});
  await api.apply(kinds.modelDeployment, iris, { manager: "intendant", subresource: "status" });
  assert.equal(told, ["GET pods 404", "GET deployments 200", "PATCH modeldeployments/status 200"]);
});

test("a call is not repeated for ever", async ({ server, client }) => {
  const clock = new ManualClock();
  const api = client({ clock });
  server.failAlways({}, "tooManyRequests");
  const answer = failure(api.read(kinds.pod, "demo", "iris"));
  for (let call = 1; call <= 3; call += 1) {
    await until(() => server.requests.length === call && clock.pending.length === 1);
    clock.advance(1000);
  }
  const error = await answer;
  assert.is(server.requests.length, 4);
  assert.is((error as ApiError).retryAfter, 1);
  await api.close();
});

test("a lease never waits for others", async ({ server, client }) => {
  const clock = new ManualClock();
  const api = client({ clock, rate: 1, burst: 1 });
  await api.read(kinds.pod, "demo", "first");
  const held = api.read(kinds.pod, "demo", "second");
  await api.read(kinds.lease, "demo", "intendant");
  assert.is(server.requests.length, 2);
  clock.advance(1000);
  await held;
  await api.close();
});

test("all calls share their connections", async ({ api, server }) => {
  for (let call = 0; call < 50; call += 1) await api.read(kinds.pod, "demo", "iris");
  // Two where the second call comes before the first one's connection is free again.
  assert.ok(server.connections <= 2, `${server.connections} connections`);
});

test("the token is read anew for each call", async ({ server }) => {
  const config = server.config("old");
  const api = new ApiClient(config);
  await api.read(kinds.pod, "demo", "iris");
  Object.assign(config.getCurrentUser()!, { token: "new" });
  await api.read(kinds.pod, "demo", "iris");
  assert.equal(
    server.requests.map(({ headers }) => headers.authorization),
    ["Bearer old", "Bearer new"],
  );
  await api.close();
});

test("closing breaks off a call that waits for its turn", async ({ server, client }) => {
  const api = client({ clock: new ManualClock() });
  server.failAlways({}, "tooManyRequests");
  const waiting = failure(api.read(kinds.pod, "demo", "iris"));
  await until(() => server.requests.length === 1);
  await api.close();
  assert.instance(await waiting, Error);
  assert.is(server.requests.length, 1);
});

test("a kubeconfig without a cluster is refused with its context", () => {
  const config = new FakeApi().config();
  config.setCurrentContext("elsewhere");
  assert.throws(() => new ApiClient(config), /no cluster for its current context elsewhere/);
});

const watching = { resourceVersion: "100", timeoutSeconds: 300, inactivity: 10_000 };

test("a watch yields changes and bookmarks until the server ends it", async ({ api, server }) => {
  const seen: string[] = [];
  const watch = (async () => {
    for await (const { type, object } of api.watch(kinds.pod, watching)) {
      seen.push(`${type} ${object.metadata?.name ?? object.metadata?.resourceVersion}`);
    }
  })();
  await until(() => server.watches === 1);
  server.objects.put(kinds.pod, pod("a"));
  server.objects.put(kinds.pod, pod("a", { new: "é" }));
  server.bookmark();
  server.objects.remove(kinds.pod, { namespace: "demo", name: "a" });
  await until(() => seen.length === 4);
  server.endWatches();
  await watch;
  assert.equal(seen, ["ADDED a", "MODIFIED a", "BOOKMARK 102", "DELETED a"]);
});

test("an aborted watch ends without an error", async ({ api, server }) => {
  const controller = new AbortController();
  const watch = (async () => {
    const options = { ...watching, signal: controller.signal };
    for await (const _ of api.watch(kinds.pod, options)) assert.unreachable();
  })();
  await until(() => server.watches === 1);
  controller.abort();
  await watch;
  await until(() => server.watches === 0);
});

const troubles: [string, Scenario, RegExp][] = [
  ["a refused watch", "gone", /too old resource version \(410 Expired\)/],
  ["an ERROR event", "errorEventInternal", /etcdserver: request timed out \(500 InternalError\)/],
  ["a watch that is cut off", "drop", /^Could not watch pods: ./],
  ["a watch in which nothing happens", "hang", /^Could not watch pods: ./],
  ["a line that is not JSON", "notJson", /the server sent what is not JSON: <html>/],
];
for (const [name, scenario, message] of troubles) {
  test(`${name} is an error`, async ({ api, server }) => {
    server.fail({ verb: "watch" }, scenario);
    const options = { ...watching, inactivity: 200 };
    const error = await failure(api.watch(kinds.pod, options)[Symbol.asyncIterator]().next());
    assert.match(error.message, message);
  });
}

test("half a line at the end of a watch is dropped", async ({ api, server }) => {
  server.fail({ verb: "watch" }, "halfLine");
  for await (const _ of api.watch(kinds.pod, watching)) assert.unreachable();
});

test.run();
