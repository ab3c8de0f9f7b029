import * as assert from "uvu/assert";
import type { Finding } from "../../operator/src/api.ts";
import type { Pod } from "../../operator/src/observed.ts";
import { isOverdue, trouble } from "../../operator/src/trouble.ts";
import { intentFr, observed, pod, pods } from "./fixtures.ts";
import { suite } from "../support/suite.ts";

const test = suite("trouble");

type Status = NonNullable<Pod["status"]>;
type ContainerStatus = NonNullable<Status["containerStatuses"]>[number];

const container = (state: Partial<ContainerStatus>): Status => ({
  containerStatuses: [
    { name: "server", image: "server:1", imageID: "", ready: false, restartCount: 0, ...state },
  ],
});
const of = (...statuses: Status[]) =>
  observed({
    pods: statuses.map((status, index) =>
      pod(intentFr(), "aaaaaaaa", { name: `pod-${index}`, status }),
    ),
  });

const waiting = (reason: string, message?: string) =>
  container({ state: { waiting: { reason, ...(message !== undefined && { message }) } } });
const noMemory = "0/1 nodes are available: 1 Insufficient memory";
const lowerRequests = "lower spec.resources.requests or add a node that has so much";
const correctImage =
  "correct the image in the spec or the chart's image.server, or let the node reach the registry";
const pull = 'rpc error: code = NotFound desc = failed to pull "server:1"';
const crashed = { exitCode: 1, reason: "Error", message: "ready\nCould not load the model\n" };
const logged = {
  exitCode: 1,
  reason: "Error",
  message: '{"level":"fatal","msg":"Could not load","err":{"message":"no such file"}}\n',
};

const cases: [title: string, status: Status, finding: Finding | undefined][] = [
  ["a pod that is being started has none", waiting("ContainerCreating"), undefined],
  [
    "no node can take the pod",
    {
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message: `${noMemory}. no new claims to deallocate, preemption: 0/1 nodes are available`,
        },
      ],
    },
    { reason: "Unschedulable", message: `${noMemory}; ${lowerRequests}` },
  ],
  [
    "an image that cannot be pulled",
    waiting("ErrImagePull", pull),
    {
      reason: "ImagePullBackOff",
      message: `image server:1 cannot be pulled: ${pull}; ${correctImage}`,
    },
  ],
  [
    "an image that is not pulled at the moment reads the same",
    waiting("ImagePullBackOff", `Back-off pulling image "server:1": ErrImagePull: ${pull}`),
    {
      reason: "ImagePullBackOff",
      message: `image server:1 cannot be pulled: ${pull}; ${correctImage}`,
    },
  ],
  [
    "an image of which nothing else is said",
    waiting("ImagePullBackOff", 'Back-off pulling image "server:1"'),
    { reason: "ImagePullBackOff", message: `image server:1 cannot be pulled; ${correctImage}` },
  ],
  [
    "an image whose registry was not reached reads the same at every try",
    waiting("ErrImagePull", "lookup a.example: read udp 10.0.0.2:59760->10.0.0.1:53: i/o timeout"),
    {
      reason: "ImagePullBackOff",
      message: `image server:1 cannot be pulled: lookup a.example: i/o timeout; ${correctImage}`,
    },
  ],
  [
    "another reason why the container is not started",
    waiting("CreateContainerConfigError", 'configmap "own" not found'),
    { reason: "CreateContainerConfigError", message: 'configmap "own" not found' },
  ],
  [
    "a server that has ended",
    container({ state: { terminated: crashed } }),
    {
      reason: "CrashLoopBackOff",
      message: "the server ended with exit code 1: Could not load the model",
    },
  ],
  [
    "a server that will be started again reads the same",
    container({
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s restarting" } },
      lastState: { terminated: crashed },
    }),
    {
      reason: "CrashLoopBackOff",
      message: "the server ended with exit code 1: Could not load the model",
    },
  ],
  [
    "a server that runs again and is not ready yet reads the same",
    container({ state: { running: {} }, lastState: { terminated: crashed } }),
    {
      reason: "CrashLoopBackOff",
      message: "the server ended with exit code 1: Could not load the model",
    },
  ],
  [
    "a server whose last words are a log line",
    container({ state: { terminated: logged } }),
    {
      reason: "CrashLoopBackOff",
      message: "the server ended with exit code 1: Could not load: no such file",
    },
  ],
  [
    "a server that ran out of memory",
    container({ lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } }),
    {
      reason: "OOMKilled",
      message:
        "the server ended with exit code 137, out of memory; " +
        "raise spec.resources.requests.memory or limits.memory",
    },
  ],
];

for (const [title, status, finding] of cases) {
  test(title, () => assert.equal(trouble(of(status), "aaaaaaaa"), finding));
}

test("a server that runs and is not ready says why itself", () => {
  const world = { ...of(container({ state: { running: {} } })) };
  const unready = new Map([["pod-0", "The model is being loaded"]]);
  assert.equal(trouble({ ...world, unready }, "aaaaaaaa"), {
    reason: "NotReady",
    message: "the server is not ready: The model is being loaded",
  });
});

test("the first pod with some decides, by name", () => {
  const world = of(container({ state: { running: {} } }), waiting("Second"), waiting("Third"));
  world.pods.reverse();
  assert.is(trouble(world, "aaaaaaaa")?.reason, "Second");
});

test("pods of another revision, ready ones and those that are going have none", () => {
  const model = intentFr();
  const other = pod(model, "bbbbbbbb", { status: waiting("Other") });
  const ready = pod(model, "aaaaaaaa", { ready: true });
  const going = pod(model, "aaaaaaaa", { name: "going", status: waiting("Going") });
  going.metadata!.deletionTimestamp = "2026-10-01T12:00:00Z";
  assert.is(trouble(observed({ pods: [other, ready, going] }), "aaaaaaaa"), undefined);
});

test("pods that cannot be created are their Deployment's", () => {
  const { deployment } = pods(intentFr(), "aaaaaaaa");
  const message = 'pods "intent-fr-aaaaaaaa-x7k2p" is forbidden: exceeded quota';
  deployment.status!.conditions = [
    { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message },
  ];
  const world = observed({ deployments: [deployment] });
  assert.equal(trouble(world, "aaaaaaaa"), {
    reason: "FailedCreate",
    message:
      "a pod is forbidden: exceeded quota; " +
      "lower spec.resources or the replicas, or raise the quota",
  });
});

test("pods that are being made for too long are to be looked at", () => {
  const model = intentFr();
  const { deployment } = pods(model, "aaaaaaaa");
  const made = pod(model, "aaaaaaaa", { status: waiting("ContainerCreating") });
  const world = observed({ deployments: [deployment], pods: [made] });
  assert.is(trouble(world, "aaaaaaaa"), undefined, "in time");
  deployment.status!.conditions = [
    { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" },
  ];
  assert.equal(trouble(world, "aaaaaaaa"), {
    reason: "ProgressDeadlineExceeded",
    message: "the pod does not say what it waits for; run: kubectl describe pod a-pod -n demo",
  });
});

test("a revision is overdue when its Deployment says so", () => {
  const { deployment } = pods(intentFr(), "aaaaaaaa");
  const world = observed({ deployments: [deployment] });
  assert.not(isOverdue(world, "aaaaaaaa"));
  deployment.status!.conditions = [
    { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" },
  ];
  assert.ok(isOverdue(world, "aaaaaaaa"));
});

test.run();
