import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { stringify } from "yaml";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { command, condition, intentModel, namespacedSuite, read } from "../world.ts";

const demo = "kstatus-test";
/** Helm 4 waits for what it installs by the rules of kstatus, as Argo CD and Flux do. */
const test = namespacedSuite("kstatus", demo, 240_000);

/** Installs or upgrades a chart that consists of one ModelDeployment, and waits for it. */
async function release(name: string, spec: Parameters<typeof intentModel>[2], limit: string) {
  const folder = mkdtempSync(join(tmpdir(), "intendant-chart-"));
  try {
    mkdirSync(join(folder, "templates"));
    writeFileSync(
      join(folder, "Chart.yaml"),
      stringify({ apiVersion: "v2", name, version: "1.0.0" }),
    );
    writeFileSync(join(folder, "templates/model.yaml"), stringify(intentModel(name, demo, spec)));
    const wait = ["--wait", "--timeout", limit];
    await command("helm", ["upgrade", "--install", name, folder, "-n", demo, ...wait]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What Ready says at this moment. */
async function said(name: string): Promise<string | undefined> {
  const { status } = (await read<ModelDeployment>("mdep", demo, name))!;
  return status?.conditions?.find(({ type }) => type === "Ready")?.status;
}

const rollout = { gate: "None", deadline: "10s", historyLimit: 0 } as const;

test("`helm install --wait` ends when the model serves, and an upgrade when the change does", async () => {
  await release("waited", { resources: { requests: { cpu: "50m", memory: "256Mi" } } }, "2m");
  assert.is(await said("waited"), "True", "it waited");
  const first = await condition(demo, "waited", "Ready", 10);
  await release("waited", { resources: { requests: { cpu: "60m", memory: "256Mi" } } }, "2m");
  assert.is(await said("waited"), "True");
  const second = await condition(demo, "waited", "Ready", 10);
  assert.is(second.status?.conditions?.[0]?.observedGeneration, 2);
  assert.is.not(second.status?.serving?.revision, first.status?.serving?.revision);
});

test("`helm upgrade --wait` fails when the changed revision is refused", async () => {
  const impossible = { requests: { cpu: "50m", memory: "60Ti" } };
  let trouble = "";
  await release("waited", { resources: impossible, rollout }, "1m").catch((error: Error) => {
    trouble = error.message;
  });
  assert.match(trouble, /UPGRADE FAILED|resource/);
  const { status } = await condition(demo, "waited", "Stalled", 10);
  assert.is(status?.candidate?.refusal?.reason, "Unschedulable");
});

test.run();
