import * as assert from "uvu/assert";
import type {
  ModelDeployment,
  ModelDeploymentStatus,
} from "../../../operator/src/api/model-deployment.ts";
import type { ModelDescription } from "../../../operator/src/state/observed.ts";
import type { Pod } from "../../../operator/src/kube/objects.ts";
import { ModelProbe, type ModelProbeOptions } from "../../../operator/src/observe/model-probe.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";
import { until } from "../../../tools/support/until.ts";
import { figures, intentFr, pod } from "../fixtures.ts";

const test = suite("model probe");

const description: ModelDescription = { sha256: "ab".repeat(32), inputs: [], outputs: [] };
const running = { podIP: "10.0.0.1", containerStatuses: [{ state: { running: {} } }] } as object;
const loading = "The model is being loaded";
const model = intentFr();

/** Servers in the hands of the test: each question waits until the test lets it be answered. */
function silent(options: Partial<ModelProbeOptions> = {}) {
  const clock = new ManualClock();
  const open: { podIP: string; answer: (value?: unknown) => void }[] = [];
  const told: string[] = [];
  const ask = (podIP: string) =>
    new Promise<never>((resolve) =>
      open.push({ podIP, answer: (value) => resolve(value as never) }),
    );
  let asked = 0;
  const counted = (podIP: string) => {
    asked += 1;
    return ask(podIP);
  };
  const probe = new ModelProbe({
    introspection: { model: counted, unready: counted },
    onChange: (key) => told.push(key),
    clock,
    backoff: () => 1_000,
    ...options,
  });
  return {
    servers: {
      answers(about: ModelDeployment, pods: Pod[]) {
        probe.watch(about, pods);
        return probe.latest(about);
      },
      forget: (key: string) => probe.forget(key),
    },
    clock,
    told,
    open,
    asked: () => asked,
    /** Answers the oldest question, and lets the answer sink in. */
    answer: async (value?: unknown) => {
      open.shift()!.answer(value);
      await new Promise(setImmediate);
    },
  };
}

function ready(name = "one", revision = "aaaaaaaa", podIP = "10.0.0.1"): Pod {
  const one = pod(model, revision, { name, ready: true });
  return { ...one, status: { ...one.status, podIP } };
}

test("a pass gets what is known, and another one is called for when there is news", async () => {
  const { servers, answer, told } = silent();
  assert.is(servers.answers(model, [ready()]).models.size, 0);
  assert.equal(told, []);
  await answer(description);
  assert.equal(told, ["demo/intent-fr"]);
  assert.equal([...servers.answers(model, [ready()]).models], [["aaaaaaaa", description]]);
});

test("are asked about their model once for each revision", async () => {
  const { servers, answer, asked, clock } = silent();
  const pods = [ready("one"), ready("two"), ready("three", "bbbbbbbb")];
  servers.answers(model, pods);
  assert.is(asked(), 2);
  await answer(description);
  await answer(description);
  clock.advance(3_600_000);
  servers.answers(model, pods);
  servers.answers(model, [ready("another")]);
  assert.is(asked(), 2);
});

test("are not asked what the status has already, nor before they are ready", () => {
  const { servers, asked } = silent();
  const serving = { revision: "aaaaaaaa", sha256: description.sha256 };
  const footprint = { revision: "aaaaaaaa" };
  servers.answers(intentFr({}, { serving, footprint }), [ready()]);
  servers.answers(model, [pod(model, "aaaaaaaa")]);
  assert.is(asked(), 0);
});

test("are asked again when the pod is gone that told of its processor", async () => {
  const { servers, answer, asked } = silent();
  const node = { cpu: "EPYC", pod: "one" };
  const serving = { revision: "aaaaaaaa", sha256: description.sha256, node };
  const footprint = { revision: "aaaaaaaa" };
  const described = intentFr({}, { serving, footprint });
  servers.answers(described, [ready("another"), ready("one")]);
  assert.is(asked(), 0);
  servers.answers(described, [ready("another")]);
  assert.is(asked(), 1);
  await answer({ ...description, node: { cpu: "Xeon" } });
  const { models } = servers.answers(described, [ready("another")]);
  assert.equal(models.get("aaaaaaaa")?.node, { cpu: "Xeon", pod: "another" });
});

