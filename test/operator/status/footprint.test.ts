import * as assert from "uvu/assert";
import type {
  Footprint,
  ModelDeploymentStatus,
} from "../../../operator/src/api/model-deployment.ts";
import { footprint } from "../../../operator/src/status/footprint.ts";
import { lacksFootprint } from "../../../operator/src/state/missing-footprint.ts";
import { type Pulled } from "../../../operator/src/state/observed.ts";
import type { ModelDescription } from "../../../operator/src/state/observed.ts";
import type { Pod } from "../../../operator/src/kube/objects.ts";
import { figures, intentFr, observed, pod } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("footprint");

const revision = "aaaaaaaa";
const mebibytes = (count: number) => count * 2 ** 20;
const description: ModelDescription = {
  sha256: "ab".repeat(32),
  inputs: [],
  outputs: [],
  loadSeconds: 0.31,
  warmUpSeconds: 0.012,
  memory: { atRest: mebibytes(121), peak: mebibytes(160) },
};
const pulled: Pulled = { pod: "a-pod", seconds: 3.2, bytes: mebibytes(214) };

/** A pod that took 9 seconds to become ready, 2.5 of them for its model. */
function coldPod({ restarts = 0, message = '{"bytes":1,"sha256":"ab","seconds":2.5}' } = {}): Pod {
  const fetched = { name: "fetch", image: "", imageID: "", ready: true, restartCount: 0 };
  const server = { ...fetched, name: "server", restartCount: restarts };
  const made = pod(intentFr(), revision, {
    status: {
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-10-01T12:00:09Z" }],
      initContainerStatuses: [{ ...fetched, state: { terminated: { exitCode: 0, message } } }],
      containerStatuses: [server],
    },
  });
  return { ...made, metadata: { ...made.metadata, creationTimestamp: "2026-10-01T12:00:00Z" } };
}

const whole: Footprint = {
  revision,
  image: "214Mi",
  memoryAtRest: "121Mi",
  coldStart: { pull: "3.2s", fetch: "2.5s", load: "310ms", warmUp: "12ms", total: "9s" },
};
const cold = whole.coldStart!;

interface Case {
  pulled?: Pulled | undefined;
  description?: ModelDescription | undefined;
  pod?: Pod;
  status?: ModelDeploymentStatus;
  expected: Footprint | undefined;
}

const cases: Record<string, Case> = {
  "has everything that was told": { expected: whole },
  "waits for the cluster to tell of a pod": { pulled: undefined, expected: undefined },
  "leaves out the pull that nothing is known of": {
    pulled: { pod: "a-pod" },
    expected: {
      revision,
      memoryAtRest: "121Mi",
      coldStart: { fetch: "2.5s", load: "310ms", warmUp: "12ms", total: "9s" },
    },
  },
  "pulls in no time what the node had": {
    pulled: { pod: "a-pod", seconds: 0 },
    expected: {
      revision,
      memoryAtRest: "121Mi",
      coldStart: { pull: "0s", fetch: "2.5s", load: "310ms", warmUp: "12ms", total: "9s" },
    },
  },
  "leaves out what a server has not told": {
    description: undefined,
    expected: {
      revision,
      image: "214Mi",
      coldStart: { pull: "3.2s", fetch: "2.5s", total: "9s" },
    },
  },
  "leaves out the fetch where the termination message has no time": {
    pod: coldPod({ message: "killed" }),
    expected: {
      ...whole,
      coldStart: { pull: "3.2s", load: "310ms", warmUp: "12ms", total: "9s" },
    },
  },
  "leaves out the total of a server that was started again": {
    pod: coldPod({ restarts: 1 }),
    expected: {
      ...whole,
      coldStart: { pull: "3.2s", fetch: "2.5s", load: "310ms", warmUp: "12ms" },
    },
  },
  "is nothing but the revision where nothing can be learnt": {
    pulled: { pod: "gone" },
    description: undefined,
    expected: { revision },
  },
  "stays as it is when nothing more is told": {
    pulled: undefined,
    description: undefined,
    status: { footprint: whole },
    expected: whole,
  },
  "of another revision is forgotten": {
    pulled: undefined,
    status: { footprint: { ...whole, revision: "bbbbbbbb" } },
    expected: undefined,
  },
  "learns later what a server had not told": {
    pulled: undefined,
    status: { footprint: { revision, image: "214Mi", coldStart: { total: "9s" } } },
    expected: { revision, image: "214Mi", memoryAtRest: "121Mi", coldStart: { total: "9s" } },
  },
  "keeps what was learnt first": {
    status: { footprint: { ...whole, coldStart: { ...cold, pull: "0s" } } },
    expected: { ...whole, coldStart: { ...cold, pull: "0s" } },
  },
  "has no memory under load before a measurement": {
    status: { footprint: whole },
    expected: whole,
  },
  "has the most memory that was used up to the end of the measurement": {
    pulled: undefined,
    status: { footprint: whole, benchmark: { ...figures, revision } },
    expected: { ...whole, memoryUnderLoad: "160Mi" },
  },
  "keeps the memory under load of the first measurement": {
    pulled: undefined,
    status: {
      footprint: { ...whole, memoryUnderLoad: "150Mi" },
      benchmark: { ...figures, revision },
    },
    expected: { ...whole, memoryUnderLoad: "150Mi" },
  },
};
for (const [title, one] of Object.entries(cases)) {
  test(title, () => {
    const told = { pulled, description, ...one };
    const world = observed({
      pods: [one.pod ?? coldPod()],
      pulls: new Map(told.pulled ? [[revision, told.pulled]] : []),
      models: new Map(told.description ? [[revision, told.description]] : []),
    });
    assert.equal(footprint(intentFr({}, one.status), world, revision), one.expected);
  });
}

test("is asked for until it is there, and once more after a measurement", () => {
  const lacks = (status: ModelDeploymentStatus) => lacksFootprint(intentFr({}, status), revision);
  const benchmark = { ...figures, revision };
  assert.is(lacks({}), true);
  assert.is(lacks({ footprint: { ...whole, revision: "bbbbbbbb" } }), true);
  assert.is(lacks({ footprint: whole }), false);
  assert.is(lacks({ footprint: whole, benchmark }), true);
  assert.is(lacks({ footprint: { ...whole, memoryUnderLoad: "150Mi" }, benchmark }), false);
  assert.is(lacks({ footprint: whole, benchmark: { ...benchmark, revision: "bbbbbbbb" } }), false);
});

test.run();
