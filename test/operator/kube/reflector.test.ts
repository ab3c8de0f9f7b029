import * as assert from "uvu/assert";
import { ApiClient, type Api, type ApiOptions } from "../../../operator/src/kube/api.ts";
import { Reflector, type ReflectorOptions } from "../../../operator/src/kube/reflector.ts";
import { kinds, type KubeObject } from "../../../operator/src/kube/resource.ts";
import { FakeApi, type Scenario } from "../../support/fake-api.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";
import { until } from "../../../tools/support/until.ts";

interface Observed {
  reflector: Reflector<KubeObject>;
  clock: ManualClock;
  /** Names of the objects that onChange was called with. */
  changes: string[];
  warnings: { failures: number; message: string }[];
}

interface World {
  server: FakeApi;
  api: Api;
  started: (options?: Partial<ReflectorOptions<KubeObject>>, api?: Api) => Observed;
  client: (options: ApiOptions) => Api;
}

const test = suite<World>("reflector");

test.before.each(async (world) => {
  const server = await FakeApi.start();
  const reflectors: Reflector<KubeObject>[] = [];
  const clients: Api[] = [];
  world.server = server;
  world.client = (options) => {
    const client = new ApiClient(server.config(), { rate: 10_000, burst: 10_000, ...options });
    clients.push(client);
    return client;
  };
  world.api = world.client({});
  world.started = (options = {}, api = world.api) => {
    const clock = new ManualClock();
    const changes: string[] = [];
    const warnings: Observed["warnings"] = [];
    const reflector = new Reflector<KubeObject>({
      api,
      kind: kinds.pod,
      onChange: (object) => changes.push(describe(object)),
      log: { warn: (fields, message) => warnings.push({ failures: 0, ...fields, message }) },
      backoff: (failures) => failures * 100,
      clock,
      random: () => 0.5,
      ...options,
    });
    reflectors.push(reflector);
    reflector.start();
    return { reflector, clock, changes, warnings };
  };
  Object.assign(world, { reflectors, clients });
});

test.after.each(async (world) => {
  const { reflectors, clients } = world as unknown as {
    reflectors: Reflector<KubeObject>[];
    clients: Api[];
  };
  await Promise.all(reflectors.map((reflector) => reflector.stop()));
  await Promise.all(clients.map((client) => client.close()));
  await world.server.close();
});

const demo = (name: string) => ({ namespace: "demo", name });

/** Creates a pod or changes it; `version` makes it differ from the one before. */
function put(server: FakeApi, name: string, version = "", labels = {}): void {
  const metadata = { ...demo(name), labels: { ...labels, version } };
  server.objects.put(kinds.pod, { metadata });
}

function describe({ metadata }: KubeObject): string {
  const version = metadata?.labels?.["version"];
  return version ? `${metadata?.name}@${version}` : `${metadata?.name}`;
}

function names({ reflector }: Observed): string[] {
  return reflector.list().map(describe).sort();
}

/** The pause that the reflector makes, once it makes one. */
async function pause({ clock }: Observed): Promise<number> {
  await until(() => clock.pending.length === 1);
  return clock.pending[0]!;
}

test("what is trimmed away is no change, but the object kept is the latest", async (world) => {
  const { server, started } = world;
  put(server, "a", "1", { noise: "1" });
  const trim = ({ metadata }: KubeObject): KubeObject => {
    const { noise: _, ...labels } = metadata?.labels ?? {};
    return { metadata: { ...metadata, labels } };
  };
  const observed = started({ trim });
  await until(() => server.watches === 1);
  put(server, "a", "1", { noise: "2" });
  const { resourceVersion } = server.objects.get(kinds.pod, demo("a"))!.metadata;
  const latest = () => observed.reflector.get("demo", "a")?.metadata?.resourceVersion;
  await until(() => latest() === resourceVersion);
  assert.equal(observed.changes, ["a@1"]);
  put(server, "a", "2", { noise: "2" });
  await until(() => observed.changes.length === 2);
});

test("it lists what is there and follows what comes", async ({ server, started }) => {
  put(server, "a");
  put(server, "b");
  const observed = started();
  await observed.reflector.synced;
  assert.equal(names(observed), ["a", "b"]);
  await until(() => server.watches === 1);
  put(server, "c");
  put(server, "a", "2");
  server.objects.remove(kinds.pod, demo("b"));
  await until(() => observed.changes.length === 5);
  assert.equal(observed.changes, ["a", "b", "c", "a@2", "b"]);
  assert.equal(names(observed), ["a@2", "c"]);
  assert.is(describe(observed.reflector.get("demo", "c")!), "c");
  assert.is(observed.reflector.get("other", "c"), undefined);
});

