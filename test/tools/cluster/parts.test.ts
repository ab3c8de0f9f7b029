import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { instance, type Instance } from "../../../tools/cluster/instance.ts";
import {
  endAll,
  flags,
  hasEnded,
  processes,
  processOf,
  start,
  until,
} from "../../../tools/cluster/parts.ts";

const test = suite<{ cluster: Instance }>("parts");

test.before.each((context) => {
  const folder = mkdtempSync(join(tmpdir(), "intendant-"));
  const logs = join(folder, "log");
  mkdirSync(logs);
  context.cluster = { ...instance(folder), run: folder, state: folder, logs };
});

test.after.each(async ({ cluster }) => {
  await endAll(cluster);
  rmSync(cluster.run, { recursive: true });
});

const sleeper = { name: "sleeper", command: "sleep", args: ["600"] };
const never = async () => false;
const script = (text: string) => ({ name: "script", command: "sh", args: ["-c", text] });

test("a part runs until its cluster is ended", async ({ cluster }) => {
  start(cluster, sleeper);
  assert.type(processOf(cluster, "sleeper"), "number");
  await endAll(cluster);
  assert.is(processOf(cluster, "sleeper"), undefined);
});

test("a process has ended when it has let go of everything, not before", async ({ cluster }) => {
  start(cluster, sleeper);
  const pid = processOf(cluster, "sleeper")!;
  assert.not(hasEnded(pid));
  process.kill(pid, "SIGKILL");
  const wait = { what: "the part to end", parts: [], seconds: 5 };
  await until(cluster, wait, async () => hasEnded(pid));
});

test("what a part has started belongs to the cluster, even when the part has ended", async ({
  cluster,
}) => {
  start(cluster, script("setsid sleep 600 & sleep 0.1"));
  const left = async () => processes(cluster).length === 1 && !processOf(cluster, "script");
  await until(cluster, { what: "the part to end", parts: [], seconds: 5 }, left);
  await endAll(cluster);
  assert.equal(processes(cluster), []);
});

test("a recorded process id that now means another process is not the part's", ({ cluster }) => {
  writeFileSync(join(cluster.run, "sleeper.pid"), `${process.pid}`);
  assert.is(processOf(cluster, "sleeper"), undefined);
});

test("ending one cluster leaves another alone", async ({ cluster }) => {
  start(cluster, sleeper);
  await endAll(instance("/another/checkout"));
  assert.type(processOf(cluster, "sleeper"), "number");
});

test("a part that has ended fails the wait at once, with the end of its log", async ({
  cluster,
}) => {
  start(cluster, script("echo first; echo the port is taken >&2; exit 1"));
  const wait = { what: "the port", parts: ["script"], seconds: 60 };
  const error = await failure(until(cluster, wait, never));
  assert.match(error, "script has ended. The end of ");
  assert.match(error, "first\nthe port is taken");
});

test("a program that is not there is a part that has ended, and the log says why", async ({
  cluster,
}) => {
  start(cluster, { name: "script", command: "/no/such/program", args: [] });
  const wait = { what: "the program", parts: ["script"], seconds: 60 };
  assert.match(await failure(until(cluster, wait, never)), "ENOENT");
});

test("a wait that takes too long says for what, with the end of the log", async ({ cluster }) => {
  start(cluster, script("echo still busy; sleep 600"));
  const wait = { what: "a miracle", parts: ["script"], seconds: 0.5 };
  const error = await failure(until(cluster, wait, never));
  assert.match(error, "Waited 0.5 s for a miracle. The end of ");
  assert.match(error, "still busy");
});

test("flags are written as Go programs read them", () => {
  assert.equal(flags({ config: "/run/a.json", v: "0" }), ["--config=/run/a.json", "--v=0"]);
});

test.run();

async function failure(promise: Promise<void>): Promise<string> {
  return promise.then(() => "no error", String);
}
