import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as assert from "uvu/assert";
import { kinds } from "../../../operator/src/kube/resource.ts";
import { FakeApi, type FakeRequest } from "../../support/fake-api.ts";
import { suite } from "../../support/suite.ts";
import { Kubelet } from "../kubelet.ts";
import { applied } from "../operator.ts";

const test = suite<World>("fence", 60_000);

/** Runs `operator/src/main.ts`, which the API server knows by its token. */
function operator(server: FakeApi, folder: string, name: string, ...options: string[]) {
  const kubeconfig = join(folder, name);
  writeFileSync(kubeconfig, server.config(name).exportConfig());
  const env = {
    KUBECONFIG: kubeconfig,
    SERVER_IMAGE: "server:1",
    BENCHMARK_IMAGE: "k6:1",
    POD_NAME: name,
    POD_NAMESPACE: "intendant-system",
    OPS_PORT: "0",
  };
  const child = spawn(process.execPath, [...options, "operator/src/main.ts"], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "close").then(([code]) => code as number);
  /** Whether the kernel shows it as stopped. */
  const isFrozen = () => / T /.test(readFileSync(`/proc/${child.pid}/stat`, "utf8"));
  return { ended, isFrozen, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

function holder(server: FakeApi): unknown {
  const lease = server.objects.get(kinds.lease, {
    namespace: "intendant-system",
    name: "intendant",
  });
  return (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
}

const isFrom = (name: string) => (request: FakeRequest) =>
  request.headers.authorization === `Bearer ${name}`;
const isWrite = ({ verb }: FakeRequest) => ["create", "update", "patch", "delete"].includes(verb);

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(50);
}

interface World {
  server: FakeApi;
  kubelet: Kubelet;
  folder: string;
  start: (name: string, ...options: string[]) => ReturnType<typeof operator>;
  running: ReturnType<typeof operator>[];
}

test.before.each(async (world) => {
  world.server = await FakeApi.start();
  world.kubelet = new Kubelet(world.server);
  world.folder = mkdtempSync(join(tmpdir(), "intendant-"));
  world.running = [];
  world.start = (name, ...options) => {
    const one = operator(world.server, world.folder, name, ...options);
    world.running.push(one);
    return one;
  };
});

test.after.each(async ({ server, kubelet, folder, running }) => {
  for (const { kill, ended } of running) {
    kill("SIGKILL");
    await ended;
  }
  kubelet.stop();
  await server.close();
  rmSync(folder, { recursive: true });
});

test("a leader that was frozen right before a write does not send it when it wakes up", async ({
  server,
  start,
}) => {
  const model = applied(server);
  const frozen = start("frozen", "--import", "./test/support/freeze-before-write.ts");
  await eventually(frozen.isFrozen);
  assert.is(holder(server), "frozen");

  start("next");
  await eventually(() => holder(server) === "next" && model.isReady());
  frozen.kill("SIGCONT");
  assert.is(await frozen.ended, 1);
  const writes = server.requests.filter((request) => isFrom("frozen")(request) && isWrite(request));
  assert.equal(
    writes.filter(({ kind }) => kind !== kinds.lease),
    [],
  );
});

test.run();