test("it lists in pages and sees every object once", async ({ server, started }) => {
  for (let count = 0; count < 1201; count += 1) put(server, `pod-${count}`);
  const observed = started();
  await observed.reflector.synced;
  assert.is(server.received({ verb: "list" }).length, 3);
  assert.is(observed.reflector.list().length, 1201);
  assert.is(new Set(observed.changes).size, 1201);
  assert.is(observed.changes.length, 1201);
});

test("a list whose next page has expired is got at once", async ({ server, started }) => {
  for (let count = 0; count < 600; count += 1) put(server, `pod-${count}`);
  const { reflector, changes, warnings } = started({
    onChange: () => changes.push("") === 500 && server.compact(),
  });
  await reflector.synced;
  assert.is(reflector.list().length, 600);
  assert.equal(
    server.received({ verb: "list" }).map(({ query }) => query.get("limit")),
    ["500", "500", null],
  );
  assert.equal([changes.length, warnings], [600, []]);
});

test("a kind that the cluster does not have is looked for, and watched once it is there", async (world) => {
  const { server, started } = world;
  const kind = kinds.httpRoute;
  server.failAlways({ kind }, "notFound");
  const served: boolean[] = [];
  const observed: Observed = started({
    kind,
    onServed: () => served.push(observed.reflector.isServed()),
  });
  await observed.reflector.synced;
  assert.is(observed.reflector.isServed(), false);
  assert.is(await pause(observed), 30_000);
  observed.clock.advance(30_000);
  await until(() => server.received({ verb: "list", kind }).length === 2);
  await pause(observed);
  assert.equal([server.received({ verb: "watch", kind }), observed.warnings, served], [[], [], []]);

  server.heal();
  server.objects.put(kind, { metadata: demo("a") });
  observed.clock.advance(30_000);
  await until(() => server.watches === 1);
  assert.equal([names(observed), served], [["a"], [true]]);

  server.failAlways({ kind }, "notFound");
  server.dropWatches();
  observed.clock.advance(await pause(observed));
  await until(() => !observed.reflector.isServed());
  assert.equal([names(observed), served], [[], [true, false]]);
});

test("a kind that every cluster has is missed with a warning", async ({ server, started }) => {
  server.fail({ verb: "list" }, "notFound");
  const observed = started();
  await pause(observed);
  assert.is(observed.warnings.length, 1);
});

test("it asks for bookmarks and for an end between four and five minutes", async ({
  server,
  started,
}) => {
  started({ namespace: "demo", labelSelector: "app=iris" });
  await until(() => server.watches === 1);
  const [watch] = server.received({ verb: "watch" });
  assert.is(watch?.namespace, "demo");
  assert.equal(Object.fromEntries(watch?.query ?? []), {
    watch: "true",
    allowWatchBookmarks: "true",
    labelSelector: "app=iris",
    resourceVersion: "100",
    timeoutSeconds: "270",
  });
});

test("a watch that the server ends is taken up at once where it ended", async ({
  server,
  started,
}) => {
  const observed = started();
  await until(() => server.watches === 1);
  put(server, "a");
  await until(() => observed.changes.length === 1);
  server.endWatches();
  await until(() => server.received({ verb: "watch" }).length === 2);
  assert.is(server.received({ verb: "watch" })[1]?.query.get("resourceVersion"), "101");
  assert.is(server.received({ verb: "list" }).length, 1);
  assert.equal([observed.clock.pending, observed.warnings], [[], []]);
});

test("a bookmark moves the place from which the watch is taken up", async ({ server, started }) => {
  started();
  await until(() => server.watches === 1);
  server.objects.put(kinds.service, { metadata: demo("unrelated") });
  server.bookmark();
  server.compact();
  server.endWatches();
  await until(() => server.received({ verb: "watch" }).length === 2);
  await until(() => server.watches === 1);
  assert.is(server.received({ verb: "watch" })[1]?.query.get("resourceVersion"), "101");
  assert.is(server.received({ verb: "list" }).length, 1);
});

test("a watch that is cut off is taken up after a pause, and nothing is missed", async ({
  server,
  started,
}) => {
  put(server, "a");
  put(server, "b");
  const observed = started();
  await until(() => server.watches === 1);
  server.dropWatches();
  assert.is(await pause(observed), 100);
  put(server, "c");
  put(server, "b", "2");
  server.objects.remove(kinds.pod, demo("a"));
  observed.clock.advance(100);
  await until(() => observed.changes.length === 5);
  assert.equal(observed.changes.slice(2), ["c", "b@2", "a"]);
  assert.is(server.received({ verb: "list" }).length, 1);
});

test("a watch that goes silent is noticed", async ({ server, started }) => {
  server.fail({ verb: "watch" }, "hang");
  const observed = started({ inactivity: 100 });
  observed.clock.advance(await pause(observed));
  await until(() => server.watches === 1);
  put(server, "a");
  await until(() => observed.changes.length === 1);
  assert.match(observed.warnings[0]!.message, "Watch failed, retrying");
});

