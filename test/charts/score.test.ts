import { spawnSync } from "node:child_process";
import * as assert from "uvu/assert";
import { stringify } from "yaml";
import { suite } from "../support/suite.ts";
import { rendered } from "./helm.ts";
import { kubeScore } from "../../tools/chart-programs/programs.ts";

const test = suite("kube-score", 30_000);

let program = "";
test.before(async () => {
  program = await kubeScore();
});

/** What kube-score would do otherwise, and why this chart does not. */
const exceptions: Record<string, Record<string, string>> = {
  "Deployment intendant": {
    "container-image-pull-policy":
      "an operator has to come up while the registry is away; whoever moves tags sets image.pullPolicy",
    "container-resources":
      "a limit on CPU would throttle the operator when much changes at once; it has a request",
    "container-ephemeral-storage-request-and-limit":
      "its file systems are read-only; the log is all that it writes, and the kubelet cuts that",
    "deployment-replicas":
      "models serve on without an operator, and another pod is there within seconds; replicas: 2 is one value",
    "pod-networkpolicy":
      "only a cluster knows at which ports its API server listens: networkPolicy.apiServerPorts",
    "deployment-has-host-podantiaffinity":
      "topologySpreadConstraints keep operators apart, and yet let two start on a cluster of one node",
  },
  "Pod intendant-test": {
    "container-image-pull-policy": "as the operator",
    "container-resources": "as the operator",
    "container-ephemeral-storage-request-and-limit": "as the operator",
    "pod-networkpolicy": "it listens at no port, and is there for seconds",
  },
  "Pod intendant-test-benchmark": {
    "container-image-pull-policy": "as the operator",
    "container-resources": "as the operator",
    "container-ephemeral-storage-request-and-limit": "as the operator",
    "pod-networkpolicy": "it listens at no port, and is there for seconds",
  },
};

interface Scored {
  object_name: string;
  type_meta: { kind: string };
  object_meta: { name: string };
  checks: { check: { id: string }; grade: number; skipped: boolean }[] | null;
}

/** The grade of a check that found nothing. */
const flawless = 10;

function findings(values: object): string[] {
  const input = rendered(values)
    .map((object) => stringify(object))
    .join("---\n");
  const args = ["score", "-", "--output-format=json", "--kubernetes-version=v1.31"];
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
  assert.ok(status === 0 || status === 1, stderr);
  const scored = JSON.parse(stdout) as Scored[];
  assert.ok(scored.some(({ type_meta: { kind } }) => kind === "Deployment"));
  return scored.flatMap(({ type_meta, object_meta, checks }) =>
    (checks ?? [])
      .filter(({ grade, skipped }) => !skipped && grade < flawless)
      .map(({ check }) => `${type_meta.kind} ${object_meta.name}: ${check.id}`),
  );
}

test("finds nothing but what has a reason, and all of that", () => {
  const found = new Set(
    [{}, { replicas: 2, networkPolicy: { apiServerPorts: [6443] } }].flatMap(findings),
  );
  const explained = Object.entries(exceptions).flatMap(([object, checks]) =>
    Object.keys(checks).map((check) => `${object}: ${check}`),
  );
  assert.equal([...found].sort(), explained.sort());
});

test("finds nothing about egress and replicas where both are set", () => {
  const left = findings({ replicas: 2, networkPolicy: { apiServerPorts: [6443] } });
  for (const check of [
    "pod-networkpolicy",
    "deployment-replicas",
    "deployment-has-poddisruptionbudget",
  ]) {
    assert.not(left.includes(`Deployment intendant: ${check}`), check);
  }
});

test.run();
