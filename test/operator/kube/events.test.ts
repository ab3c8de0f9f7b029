import * as assert from "uvu/assert";
import type { CoreV1Event } from "@kubernetes/client-node";
import { ApiClient, type Api } from "../../../operator/src/kube/api.ts";
import { EventRecorder } from "../../../operator/src/kube/events.ts";
import { kinds, type Wire } from "../../../operator/src/kube/resource.ts";
import { FakeApi } from "../../support/fake-api.ts";
import { suite } from "../../support/suite.ts";

interface World {
  server: FakeApi;
  api: Api;
  recorder: EventRecorder;
  time: Date;
  warnings: string[];
}

const test = suite<World>("events");

const model = {
  apiVersion: "intendant.dev/v1alpha1",
  kind: "ModelDeployment",
  metadata: { namespace: "demo", name: "iris", uid: "1234", resourceVersion: "7" },
};

test.before.each(async (world) => {
  world.server = await FakeApi.start();
  world.api = new ApiClient(world.server.config(), { rate: 10_000, burst: 10_000 });
  world.time = new Date("2026-11-01T12:00:00Z");
  world.warnings = [];
  world.recorder = new EventRecorder({
    api: world.api,
    component: "intendant",
    host: "intendant-0",
    log: { warn: (_, message) => world.warnings.push(message) },
    now: () => world.time,
  });
});

test.after.each(async ({ server, api }) => {
  await api.close();
  await server.close();
});

function events(server: FakeApi) {
  return server.objects.list(kinds.event) as Wire<CoreV1Event>[];
}

test("an event says what happened to which object, and who saw it", async ({
  server,
  recorder,
}) => {
  recorder.record(model, "Normal", "Promoted", "Revision 1a2b3c4d gets the traffic");
  await recorder.drain();
  const [event] = events(server);
  assert.match(event!.metadata.name!, /^iris\.[0-9a-f]{16}$/);
  const { metadata: _, apiVersion: __, kind: ___, ...rest } = event!;
  assert.equal(rest, {
    involvedObject: {
      apiVersion: "intendant.dev/v1alpha1",
      kind: "ModelDeployment",
      namespace: "demo",
      name: "iris",
      uid: "1234",
    },
    type: "Normal",
    reason: "Promoted",
    message: "Revision 1a2b3c4d gets the traffic",
    firstTimestamp: "2026-11-01T12:00:00.000Z",
    lastTimestamp: "2026-11-01T12:00:00.000Z",
    count: 1,
    source: { component: "intendant", host: "intendant-0" },
    reportingComponent: "intendant",
    reportingInstance: "intendant-0",
  });
});

test("the same again soon after is counted", async (world) => {
  const { server, recorder } = world;
  for (const minute of ["00", "05", "12"]) {
    world.time = new Date(`2026-11-01T12:${minute}:00Z`);
    recorder.record(model, "Warning", "Failed", "No");
    await recorder.drain();
  }
  const [event, ...others] = events(server);
  assert.equal(others, []);
  assert.is(event?.count, 3);
  assert.is(event?.firstTimestamp, "2026-11-01T12:00:00.000Z");
  assert.is(event?.lastTimestamp, "2026-11-01T12:12:00.000Z");
});

test("the same again much later is a new event", async (world) => {
  const { server, recorder } = world;
  for (const minute of ["00", "30"]) {
    world.time = new Date(`2026-11-01T12:${minute}:00Z`);
    recorder.record(model, "Warning", "Failed", "No");
    await recorder.drain();
  }
  assert.equal(
    events(server).map(({ count }) => count),
    [1, 1],
  );
});

test("what differs in object, reason or message is another event", async ({ server, recorder }) => {
  const other = { ...model, metadata: { ...model.metadata, uid: "5678" } };
  recorder.record(model, "Normal", "Promoted", "a");
  recorder.record(model, "Normal", "Promoted", "b");
  recorder.record(model, "Normal", "Created", "a");
  recorder.record(other, "Normal", "Promoted", "a");
  await recorder.drain();
  assert.is(events(server).length, 4);
});

test("a flood of the same event costs few requests", async ({ server, recorder }) => {
  for (let count = 0; count < 1000; count += 1) recorder.record(model, "Normal", "Again", "a");
  await recorder.drain();
  assert.ok(server.requests.length <= 2, `${server.requests.length} requests`);
  assert.is(events(server)[0]?.count, 1000);
});

test("a flood of different events is cut off", async ({ recorder, warnings }) => {
  for (let count = 0; count < 1200; count += 1)
    recorder.record(model, "Normal", "Again", `${count}`);
  assert.ok(warnings.length >= 190, `${warnings.length} were dropped`);
  assert.is(warnings[0], "Dropped an event, there are too many");
  await recorder.drain();
});

test("an event that cannot be written is logged and forgotten", async ({
  server,
  recorder,
  warnings,
}) => {
  server.fail({}, "forbidden", "internalError", "truncatedBody");
  for (const message of ["a", "b", "c", "d"]) recorder.record(model, "Normal", "Tried", message);
  await recorder.drain();
  assert.equal(warnings, Array(3).fill("Could not record an event"));
  assert.equal(
    events(server).map(({ message }) => message),
    ["d"],
  );
});

test("a message too long for the API is cut", async ({ server, recorder }) => {
  recorder.record(model, "Normal", "Long", "x".repeat(2000));
  await recorder.drain();
  assert.is(events(server)[0]?.message?.length, 1024);
});

test.run();
