import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import * as assert from "uvu/assert";
import type { Environment } from "../../operator/src/config.ts";
import { kinds } from "../../operator/src/kube/resource.ts";
import { FakeApi } from "../support/fake-api.ts";
import { suite } from "../support/suite.ts";
import { until } from "../../tools/support/until.ts";
import { Kubelet } from "./kubelet.ts";
import { applied } from "./operator.ts";

interface World {
  server: FakeApi;
  folder: string;
  environment: Environment;
}

interface Line {
  level: string;
  msg: string;
  opsPort?: number;
}

const test = suite<World>("main", 120_000);

test.before.each(async (world) => {
  world.server = await FakeApi.start();
  world.folder = mkdtempSync(join(tmpdir(), "intendant-"));
  const kubeconfig = join(world.folder, "kubeconfig");
  writeFileSync(kubeconfig, world.server.config().exportConfig());
  world.environment = {
    KUBECONFIG: kubeconfig,
    SERVER_IMAGE: "server:1",
    BENCHMARK_IMAGE: "k6:1",
    POD_NAME: "intendant-0",
    POD_NAMESPACE: "intendant-system",
    OPS_PORT: "0",
  };
});

test.after.each(async ({ server, folder }) => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Runs `operator/src/main.ts`. */
function run(environment: Environment) {
  const child = spawn(process.execPath, ["operator/src/main.ts"], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const log: Line[] = [];
  createInterface(child.stdout).on("line", (line) => log.push(JSON.parse(line) as Line));
  const ended = once(child, "close").then(([code]) => code as number);
  const logged = (text: string) => log.find(({ msg }) => msg.includes(text));
  return { log, logged, ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

function holder(server: FakeApi): unknown {
  const lease = server.objects.get(kinds.lease, {
    namespace: "intendant-system",
    name: "intendant",
  });
  return (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
}

test("leads, works, tells how it is, and gives the lease back when it ends", async (world) => {
  const { server, environment } = world;
  const kubelet = new Kubelet(server);
  const operator = run(environment);
  await until(() => operator.logged("Became leader") !== undefined);
  assert.is(holder(server), "intendant-0");
  const model = applied(server);
  await until(model.isReady);
  const ops = `http://127.0.0.1:${operator.logged("Listening")?.opsPort}`;
  assert.is((await fetch(`${ops}/readyz`)).status, 200);
  const metrics = await (await fetch(`${ops}/metrics`)).text();
  assert.match(metrics, /^intendant_leader 1$/m);
  assert.match(metrics, /^intendant_models\{ready="True"\} 1$/m);

  operator.kill("SIGTERM");
  assert.is(await operator.ended, 0);
  assert.is(holder(server), undefined);
  assert.is(operator.log.at(-1)?.msg, "Stopped");
  kubelet.stop();
});

test("waits ready for its turn while another one leads, and ends when it is told", async (world) => {
  const { server, environment } = world;
  const other = run(environment);
  await until(() => other.logged("Became leader") !== undefined);
  const standby = run({ ...environment, POD_NAME: "intendant-1" });
  await until(() => standby.logged("Listening") !== undefined);
  const ops = `http://127.0.0.1:${standby.logged("Listening")?.opsPort}`;
  while ((await fetch(`${ops}/readyz`)).status !== 200) await pause(50);
  assert.match(await (await fetch(`${ops}/metrics`)).text(), /^intendant_leader 0$/m);
  standby.kill("SIGTERM");
  assert.is(await standby.ended, 0);
  assert.is(holder(server), "intendant-0");
  other.kill("SIGTERM");
  await other.ended;
});

test("a setting that cannot be used ends the process with one sentence", async ({
  environment,
}) => {
  const operator = run({ ...environment, CONCURRENCY: "many" });
  assert.is(await operator.ended, 1);
  assert.equal(
    operator.log.map(({ level, msg }) => [level, msg]),
    [["fatal", 'CONCURRENCY is "many"; write a whole number from 1 to 100']],
  );
});

test("without a cluster the process ends with what to set", async ({ environment, folder }) => {
  // In a pod with a service account there always is one.
  if (existsSync("/var/run/secrets/kubernetes.io/serviceaccount/token")) return;
  const { KUBECONFIG: _, ...rest } = environment;
  const operator = run({ ...rest, HOME: folder });
  assert.is(await operator.ended, 1);
  assert.match(operator.log.at(-1)?.msg ?? "", /^Found no cluster to talk to; set KUBECONFIG/);
});

test("a missing CRD ends the process with the command that installs it", async (world) => {
  const { server, environment } = world;
  server.failAlways({ kind: kinds.modelDeployment }, "notFound");
  const operator = run(environment);
  assert.is(await operator.ended, 1);
  assert.match(operator.log.at(-1)?.msg ?? "", /^The CRD is not installed; run: helm upgrade/);
});

test.run();
