import * as assert from "uvu/assert";
import type { Problem } from "../../../operator/src/api/reasons.ts";
import type { Pod } from "../../../operator/src/kube/objects.ts";
import { deployment, podTemplate } from "../../../operator/src/resources/deployment.ts";
import { isOverdue, diagnose } from "../../../operator/src/diagnosis/pod-failure.ts";
import { images, intentFr, observed, pod, pods } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

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

/** The init container `fetch`, before the server is started. */
const init = (state: Partial<ContainerStatus>, name = "fetch"): Status => ({
  initContainerStatuses: [
    { name, image: "server:1", imageID: "", ready: false, restartCount: 0, ...state },
  ],
  ...waiting("PodInitializing"),
});
const failed = (exitCode: number, message: string) => ({ exitCode, reason: "Error", message });

const waiting = (reason: string, message?: string) =>
  container({ state: { waiting: { reason, ...(message !== undefined && { message }) } } });
const noMemory = "0/1 nodes are available: 1 Insufficient memory";
const lowerRequests = "lower spec.resources.requests or add a node with enough free resources";
const correctImage =
  "correct the image in the spec or the chart's image.server, or give the node access to the registry";
const pull = 'rpc error: code = NotFound desc = failed to pull "server:1"';
const crashed = { exitCode: 1, reason: "Error", message: "ready\nCould not load the model\n" };
const logged = {
  exitCode: 1,
  reason: "Error",
  message: '{"level":"fatal","msg":"Could not load","err":{"message":"no such file"}}\n',
};

const invalidSetting = '{"reason":"InvalidSettings","message":"PORT is \\"a\\""}';
const startFailed = '{"reason":"StartFailed","message":"Could not listen on port 80"}';

const cases: [title: string, status: Status, problem: Problem | undefined][] = [
  ["a pod that is being started has none", waiting("ContainerCreating"), undefined],
  [
    "no node can run the pod",
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
      message: "the server exited with code 1: Could not load the model",
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
      message: "the server exited with code 1: Could not load the model",
    },
  ],
  [
    "a server that runs again and is not ready yet reads the same",
    container({ state: { running: {} }, lastState: { terminated: crashed } }),
    {
      reason: "CrashLoopBackOff",
      message: "the server exited with code 1: Could not load the model",
    },
  ],
  [
    "a server with a setting that cannot be used",
    container({ state: { terminated: failed(1, invalidSetting) } }),
    {
      reason: "CrashLoopBackOff",
      message: 'the server exited with code 1: PORT is "a"; correct spec.server.env',
    },
  ],
  [
    "a server whose port is taken",
    container({ state: { terminated: failed(1, startFailed) } }),
    {
      reason: "CrashLoopBackOff",
      message: "the server exited with code 1: Could not listen on port 80",
    },
  ],
  [
    "a server whose log ends with an error",
    container({ state: { terminated: logged } }),
    {
      reason: "CrashLoopBackOff",
      message: "the server exited with code 1: Could not load: no such file",
    },
  ],
  [
    "a server that ran out of memory",
    container({ lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } }),
    {
      reason: "OOMKilled",
      message:
        "the server exited with code 137, out of memory; " +
        "raise spec.resources.requests.memory or limits.memory",
    },
  ],
];

const notFound = "https://models/a.onnx answered 404; correct the address, or put the file there";
const read = (port: number) =>
  `failed to pull and unpack image "iris:1": lookup registry on 10.0.0.10:53: read udp 10.8.0.2:${port}->10.0.0.10:53: i/o timeout`;
const mayBeWrong =
  "; correct the image in the spec or the chart's image.server, or give the node access to the registry";
const timedOut =
  'failed to pull and unpack image "iris:1": lookup registry on 10.0.0.10:53: i/o timeout';
const secret = 'secret "models" not found';

