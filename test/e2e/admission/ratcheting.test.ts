import { readFileSync } from "node:fs";
import type { V1CustomResourceDefinition } from "@kubernetes/client-node";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { apply, becomes, eventually, kubectl, namespacedSuite } from "../world.ts";

const demo = "ratcheting-test";
const test = namespacedSuite("A resource that a new version finds invalid", demo, 60_000);

/** A definition of its own, so that the operator and other tests never see another one. */
const group = "ratcheting.test";
const kind = `modeldeployments.${group}`;

type Schema = Record<string, unknown> & { "x-kubernetes-validations"?: unknown };

/** The definition as it is, or as an earlier version had it that checked nothing. */
function definition({ strict }: { strict: boolean }): object {
  const crd = parse(readFileSync("crds/modeldeployments.yaml", "utf8"));
  crd.metadata.name = kind;
  crd.spec.group = group;
  delete crd.spec.names.shortNames;
  delete crd.spec.names.categories;
  if (strict) return crd;
  const { schema } = crd.spec.versions[0];
  schema.openAPIV3Schema = unchecked(schema.openAPIV3Schema);
  return crd;
}

function unchecked(schema: Schema): Schema {
  const { "x-kubernetes-validations": _, ...rest } = schema;
  const entries = Object.entries(rest).map(([key, value]) => [key, within(value)]);
  return Object.fromEntries(entries);
}

function within(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(within);
  return typeof value === "object" && value !== null ? unchecked(value as Schema) : value;
}

const resource = (spec: object, name = "old") => ({
  apiVersion: `${group}/v1alpha1`,
  kind: "ModelDeployment",
  metadata: { name, namespace: demo },
  spec,
});

const invalid = { model: { bundled: "Intent FR" }, slo: { p95: "120" }, replicas: 1 };

function patch(change: object, ...options: string[]): Promise<string> {
  const merge = ["--type=merge", "-p", JSON.stringify(change)];
  return kubectl("patch", kind, "old", "-n", demo, ...merge, ...options);
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    return String(error);
  }
  throw new Error("it was accepted");
}

test.before(async () => {
  await kubectl("delete", "crd", kind, "--ignore-not-found", "--wait");
  await apply(definition({ strict: false }));
  await becomes<V1CustomResourceDefinition>(["crd", "", kind], "is established", 30, ({ status }) =>
    status?.conditions?.some((one) => one.type === "Established" && one.status === "True"),
  );
  await eventually("it can be stored", 30, async () => {
    await apply(resource(invalid));
    return true;
  });
  await apply(definition({ strict: true }));
  await eventually("the new rules hold", 30, async () => {
    const refused = await refusal(apply(resource(invalid, "new"))).catch(() => undefined);
    if (refused === undefined) await kubectl("delete", kind, "new", "-n", demo);
    return refused?.includes("without folder or ending");
  });
});

test.after(async () => {
  await kubectl("delete", "crd", kind, "--wait=false");
});

test("can get a status", async () => {
  await patch({ status: { observedGeneration: 1 } }, "--subresource=status");
});

test("can be labelled", async () => {
  await kubectl("label", kind, "old", "-n", demo, "team=nlp");
});

test("can be changed in another field", async () => {
  await patch({ spec: { paused: true, server: { grpc: true } } });
  await kubectl("scale", kind, "old", "-n", demo, "--replicas=2");
});

test("keeps to the rules in a field that is changed", async () => {
  assert.match(
    await refusal(patch({ spec: { slo: { p95: "130" } } })),
    /with its unit us, ms or s/,
  );
  await patch({ spec: { slo: { p95: "130ms" } } });
});

test("can be deleted", async () => {
  await kubectl("delete", kind, "old", "-n", demo, "--timeout=30s");
});

test.run();