const goneScenarios: Scenario[] = ["gone", "errorEventGone"];
for (const scenario of goneScenarios) {
  test(`it lists again after a 410 (${scenario}) and tells what changed meanwhile`, async ({
    server,
    started,
  }) => {
    for (const name of ["same", "changed", "deleted", "replaced"]) put(server, name);
    const observed = started();
    await until(() => server.watches === 1);
    await until(() => observed.changes.length === 4);
    server.fail({ verb: "watch" }, scenario);
    await missedByWatch(server, observed, () => {
      put(server, "changed", "2");
      put(server, "new");
      server.objects.remove(kinds.pod, demo("deleted"));
      server.objects.remove(kinds.pod, demo("replaced"));
      put(server, "replaced");
    });
    observed.clock.advance(await pause(observed));
    await until(() => observed.changes.length === 8);
    assert.equal(observed.changes.slice(4).sort(), ["changed@2", "deleted", "new", "replaced"]);
    assert.equal(names(observed), ["changed@2", "new", "replaced", "same"]);
  });
}

/** Makes changes that no watch can report: it is cut off, and the history forgotten. */
async function missedByWatch(server: FakeApi, observed: Observed, change: () => void) {
  server.dropWatches();
  const milliseconds = await pause(observed);
  change();
  server.compact();
  observed.clock.advance(milliseconds);
}

test("the first 410 is no trouble: it lists again at once", async ({ server, started }) => {
  server.fail({ verb: "watch" }, "gone");
  const observed = started();
  await until(() => server.watches === 1);
  assert.is(server.received({ verb: "list" }).length, 2);
  assert.equal([observed.clock.pending, observed.warnings], [[], []]);
});

test("410 after 410 does not become a busy loop", async ({ server, started }) => {
  server.failAlways({ verb: "watch" }, "gone");
  const observed = started();
  assert.is(await pause(observed), 200);
  observed.clock.advance(200);
  await until(() => server.received({ verb: "watch" }).length === 3);
  assert.is(await pause(observed), 300);
});

const refusals: Scenario[] = [
  "forbidden",
  "internalError",
  "badGateway",
  "errorEventInternal",
  "notJson",
  "endAtOnce",
  "halfLine",
];
for (const scenario of refusals) {
  test(`a watch that fails by ${scenario} is followed by a list, after a pause`, async ({
    server,
    started,
  }) => {
    server.fail({ verb: "watch" }, scenario, scenario);
    const observed = started();
    assert.is(await pause(observed), 100);
    assert.is(server.received({ verb: "list" }).length, 1);
    observed.clock.advance(100);
    await until(() => server.received({ verb: "list" }).length === 2);
    assert.is(await pause(observed), 200);
    observed.clock.advance(200);
    await until(() => server.watches === 1);
    assert.is(server.received({ verb: "list" }).length, 3);
    put(server, "a");
    await until(() => observed.changes.length === 1);
    assert.equal(
      observed.warnings.map(({ failures }) => failures),
      [1, 2],
    );
  });
}

const listTroubles: Scenario[] = [
  "forbidden",
  "internalError",
  "badGateway",
  "truncatedBody",
  "slowHeaders",
  "slowBody",
];
for (const scenario of listTroubles) {
  test(`a list that fails by ${scenario} is tried again until it works`, async ({
    server,
    started,
    client,
  }) => {
    put(server, "a");
    server.fail({ verb: "list" }, scenario, scenario, scenario);
    const observed = started({}, client({ timeout: 100 }));
    for (const expected of [100, 200, 300]) {
      assert.is(await pause(observed), expected);
      observed.clock.advance(expected);
    }
    await observed.reflector.synced;
    assert.equal(names(observed), ["a"]);
  });
}

test("a server that is away for long is found again", async ({ server, started }) => {
  put(server, "a");
  const observed = started();
  await until(() => server.watches === 1);
  await server.pause();
  for (const expected of [100, 200, 300, 400, 500, 600, 700, 800]) {
    assert.is(await pause(observed), expected);
    observed.clock.advance(expected);
  }
  await pause(observed);
  put(server, "a", "2");
  await server.resume();
  observed.clock.advance(60_000);
  await until(() => observed.changes.length === 2);
  assert.equal(names(observed), ["a@2"]);
});

test("failures are forgotten when things are well again", async ({ server, started }) => {
  const observed = started();
  await until(() => server.watches === 1);
  for (let round = 1; round <= 3; round += 1) {
    put(server, "a", String(round));
    await until(() => observed.changes.length === round);
    server.dropWatches();
    assert.is(await pause(observed), 100);
    observed.clock.advance(100);
    await until(() => server.watches === 1);
  }
});

