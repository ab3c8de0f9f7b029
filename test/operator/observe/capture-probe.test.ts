import * as assert from "uvu/assert";
import type {
  EnrichmentSpec,
  ModelDeployment,
} from "../../../operator/src/api/model-deployment.ts";
import type { CaptureReport } from "../../../operator/src/state/capture-report.ts";
import type { Pod } from "../../../operator/src/kube/objects.ts";
import { CaptureProbe, type CaptureTargets } from "../../../operator/src/observe/capture-probe.ts";
import { enrichmentJob } from "../../../operator/src/resources/enrichment-job.ts";
import type { RequestCount } from "../../../operator/src/state/traffic.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";
import { capture, enrichment, images, intentFr, pod } from "../fixtures.ts";

const test = suite("capture probe");

const sha256 = enrichment.model.sha256;
const connected = (pending = 0): CaptureReport => ({
  state: "Connected",
  captured: 10,
  sentences: 8,
  dropped: 0,
  annotators: [{ sha256: sha256!, enriched: 8 - pending, pending, rate: 0 }],
});

const model = (spec: Partial<EnrichmentSpec> = {}) =>
  intentFr({ capture, enrichment: { ...enrichment, ...spec } });
const capturing = intentFr({ capture });

function ready(name = "one", revision = "aaaaaaaa"): Pod {
  const one = pod(model(), revision, { name, ready: true });
  return { ...one, status: { ...one.status, podIP: name } };
}

function world(parts: Partial<CaptureTargets> = {}): CaptureTargets {
  return { servers: [ready()], serving: "aaaaaaaa", pods: [], annotator: { sha256 }, ...parts };
}

const job = enrichmentJob(model(), enrichment, { images, sha256, attempt: 1 });

/** Servers that count up, on a clock that the test moves. */
function servers() {
  const clock = new ManualClock();
  const asked: string[] = [];
  const told: string[] = [];
  const rates: Record<string, number | undefined> = { one: 0 };
  let report: CaptureReport | undefined = connected();
  const count = (name: string): RequestCount | undefined => {
    const rate = rates[name];
    const uptimeSeconds = clock.now() / 1000;
    return rate === undefined ? undefined : { requests: rate * uptimeSeconds, uptimeSeconds };
  };
  const probe = new CaptureProbe({
    introspection: {
      async capture(podIP) {
        asked.push(`capture ${podIP}`);
        return report;
      },
      async traffic(podIP) {
        asked.push(`traffic ${podIP}`);
        return count(podIP);
      },
    },
    isPending: (_, seen) => (seen.capture?.annotators[0]?.pending ?? 0) > 0,
    onChange: (key) => told.push(key),
    clock,
  });
  const polling = {
    known(about: ModelDeployment, targets: CaptureTargets) {
      probe.watch(about, targets);
      return probe.latest(about);
    },
    forget: (key: string) => probe.forget(key),
    stop: () => probe.stop(),
  };
  return {
    polling,
    clock,
    told,
    rates,
    says: (next: CaptureReport | undefined) => void (report = next),
    /** What was asked since the last look. */
    asked: () => asked.splice(0),
    sink,
    /** Lets seconds pass, one after the other, so that answers can sink in. */
    pass: async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1000);
        await sink();
      }
    },
  };
}

