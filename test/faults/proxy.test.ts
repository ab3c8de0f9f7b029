import * as assert from "uvu/assert";
import { ApiClient, type Api } from "../../operator/src/kube/api.ts";
import { isConflict } from "../../operator/src/kube/errors.ts";
import { kinds, type KubeObject } from "../../operator/src/kube/resource.ts";
import { FakeApi } from "../support/fake-api.ts";
import { suite } from "../support/suite.ts";
import { until } from "../../tools/support/until.ts";
import { FaultProxy } from "./proxy.ts";

interface World {
  server: FakeApi;
  proxy: FaultProxy;
  api: Api;
}

const test = suite<World>("fault proxy");

test.before.each(async (world) => {
  world.server = await FakeApi.start();
  const { server } = world.server.config().getCurrentCluster()!;
  world.proxy = await FaultProxy.start({ url: server });
  world.api = new ApiClient(world.proxy.config("secret"));
});

test.after.each(async ({ server, proxy, api }) => {
  await api.close();
  await proxy.close();
  await server.close();
});

const job = (name: string) => ({ metadata: { name, namespace: "demo" } });
const put = (api: Api, name: string) => api.apply(kinds.job, job(name), { manager: "test" });
const broken = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("It went well");
};

/** Collects what a watch of Jobs brings, and how it ended. */
function watching(api: Api) {
  const names: (string | undefined)[] = [];
  const options = { resourceVersion: "0", timeoutSeconds: 60, inactivity: 60_000 };
  const ended = (async () => {
    for await (const { object } of api.watch<KubeObject>(kinds.job, options)) {
      names.push(object.metadata?.name);
    }
  })().then(
    () => "ended",
    () => "failed",
  );
  return { names, ended };
}

test("what nobody interferes with passes, with its credentials", async ({ server, proxy, api }) => {
  await put(api, "one");
  assert.is((await api.read(kinds.job, "demo", "one"))?.metadata?.name, "one");
  assert.is(await api.read(kinds.job, "demo", "two"), undefined);
  assert.is((await api.list(kinds.job, { namespace: "demo" })).items.length, 1);
  assert.is(server.requests[0]?.headers.authorization, "Bearer secret");
  assert.equal(
    proxy.passages.map(({ verb, resource, name, status }) => [verb, resource, name, status]),
    [
      ["patch", "jobs", "one", 200],
      ["get", "jobs", "one", 200],
      ["get", "jobs", "two", 404],
      ["list", "jobs", "", 200],
    ],
  );
});

test("only what changes something is an effect, and a Lease is not", async ({ proxy, api }) => {
  await put(api, "one");
  await api.read(kinds.job, "demo", "one");
  await api.create(kinds.lease, { metadata: { name: "leader", namespace: "demo" } });
  await api.remove(kinds.job, "demo", "one");
  assert.equal(
    proxy.effects.map(({ verb, name }) => [verb, name]),
    [
      ["patch", "one"],
      ["delete", "one"],
    ],
  );
});

test("a request that is lost on its way has no effect", async ({ server, proxy, api }) => {
  proxy.before = () => "lost";
  await broken(put(api, "one"));
  assert.equal(server.requests, []);
  assert.is(proxy.passages[0]?.status, undefined);
});

test("an answer that is lost on its way had an effect", async ({ server, proxy, api }) => {
  proxy.after = ({ verb }) => (verb === "patch" ? "lost" : undefined);
  await broken(put(api, "one"));
  assert.is(server.objects.list(kinds.job, "demo").length, 1);
  assert.is(proxy.passages[0]?.status, undefined);
});

test("a refusal looks like the API server's own", async ({ server, proxy, api }) => {
  proxy.before = () => ({ status: 409, reason: "Conflict" });
  assert.ok(isConflict(await broken(put(api, "one"))));
  assert.equal(server.requests, []);
});

test("a request waits for as long as the interference takes", async ({ server, proxy, api }) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.before = () => promise;
  const writing = put(api, "one");
  await until(() => proxy.passages.length === 1);
  assert.equal(server.requests, []);
  proxy.heal();
  resolve();
  await writing;
});

test("watches that are cut end at once, and new ones can be opened", async (world) => {
  const { proxy, api } = world;
  const first = watching(api);
  await until(() => proxy.watches === 1);
  proxy.cutWatches();
  assert.is(await first.ended, "failed");
  const second = watching(api);
  await put(api, "one");
  await until(() => second.names.includes("one"));
});

test("watches that are mute stay open and say nothing, and new ones do", async (world) => {
  const { proxy, api, server } = world;
  const mute = watching(api);
  await until(() => proxy.watches === 1);
  proxy.muteWatches();
  await put(api, "one");
  const well = watching(api);
  await until(() => well.names.includes("one"));
  server.dropWatches();
  await well.ended;
  assert.equal(mute.names, []);
  await until(() => proxy.watches === 1);
});

test("an API server that is gone is gone for the operator as well", async ({ server, api }) => {
  await server.pause();
  assert.match((await broken(put(api, "one"))).message, "Could not apply Job demo/one");
});

test.run();
