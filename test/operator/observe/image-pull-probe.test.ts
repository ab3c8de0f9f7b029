import { pino } from "pino";
import * as assert from "uvu/assert";
import type { ListOptions } from "../../../operator/src/kube/api.ts";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { Pod } from "../../../operator/src/kube/objects.ts";
import { ImagePullProbe } from "../../../operator/src/observe/image-pull-probe.ts";
import { intentFr, pod } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";
import { until } from "../../../tools/support/until.ts";

const test = suite("image pull probe");

const log = pino({ level: "silent" });
const image = "registry/server:1";
const event = {
  message: `Container image "${image}" already present on machine`,
  involvedObject: { fieldPath: "spec.containers{server}" },
};
const node = { status: { images: [{ names: [image], sizeBytes: 1000 }] } };

/** A cluster that counts how often it is asked; what it has not it refuses to tell. */
function counted({ events, nodes }: { events?: object[]; nodes?: object } = {}) {
  const asked: string[] = [];
  const news: string[] = [];
  const tell = (answer: object | undefined): never => {
    if (!answer) throw new Error("forbidden");
    return answer as never;
  };
  const probe = new ImagePullProbe({
    api: {
      async list(_kind: unknown, { fieldSelector }: ListOptions) {
        asked.push(fieldSelector ?? "");
        return tell(events && { items: events });
      },
      async read(_kind: unknown, _namespace: string, name: string) {
        asked.push(name);
        return tell(nodes);
      },
    },
    onChange: (key) => void news.push(key),
    log,
  });
  const pulls = {
    answers(about: ModelDeployment, pods: Pod[]) {
      probe.watch(about, pods);
      return probe.latest(about);
    },
    forget: (key: string) => probe.forget(key),
  };
  return { asked, news, pulls };
}

const model = intentFr();
const ready = (name: string, created = "2026-10-01T12:00:00Z", revision = "aaaaaaaa"): Pod => {
  const made = pod(model, revision, { name, ready: true });
  const metadata = { ...made.metadata, uid: `uid-${name}`, creationTimestamp: created };
  return { ...made, metadata, spec: { containers: [], nodeName: "node-1" } };
};

test("are asked once for each revision, of its first pod, and nobody waits", async () => {
  const { asked, news, pulls } = counted({ events: [event], nodes: node });
  const pods = [ready("late", "2026-10-01T12:30:00Z"), ready("first")];
  assert.is(pulls.answers(model, pods).size, 0);
  pulls.answers(model, pods);
  await until(() => news.length > 0);
  assert.equal(news, ["demo/intent-fr"]);
  const known = { pod: "first", seconds: 0, bytes: 1000 };
  assert.equal(pulls.answers(model, pods), new Map([["aaaaaaaa", known]]));
  assert.equal(asked, ["involvedObject.uid=uid-first,reason=Pulled", "node-1"]);
});

test("ask about one image on one node once", async () => {
  const { asked, news, pulls } = counted({ events: [event], nodes: node });
  pulls.answers(model, [ready("a"), ready("b", undefined, "bbbbbbbb")]);
  await until(() => news.length === 2);
  assert.equal(asked.filter((name) => name === "node-1").length, 1);
});

test("are not asked about what the status has, and not before a pod is ready", () => {
  const { asked, pulls } = counted();
  const known = intentFr({}, { footprint: { revision: "aaaaaaaa" } });
  pulls.answers(known, [ready("a")]);
  pulls.answers(model, [pod(model, "aaaaaaaa")]);
  assert.is(asked.length, 0);
});

test("that cannot be learnt count as known, and are not asked for again", async () => {
  const { asked, news, pulls } = counted();
  pulls.answers(model, [ready("a")]);
  await until(() => news.length > 0);
  assert.equal(pulls.answers(model, [ready("a")]), new Map([["aaaaaaaa", { pod: "a" }]]));
  assert.is(asked.length, 1);
});

test("leave out the size where nodes may not be read", async () => {
  const { news, pulls } = counted({ events: [event] });
  pulls.answers(model, [ready("a")]);
  await until(() => news.length > 0);
  const known = { pod: "a", seconds: 0, bytes: undefined };
  assert.equal(pulls.answers(model, [ready("a")]), new Map([["aaaaaaaa", known]]));
});

test("of a model that is gone are not asked for when their turn comes", async () => {
  const { asked, news, pulls } = counted({ events: [event], nodes: node });
  const other = { ...model, metadata: { ...model.metadata, name: "other" } };
  pulls.answers(other, [ready("first")]);
  pulls.answers(model, [ready("a")]);
  pulls.forget("demo/intent-fr");
  pulls.answers(model, [ready("b", undefined, "bbbbbbbb")]);
  await until(() => news.includes("demo/intent-fr"));
  assert.equal(news, ["demo/other", "demo/intent-fr"]);
  assert.not(asked.includes("involvedObject.uid=uid-a,reason=Pulled"));
});

test.run();
