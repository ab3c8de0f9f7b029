import * as assert from "uvu/assert";
import type { Autoscaler, Deployment, Pod } from "../../../operator/src/kube/objects.ts";
import {
  trimmedDeployment,
  trimmedJob,
  trimmedPod,
} from "../../../operator/src/observe/trimming.ts";
import { withoutStatus } from "../../../operator/src/resources/child.ts";
import { suite } from "../../support/suite.ts";

const test = suite("trimming");

test("a Deployment keeps what was applied, its numbers, and the complaints of its controller", () => {
  const spec = { replicas: 2 } as Deployment["spec"];
  const times = {
    lastUpdateTime: "2026-10-01T12:00:00Z",
    lastTransitionTime: "2026-10-01T12:00:00Z",
  };
  const kept = trimmedDeployment({
    metadata: { name: "iris" },
    spec,
    status: {
      observedGeneration: 3,
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 1,
      readyReplicas: 1,
      unavailableReplicas: 1,
      conditions: [
        {
          type: "Progressing",
          status: "True",
          reason: "ReplicaSetUpdated",
          message: "so far",
          ...times,
        },
        {
          type: "Progressing",
          status: "False",
          reason: "ProgressDeadlineExceeded",
          message: "late",
          ...times,
        },
        {
          type: "ReplicaFailure",
          status: "True",
          reason: "FailedCreate",
          message: "quota",
          ...times,
        },
      ],
    },
  });
  assert.equal(kept, {
    metadata: { name: "iris" },
    spec,
    status: {
      observedGeneration: 3,
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 1,
      conditions: [
        { type: "Progressing", status: "True" },
        {
          type: "Progressing",
          status: "False",
          reason: "ProgressDeadlineExceeded",
          message: "late",
        },
        { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "quota" },
      ],
    },
  });
});

test("a Job keeps when it began and how it ended", () => {
  const kept = {
    conditions: [{ type: "Complete", status: "True" }],
    startTime: "2026-10-01T12:00:00Z",
    completionTime: "2026-10-01T12:01:00Z",
  };
  const metadata = { name: "iris" };
  assert.equal(trimmedJob({ metadata, status: { active: 1, ...kept } }), {
    metadata,
    status: kept,
  });
  assert.equal(trimmedJob({ metadata, status: { active: 1 } }), { metadata });
});

test("an autoscaler keeps nothing of its figures", () => {
  const kept = withoutStatus({
    metadata: { name: "iris" },
    status: { desiredReplicas: 3, currentMetrics: [] },
  } as unknown as Autoscaler);
  assert.equal(kept, { metadata: { name: "iris" } });
});

test("a pod keeps what it does and where, and nothing of what it is made of", () => {
  const pod = {
    metadata: {
      name: "iris",
      namespace: "demo",
      uid: "1",
      resourceVersion: "2",
      annotations: { a: "b" },
    },
    spec: { containers: [{ name: "server", env: [] }], nodeName: "node", tolerations: [] },
    status: { phase: "Running", podIP: "10.0.0.1", hostIP: "10.0.0.2", qosClass: "Burstable" },
  } as Pod;
  const { metadata, spec, status } = JSON.parse(JSON.stringify(trimmedPod(pod))) as Pod;
  assert.equal(metadata, { name: "iris", namespace: "demo", uid: "1", resourceVersion: "2" });
  assert.equal(
    [spec, status],
    [
      { containers: [], nodeName: "node" },
      { phase: "Running", podIP: "10.0.0.1" },
    ],
  );
});

test.run();
