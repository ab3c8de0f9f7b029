import * as assert from "uvu/assert";
import type { ModelDeploymentStatus } from "../../operator/src/api.ts";
import type { ModelDescription } from "../../operator/src/observed.ts";
import { createServers } from "../../operator/src/servers.ts";
import { figures, intentFr, pod } from "./fixtures.ts";
import { suite } from "../support/suite.ts";

const test = suite("servers");

const description: ModelDescription = { sha256: "ab".repeat(32), inputs: [], outputs: [] };
const running = { containerStatuses: [{ state: { running: {} } }] } as object;

/** Servers that count how often they are asked. */
function counted(answer: ModelDescription | undefined) {
  const asked: string[] = [];
  const servers = createServers({
    async model(podIP) {
      asked.push(podIP);
      return answer;
    },
    async unready(podIP) {
      asked.push(podIP);
      return "The model is being loaded";
    },
  });
  return { asked, servers };
}

test("are asked about their model once for each revision", async () => {
  const { asked, servers } = counted(description);
  const model = intentFr();
  const pods = [
    pod(model, "aaaaaaaa", { name: "one", ready: true }),
    pod(model, "aaaaaaaa", { name: "two", ready: true }),
    pod(model, "bbbbbbbb", { name: "three", ready: true }),
  ];
  const first = await servers.models(model, pods);
  assert.equal([...first.keys()], ["aaaaaaaa", "bbbbbbbb"]);
  assert.is(asked.length, 2);
  assert.equal(await servers.models(model, pods), first);
  assert.is(asked.length, 2);
});

test("are not asked what the status has already", async () => {
  const { asked, servers } = counted(description);
  const serving = { revision: "aaaaaaaa", sha256: description.sha256 };
  const footprint = { revision: "aaaaaaaa" };
  const model = intentFr({}, { serving, footprint });
  const found = await servers.models(model, [pod(model, "aaaaaaaa", { ready: true })]);
  assert.equal([asked.length, found.size], [0, 0]);
});

test("are asked again for the footprint, and once more after a measurement", async () => {
  const { asked, servers } = counted(description);
  const serving = { revision: "aaaaaaaa", sha256: description.sha256 };
  const footprint = { revision: "aaaaaaaa" };
  const ask = (status: ModelDeploymentStatus) => {
    const model = intentFr({}, status);
    return servers.models(model, [pod(model, "aaaaaaaa", { ready: true })]);
  };
  await ask({ serving });
  assert.is(asked.length, 1);
  await ask({ serving, footprint });
  await ask({ serving, footprint, benchmark: figures });
  assert.is(asked.length, 2);
  await ask({ serving, footprint: { ...footprint, memoryUnderLoad: "1Mi" }, benchmark: figures });
  assert.is(asked.length, 2);
});

test("are not asked before they are ready", async () => {
  const { asked, servers } = counted(description);
  await servers.models(intentFr(), [pod(intentFr(), "aaaaaaaa")]);
  assert.is(asked.length, 0);
});

test("that do not answer are left alone for a while", async () => {
  const { asked, servers } = counted(undefined);
  const pods = [pod(intentFr(), "aaaaaaaa", { ready: true })];
  assert.is((await servers.models(intentFr(), pods)).size, 0);
  await servers.models(intentFr(), pods);
  assert.is(asked.length, 1);
});

test("of a model that came back after it was gone are asked again", async () => {
  const { asked, servers } = counted(description);
  const pods = [pod(intentFr(), "aaaaaaaa", { ready: true })];
  await servers.models(intentFr(), pods);
  servers.forget("demo/intent-fr");
  await servers.models(intentFr(), pods);
  assert.is(asked.length, 2);
});

test("say why they are not ready, one for each revision, as long as they run", async () => {
  const { asked, servers } = counted(undefined);
  const model = intentFr();
  const unready = await servers.unready([
    pod(model, "aaaaaaaa", { name: "starting" }),
    pod(model, "aaaaaaaa", { name: "loading", status: running }),
    pod(model, "aaaaaaaa", { name: "loading-too", status: running }),
    pod(model, "bbbbbbbb", { name: "fine", ready: true, status: running }),
  ]);
  assert.equal([...unready], [["loading", "The model is being loaded"]]);
  assert.is(asked.length, 1);
});

test.run();