/** Lets answers be heard. */
async function sink(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

const count = (asked: string[], what: string) => asked.filter((one) => one.startsWith(what)).length;

test("asks nothing about a model that keeps nothing", async () => {
  const { polling, asked, clock, sink } = servers();
  assert.equal(polling.known(intentFr(), world()), {});
  await sink();
  assert.equal(asked(), []);
  assert.equal(clock.pending, []);
});

test("asks a model with capture alone every half minute, and not for its traffic", async () => {
  const { polling, asked, pass, sink } = servers();
  polling.known(capturing, world());
  await sink();
  assert.equal(asked(), ["capture one"]);
  await pass(60);
  assert.equal(asked(), ["capture one", "capture one"]);
});

test("asks one with enrichment and nothing to label as rarely", async () => {
  const { polling, asked, pass, sink } = servers();
  polling.known(model(), world());
  await sink();
  assert.equal(asked(), ["capture one", "traffic one"]);
  await pass(60);
  assert.is(count(asked(), "traffic"), 2);
});

test("asks every five seconds while something is pending", async () => {
  const { polling, asked, pass, says, sink } = servers();
  says(connected(3));
  polling.known(model(), world());
  await sink();
  asked();
  await pass(30);
  const questions = asked();
  assert.is(count(questions, "traffic"), 6);
  assert.is(count(questions, "capture"), 1);
});

test("asks more often as soon as there is a Job", async () => {
  const { polling, asked, pass, sink } = servers();
  polling.known(model(), world());
  await sink();
  await pass(20);
  asked();
  polling.known(model(), world({ enrichmentJob: job }));
  await pass(1);
  assert.equal(asked().sort(), ["capture one", "traffic one"]);
  await pass(30);
  const questions = asked();
  assert.is(count(questions, "traffic"), 6);
  assert.is(count(questions, "capture"), 3);
});

test("asks rarely again when the Job has come to its end", async () => {
  const { polling, asked, pass, sink } = servers();
  polling.known(model(), world({ enrichmentJob: job }));
  await sink();
  const ended = { ...job, status: { conditions: [{ type: "Complete", status: "True" }] } };
  polling.known(model(), world({ enrichmentJob: ended }));
  asked();
  await pass(30);
  assert.is(count(asked(), "traffic"), 1);
});

test("asks what the workers have left as soon as the servers know it", async () => {
  const { polling, asked, pass, sink } = servers();
  polling.known(capturing, world({ enrichmentJob: job }));
  await sink();
  await pass(2);
  asked();
  polling.known(capturing, world());
  await pass(5);
  assert.is(count(asked(), "capture"), 0);
  polling.known(capturing, world());
  await pass(1);
  assert.is(count(asked(), "capture"), 1);
  await pass(29);
  assert.is(count(asked(), "capture"), 0);
});

test("tells once what is new, and nothing while nothing is", async () => {
  const { polling, told, pass, says, sink } = servers();
  polling.known(capturing, world());
  await sink();
  assert.equal(told.splice(0), ["demo/intent-fr"]);
  assert.equal(polling.known(capturing, world()).capture, connected());
  await pass(300);
  assert.equal(told.splice(0), []);
  says({ ...connected(), captured: 11 });
  await pass(30);
  assert.equal(told.splice(0), ["demo/intent-fr"]);
});

test("tells of another state of the traffic, and of the end of the quiet time, but not of the time", async () => {
  const { polling, told, rates, pass, sink } = servers();
  const known = () =>
    polling.known(
      model({ idle: { maxRequestsPerSecond: 1, for: "20s" } }),
      world({ enrichmentJob: job }),
    );
  assert.is(known().traffic, undefined);
  await sink();
  told.splice(0);
  await pass(5);
  assert.equal(known().traffic, { state: "Quiet", milliseconds: 0 });
  assert.is(told.splice(0).length, 1);
  await pass(15);
  assert.is(told.splice(0).length, 0);
  await pass(5);
  assert.equal(known().traffic, { state: "Quiet", milliseconds: 20_000 });
  assert.is(told.splice(0).length, 1);
  await pass(60);
  assert.is(told.splice(0).length, 0);
  rates["one"] = 1000;
  await pass(5);
  assert.equal(known().traffic, { state: "Busy" });
  assert.is(told.splice(0).length, 1);
});

test("takes a server that never answers for busy", async () => {
  const { polling, rates, pass, sink } = servers();
  rates["one"] = undefined;
  const known = () => polling.known(model(), world({ enrichmentJob: job }));
  known();
  await sink();
  await pass(15);
  assert.is(known().traffic, undefined);
  await pass(5);
  assert.equal(known().traffic, { state: "Unknown", pod: "one" });
});

test("asks a server that is too busy to be ready, and none that does not run", async () => {
  const { polling, asked, sink } = servers();
  const state = { running: {} };
  const busy = pod(model(), "aaaaaaaa", { name: "busy" });
  const container = {
    name: "server",
    image: "",
    imageID: "",
    ready: false,
    restartCount: 0,
    state,
  };
  busy.status = { ...busy.status, podIP: "busy", containerStatuses: [container] };
  polling.known(model(), world({ servers: [ready(), busy, pod(model(), "aaaaaaaa")] }));
  await sink();
  assert.equal(asked(), ["capture one", "traffic one", "traffic busy"]);
});

test("asks about capture those that get the traffic, and at once when they are others", async () => {
  const { polling, asked, sink } = servers();
  polling.known(capturing, world({ servers: [ready(), ready("two", "bbbbbbbb")] }));
  await sink();
  assert.equal(asked(), ["capture one"]);
  const moved = world({ servers: [ready(), ready("two", "bbbbbbbb")], serving: "bbbbbbbb" });
  polling.known(capturing, moved);
  await sink();
  assert.equal(asked(), ["capture two"]);
});

test("says that nobody answers when nobody does", async () => {
  const { polling, says, sink } = servers();
  says(undefined);
  polling.known(capturing, world());
  await sink();
  assert.equal(polling.known(capturing, world()).capture, { state: "NoAnswer", annotators: [] });
});

test("measures anew when another limit counts", async () => {
  const { polling, pass, sink } = servers();
  polling.known(model(), world({ enrichmentJob: job }));
  await sink();
  await pass(10);
  const idle = { maxRequestsPerSecond: 7, for: "5m" };
  const known = polling.known(model({ idle }), world({ enrichmentJob: job }));
  assert.is(known.traffic, undefined);
});

test("asks nothing any more about a model that is gone, or keeps nothing any more", async () => {
  for (const end of ["forget", "stop", "edit"] as const) {
    const { polling, asked, told, clock, pass, sink } = servers();
    polling.known(model(), world());
    if (end === "forget") polling.forget("demo/intent-fr");
    if (end === "stop") polling.stop();
    if (end === "edit") polling.known(intentFr(), world());
    await sink();
    asked();
    await pass(120);
    assert.equal(asked(), [], end);
    assert.equal(told, [], end);
    assert.equal(clock.pending, [], end);
  }
});

test("has a limited number of questions under way", async () => {
  let open = 0;
  let most = 0;
  const answers: (() => void)[] = [];
  const ask = () => {
    open += 1;
    most = Math.max(most, open);
    return new Promise<undefined>((resolve) =>
      answers.push(() => {
        open -= 1;
        resolve(undefined);
      }),
    );
  };
  const probe = new CaptureProbe({
    introspection: { capture: ask, traffic: ask },
    isPending: () => false,
    onChange: () => {},
    concurrency: 3,
    clock: new ManualClock(),
  });
  const many = Array.from({ length: 10 }, (_, index) => ready(`pod-${index}`));
  probe.watch(model(), world({ servers: many }));
  let answered = 0;
  while (answered < 20) {
    await new Promise(setImmediate);
    const next = answers.shift();
    if (next) answered += 1;
    next?.();
  }
  assert.is(most, 3);
});

test.run();