test("a handler that throws does not end the watch", async ({ server, started }) => {
  const seen: string[] = [];
  const observed = started({
    onChange(object) {
      seen.push(describe(object));
      throw new Error("bug");
    },
  });
  await until(() => server.watches === 1);
  put(server, "a");
  put(server, "b");
  await until(() => seen.length === 2);
  assert.equal(names(observed), ["a", "b"]);
  assert.is(server.received({ verb: "watch" }).length, 1);
  assert.match(observed.warnings[0]!.message, "Could not handle a change of Pod demo/a");
});

test("an object that leaves the selection counts as deleted", async ({ server, started }) => {
  put(server, "a", "", { app: "iris" });
  const observed = started({ labelSelector: "app=iris" });
  await until(() => server.watches === 1);
  put(server, "a", "2");
  await until(() => observed.changes.length === 2);
  assert.equal(names(observed), []);
});

test("objects are found by their index, and both keys are told when it changes", async ({
  server,
  started,
}) => {
  const observed = started({ index: ({ metadata }) => metadata?.labels?.["model"] });
  await until(() => server.watches === 1);
  put(server, "a", "", { model: "iris" });
  put(server, "b", "", { model: "iris" });
  put(server, "none");
  await until(() => observed.changes.length === 3);
  const indexed = (key: string) => observed.reflector.indexed(key).map(describe);
  assert.equal(indexed("iris"), ["a", "b"]);
  put(server, "a", "2", { model: "rose" });
  server.objects.remove(kinds.pod, demo("b"));
  await until(() => observed.changes.length === 6);
  assert.equal(observed.changes.slice(3), ["a", "a@2", "b"]);
  assert.equal([indexed("iris"), indexed("rose")], [[], ["a@2"]]);
});

test("what is kept is trimmed, and never has managed fields", async ({ server, started }) => {
  const metadata = { ...demo("a"), managedFields: [{ manager: "kubectl" }] };
  server.objects.put(kinds.pod, { metadata, spec: { containers: [] } } as KubeObject);
  const trim = ({ apiVersion, kind, metadata }: KubeObject) => ({
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    ...(metadata && { metadata }),
  });
  const { reflector } = started({ trim });
  await reflector.synced;
  const kept = reflector.get("demo", "a")!;
  assert.equal(Object.keys(kept), ["apiVersion", "kind", "metadata"]);
  assert.is(kept.metadata?.managedFields, undefined);
});

const stops: [string, (observed: Observed, server: FakeApi) => Promise<unknown>][] = [
  ["before the list is answered", async (_, server) => server.failAlways({}, "slowHeaders")],
  ["during the watch", (_, server) => until(() => server.watches === 1)],
  [
    "during a pause",
    async (observed, server) => {
      await until(() => server.watches === 1);
      server.dropWatches();
      await pause(observed);
    },
  ],
];
for (const [when, reach] of stops) {
  test(`stopped ${when}, it makes no further request`, async ({ server, started }) => {
    const observed = started();
    await reach(observed, server);
    await observed.reflector.stop();
    const before = server.requests.length;
    put(server, "late");
    observed.clock.advance(60_000);
    observed.reflector.start();
    await until(() => server.watches === 0);
    assert.is(server.requests.length, before);
    assert.not(observed.changes.includes("late"));
    assert.equal(observed.clock.pending, []);
  });
}

test("started twice, it watches once", async ({ server, started }) => {
  const { reflector } = started();
  reflector.start();
  await until(() => server.watches === 1);
  await reflector.synced;
  assert.is(server.received({ verb: "list" }).length, 1);
});

test("through a storm of troubles it ends with what the server has", async ({
  server,
  started,
  client,
}) => {
  const storm =
    "drop gone halfLine internalError hang errorEventGone notJson endAtOnce truncatedBody slowBody";
  const ways = [...storm.split(" "), ...storm.split(" ")] as Scenario[];
  const observed = started({ inactivity: 50 }, client({ timeout: 100 }));
  const told = new Map<string, string>();
  for (const [round, scenario] of ways.entries()) {
    server.fail({}, scenario);
    put(server, `pod-${round % 7}`, String(round));
    server.objects.remove(kinds.pod, demo(`pod-${round % 7}`));
    put(server, `pod-${round % 5}`, `${round} again`);
    if (round % 4 === 0) server.compact();
    if (round % 3 === 0) server.dropWatches();
    else server.endWatches();
    const before = server.requests.length;
    await until(() => {
      observed.clock.advance(10_000);
      return server.requests.length > before;
    });
  }
  server.heal();
  const current = () => server.objects.list(kinds.pod).map(describe).sort();
  await until(() => {
    observed.clock.advance(10_000);
    return JSON.stringify(names(observed)) === JSON.stringify(current());
  });
  for (const change of observed.changes) told.set(change.split("@")[0]!, change);
  for (const name of current()) assert.is(told.get(name.split("@")[0]!), name);
});

test.run();