test("are asked for the footprint, and once more after a measurement", async () => {
  const { servers, answer, asked } = silent();
  const serving = { revision: "aaaaaaaa", sha256: description.sha256 };
  const footprint = { revision: "aaaaaaaa" };
  const pass = (status: ModelDeploymentStatus) => servers.answers(intentFr({}, status), [ready()]);
  pass({ serving });
  assert.is(asked(), 1);
  await answer(description);
  pass({ serving, footprint });
  const measured = { serving, footprint, benchmark: figures };
  assert.is(pass(measured).models.size, 0, "what was answered before is no answer");
  assert.is(asked(), 2);
  const later = { ...description, memory: { atRest: 1, resident: 2, peak: 3 } };
  await answer(later);
  assert.equal(pass(measured).models.get("aaaaaaaa"), later);
  pass({ ...measured, footprint: { ...footprint, memoryUnderLoad: "1Mi" } });
  assert.is(asked(), 2);
});

test("say why they are not ready, one for each revision, as long as they run", async () => {
  const { servers, answer, asked } = silent();
  const pods = [
    pod(model, "aaaaaaaa", { name: "starting" }),
    pod(model, "aaaaaaaa", { name: "loading", status: running }),
    pod(model, "aaaaaaaa", { name: "loading-too", status: running }),
  ];
  servers.answers(model, pods);
  assert.is(asked(), 1);
  await answer(loading);
  assert.equal([...servers.answers(model, pods).unready], [["loading", loading]]);
});

test("are asked again why they are not ready, and only another answer is news", async () => {
  const { servers, answer, told, clock } = silent();
  const pods = [pod(model, "aaaaaaaa", { name: "loading", status: running })];
  servers.answers(model, pods);
  for (const words of [loading, loading, "The model is broken", "The model is broken"]) {
    await answer(words);
    servers.answers(model, pods);
    clock.advance(1_000);
  }
  assert.is(told.length, 2);
  assert.equal([...servers.answers(model, pods).unready.values()], ["The model is broken"]);
});

for (const [title, pods] of [
  ["that never answers", [ready()]],
  ["that is never ready", [pod(model, "aaaaaaaa", { status: running })]],
] as [string, Pod[]][]) {
  test(`a pod ${title} is left alone in the end, until it changes`, async () => {
    const { servers, answer, open, asked, clock } = silent();
    servers.answers(model, pods);
    while (open.length > 0) {
      await answer();
      clock.advance(1_000);
      servers.answers(model, pods);
    }
    assert.is(asked(), 10);
    assert.equal(clock.pending, []);
    const changed = pods.map((one) => ({ ...one, metadata: { ...one.metadata, uid: "another" } }));
    servers.answers(model, changed);
    assert.is(asked(), 11);
  });
}

test("one that does not answer delays no other", async () => {
  const { servers, open, told } = silent();
  const name = (name: string) => ({ ...model, metadata: { ...model.metadata, name } });
  servers.answers(name("silent"), [ready()]);
  servers.answers(name("good"), [ready("good", "aaaaaaaa", "10.0.0.2")]);
  const [, good] = open.splice(0, 2);
  assert.is(good?.podIP, "10.0.0.2");
  good?.answer(description);
  await new Promise(setImmediate);
  assert.equal(told, ["demo/good"]);
});

test("what was asked in vain gives way to what was not asked yet", async () => {
  const { servers, answer, open, clock } = silent({ concurrency: 1 });
  const pods = (podIP: string) => [ready("one", "aaaaaaaa", podIP)];
  const name = (name: string) => ({ ...model, metadata: { ...model.metadata, name } });
  servers.answers(name("in-vain"), pods("10.0.0.1"));
  servers.answers(name("second"), pods("10.0.0.2"));
  await answer();
  clock.advance(1_000);
  servers.answers(name("third"), pods("10.0.0.3"));
  await answer(description);
  assert.equal(
    open.map(({ podIP }) => podIP),
    ["10.0.0.3"],
  );
});

test("are asked nothing any more about a model that is gone, and anew when it is back", async () => {
  const { servers, answer, asked, told, clock } = silent();
  servers.answers(model, [ready()]);
  servers.forget("demo/intent-fr");
  await answer(description);
  clock.advance(60_000);
  assert.equal([asked(), told], [1, []]);
  assert.is(servers.answers(model, [ready()]).models.size, 0);
  assert.is(asked(), 2);
});

test("that are many are asked a few at a time", async () => {
  const { servers, open, answer, asked } = silent({ concurrency: 3 });
  for (let index = 0; index < 10; index += 1) {
    const named = { ...model, metadata: { ...model.metadata, name: `model-${index}` } };
    servers.answers(named, [ready()]);
  }
  assert.is(open.length, 3);
  while (open.length > 0) await answer(description);
  await until(() => asked() === 10);
});

test.run();