cases.push(
  ["a model that is being fetched", init({ state: { running: {} } }), undefined],
  [
    "a model that was fetched, though not at first",
    init({
      state: { terminated: { exitCode: 0, message: '{"bytes":1}' } },
      lastState: { terminated: failed(20, notFound) },
    }),
    undefined,
  ],
  [
    "a model that cannot be fetched",
    init({ state: { terminated: failed(20, notFound) } }),
    { reason: "ModelFetchFailed", message: notFound },
  ],
  [
    "a model that is fetched again reads the same",
    init({ state: { running: {} }, lastState: { terminated: failed(20, notFound) } }),
    { reason: "ModelFetchFailed", message: notFound },
  ],
  [
    "a model that will be fetched again reads the same",
    init({
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting" } },
      lastState: { terminated: failed(20, notFound) },
    }),
    { reason: "ModelFetchFailed", message: notFound },
  ],
  [
    "a model with another digest",
    init({
      state: {
        terminated: failed(
          22,
          '{"reason":"DigestMismatch","message":"The SHA-256 of the model is a, expected b"}',
        ),
      },
    }),
    {
      reason: "DigestMismatch",
      message:
        "The SHA-256 of the model is a, expected b; " +
        "correct spec.model.sha256, or provide the file with that digest",
    },
  ],
  [
    "a model that is not on its volume",
    init({ state: { terminated: failed(21, "There is no file /model/a") } }, "verify"),
    { reason: "ModelNotFound", message: "There is no file /model/a" },
  ],
  [
    "a fetcher that ended without a word",
    init({ state: { terminated: failed(1, "") } }),
    { reason: "ModelFetchFailed", message: "the container fetch exited with code 1" },
  ],
  [
    "a fetcher that ran out of memory",
    init({ lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } }),
    {
      reason: "OOMKilled",
      message:
        "the container fetch exited with code 137, out of memory; " +
        "raise spec.resources.requests.memory or limits.memory",
    },
  ],
  [
    "an init container that somebody else put in",
    init({ lastState: { terminated: failed(22, "no iptables") } }, "istio-init"),
    {
      reason: "CrashLoopBackOff",
      message: "the container istio-init exited with code 22: no iptables",
    },
  ],
  [
    "an image that cannot be pulled for an init container",
    init({ state: { waiting: { reason: "ErrImagePull", message: pull } } }),
    {
      reason: "ImagePullBackOff",
      message: `image server:1 cannot be pulled: ${pull}${mayBeWrong}`,
    },
  ],
  [
    "the image of a volume that cannot be pulled",
    waiting("ErrImagePull", read(50803)),
    {
      reason: "ImagePullBackOff",
      message: `image iris:1 cannot be pulled: ${timedOut}${mayBeWrong}`,
    },
  ],
  [
    "the image of a volume that is not pulled at the moment reads the same",
    waiting("ImagePullBackOff", `Back-off pulling image "iris:1": ErrImagePull: ${read(50804)}`),
    {
      reason: "ImagePullBackOff",
      message: `image iris:1 cannot be pulled: ${timedOut}${mayBeWrong}`,
    },
  ],
  [
    "an image that may not be pulled",
    waiting("ErrImageNeverPull", 'Container image "a" is not present with pull policy of Never'),
    {
      reason: "ErrImageNeverPull",
      message: 'Container image "a" is not present with pull policy of Never',
    },
  ],
  [
    "a Secret that is not there",
    init({ state: { waiting: { reason: "CreateContainerConfigError", message: secret } } }),
    {
      reason: "CreateContainerConfigError",
      message: `${secret}; run: kubectl create secret generic models -n demo --from-literal=KEY=VALUE`,
    },
  ],
  [
    "a Secret without its key",
    init({
      state: {
        waiting: {
          reason: "CreateContainerConfigError",
          message: "couldn't find key token in Secret demo/models",
        },
      },
    }),
    {
      reason: "CreateContainerConfigError",
      message:
        "couldn't find key token in Secret demo/models; " +
        "run: kubectl create secret generic models -n demo --from-literal=token=VALUE",
    },
  ],
  [
    "a container runtime that knows no image volumes",
    waiting(
      "CreateContainerError",
      `failed to generate container "${"a1".repeat(32)}" spec: failed to mkdir "": mkdir : no such file or directory`,
    ),
    { reason: "ImageVolumesUnsupported", message: "" },
  ],
  [
    "a container that cannot be created reads the same each time",
    waiting("CreateContainerError", `failed to create container "${"a1".repeat(32)}": no space`),
    { reason: "CreateContainerError", message: "failed to create container: no space" },
  ],
  [
    "a pod that was evicted",
    {
      phase: "Failed",
      reason: "Evicted",
      message: 'Usage of EmptyDir volume "model" exceeds the limit "1025Ki".',
    },
    {
      reason: "Evicted",
      message: 'Usage of EmptyDir volume "model" exceeds the limit "1025Ki"',
    },
  ],
);

for (const [title, status, problem] of cases) {
  test(title, () => {
    const found = diagnose(of(status), "aaaaaaaa");
    // What is needed for image volumes is said in one place.
    if (problem?.message === "") assert.is(found?.reason, problem.reason);
    else assert.equal(found, problem);
  });
}

test("a server that runs and is not ready says why itself", () => {
  const world = { ...of(container({ state: { running: {} } })) };
  const unready = new Map([["pod-0", { reason: "Loading", message: "The model is being loaded" }]]);
  assert.equal(diagnose({ ...world, unready }, "aaaaaaaa"), {
    reason: "NotReady",
    message: "the server is not ready: The model is being loaded",
  });
});

for (const reason of ["ModelNotFound", "DigestMismatch", "ModelLoadFailed"]) {
  test(`a server that will not serve its model says ${reason}`, () => {
    const world = of(container({ state: { running: {} } }));
    const problem = { reason, message: "/model/a.onnx: no such thing" };
    const unready = new Map([["pod-0", problem]]);
    const found = diagnose({ ...world, unready }, "aaaaaaaa");
    assert.is(found?.reason, reason);
    assert.ok(found?.message.startsWith(problem.message), found?.message);
  });
}

test("a pod that takes the place of an evicted one speaks first", () => {
  const world = of({ phase: "Failed", reason: "Evicted" }, waiting("Second"));
  assert.is(diagnose(world, "aaaaaaaa")?.reason, "Second");
});

const image = { reference: "iris:1", path: "iris.onnx", pullPolicy: "IfNotPresent" } as const;
for (const isDropped of [true, false]) {
  test(`image volumes are ${isDropped ? "dropped" : "kept"} by the API server`, () => {
    const model = intentFr({ model: { image } });
    const made = deployment(model, "aaaaaaaa", podTemplate(model, undefined, images));
    if (isDropped) delete made.spec?.template.spec?.volumes;
    const problem = diagnose(observed({ deployments: [made] }), "aaaaaaaa");
    assert.is(problem?.reason, isDropped ? "ImageVolumesUnsupported" : undefined);
    if (isDropped) assert.match(problem?.message ?? "", /feature gate ImageVolume.*containerd 2/);
  });
}

test("the first pod with some decides, by name", () => {
  const world = of(container({ state: { running: {} } }), waiting("Second"), waiting("Third"));
  world.pods.reverse();
  assert.is(diagnose(world, "aaaaaaaa")?.reason, "Second");
});

test("pods of another revision, ready ones and those that are going have none", () => {
  const model = intentFr();
  const other = pod(model, "bbbbbbbb", { status: waiting("Other") });
  const ready = pod(model, "aaaaaaaa", { ready: true });
  const going = pod(model, "aaaaaaaa", { name: "going", status: waiting("Going") });
  going.metadata!.deletionTimestamp = "2026-10-01T12:00:00Z";
  assert.is(diagnose(observed({ pods: [other, ready, going] }), "aaaaaaaa"), undefined);
});

test("pods that cannot be created are their Deployment's", () => {
  const { deployment } = pods(intentFr(), "aaaaaaaa");
  const message = 'pods "intent-fr-aaaaaaaa-x7k2p" is forbidden: exceeded quota';
  deployment.status!.conditions = [
    { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message },
  ];
  const world = observed({ deployments: [deployment] });
  assert.equal(diagnose(world, "aaaaaaaa"), {
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
  assert.is(diagnose(world, "aaaaaaaa"), undefined, "in time");
  deployment.status!.conditions = [
    { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" },
  ];
  assert.equal(diagnose(world, "aaaaaaaa"), {
    reason: "ProgressDeadlineExceeded",
    message: "the pod gives no reason; run: kubectl describe pod a-pod -n demo",
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
