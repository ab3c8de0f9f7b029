import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { Asked } from "./file-store.ts";
import { loadModelImage, modelImage } from "../model-image.ts";
import {
  apply,
  ask,
  condition,
  described,
  eventually,
  intentModel,
  kubectl,
  namespacedSuite,
  read,
} from "../world.ts";

const demo = "sources-test";
/** Where a pod may do what the strictest Pod Security Standard forbids. */
const workshop = "sources-test-workshop";
const test = namespacedSuite("A model from every source", demo, 240_000);

const file = readFileSync("model/intent-fr.onnx");
const sha256 = createHash("sha256").update(file).digest("hex");
const wrong = "0".repeat(64);
const { appVersion } = parse(readFileSync("charts/intendant/Chart.yaml", "utf8"));
const serverImage = `docker.io/intendant/server:${appVersion}`;

const small = { requests: { cpu: "20m", memory: "384Mi" } };
const deploy = (name: string, model: object, spec: object = {}) =>
  apply(intentModel(name, demo, { model, resources: small, ...spec }));
const url = (behaviour: string, more: object = {}) => ({
  url: { location: `http://files/${behaviour}/model.onnx`, maxSize: "1Mi", ...more },
  sha256,
});
const header = { header: { secretKeyRef: { name: "token", key: "value" } } };

/** The condition Ready, as soon as it gives this reason. */
const unready = (name: string, reason: string) =>
  eventually(`${name} is not Ready for ${reason}`, 120, async () => {
    const model = await read<ModelDeployment>("mdep", demo, name);
    const found = model?.status?.conditions?.find(({ type }) => type === "Ready");
    return found?.status === "False" && found.reason === reason ? found : undefined;
  });

/** The model is served with the digest that it has. */
async function served(name: string): Promise<ModelDeployment> {
  const model = await described(demo, name);
  assert.is(model.status?.serving?.sha256, sha256);
  const answer = await ask<object[]>(demo, name, "/api/intent?sentence=un+train+pour+Paris");
  assert.is(answer.length, 8);
  return model;
}

/** No pod of the model got as far as its server. */
async function nothingServes(name: string): Promise<void> {
  const selector = `intendant.dev/model=${name}`;
  const running = "{.items[*].status.containerStatuses[?(@.state.running)].name}";
  const pods = ["get", "pod", "-n", demo, "-l", selector, "-o", `jsonpath=${running}`];
  assert.is(await kubectl(...pods), "");
}

/** What the store was asked for by one path. */
const asked = async (behaviour: string) =>
  (await ask<Asked[]>(demo, "files", "/log")).filter(({ path }) => path.includes(behaviour));

test.before(async () => {
  await kubectl("delete", "namespace", workshop, "--ignore-not-found", "--wait");
  await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: workshop } });
  await Promise.all([startStore(), fillVolume(), loadModelImage()]);
  const configMap = ["create", "configmap", "intent-fr", "-n", demo];
  await kubectl(...configMap, "--from-file=model.onnx=model/intent-fr.onnx");
});

test.after(async () => {
  await kubectl("delete", "namespace", workshop, "--wait=false");
  await kubectl("delete", "persistentvolume", demo, "--ignore-not-found", "--wait=false");
});

/** A pod that serves files over HTTP, under two names. */
async function startStore(): Promise<void> {
  const metadata = { name: "files", namespace: demo };
  const labels = { app: "files" };
  const script = { "store.ts": readFileSync("test/e2e/serving/file-store.ts", "utf8") };
  await apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: script });
  const container = {
    name: "node",
    image: serverImage,
    args: ["/store/store.ts"],
    volumeMounts: [{ name: "store", mountPath: "/store" }],
    readinessProbe: { httpGet: { path: "/log", port: 8080 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const spec = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
    volumes: [{ name: "store", configMap: { name: "files" } }],
  };
  await apply({ apiVersion: "v1", kind: "Pod", metadata: { ...metadata, labels }, spec });
  for (const name of ["files", "elsewhere"]) {
    const ports = [{ name: "http", port: 80, targetPort: 8080 }];
    const service = { selector: labels, ports };
    await apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: demo },
      spec: service,
    });
  }
  await kubectl("wait", "--for=condition=Ready", "pod/files", "-n", demo, "--timeout=90s");
}

/** A volume of the node with the model on it, and a claim for it. */
async function fillVolume(): Promise<void> {
  const hostPath = { path: `/var/lib/intendant-${demo}`, type: "DirectoryOrCreate" };
  const copy = `require("fs").cpSync("/models/intent-fr.onnx", "/volume/french/intent-fr.onnx")`;
  const container = {
    name: "node",
    image: serverImage,
    args: ["--eval", copy],
    securityContext: { runAsUser: 0 },
    volumeMounts: [{ name: "volume", mountPath: "/volume" }],
  };
  const spec = {
    restartPolicy: "Never",
    containers: [container],
    volumes: [{ name: "volume", hostPath }],
  };
  const metadata = { name: "copy", namespace: workshop };
  await apply({ apiVersion: "v1", kind: "Pod", metadata, spec });
  const isDone = "--for=jsonpath={.status.phase}=Succeeded";
  await kubectl("wait", isDone, "pod/copy", "-n", workshop, "--timeout=90s");
  const size = { accessModes: ["ReadWriteOnce"], storageClassName: "" };
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: demo },
    spec: {
      ...size,
      capacity: { storage: "10Mi" },
      hostPath,
      claimRef: { name: "models", namespace: demo },
    },
  });
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "models", namespace: demo },
    spec: { ...size, resources: { requests: { storage: "10Mi" } }, volumeName: demo },
  });
}

test("shows what it is and what it costs", async () => {
  const benchmark = {
    scenario: "Users",
    users: 2,
    duration: "5s",
    thinkTime: { min: "100ms", max: "200ms" },
  };
  await deploy("whole", url("slow"), { benchmark });
  const { status } = await served("whole");
  assert.is(status?.serving?.size, `${Math.round(file.length / 1024)}Ki`);
  assert.type(status?.serving?.opset, "number");
  assert.is(status?.serving?.labels?.length, 8);
  await condition(demo, "whole", "Benchmarked");
  const { footprint } = await eventually("the footprint is complete", 60, async () => {
    const { status } = (await read<ModelDeployment>("mdep", demo, "whole"))!;
    return status?.footprint?.memoryUnderLoad ? status : undefined;
  });
  const { coldStart = {}, ...rest } = footprint!;
  assert.is(rest.revision, status?.serving?.revision);
  assert.match(rest.image ?? "", /^\d+Mi$/);
  assert.match(rest.memoryAtRest ?? "", /^[\d.]+Mi$/);
  assert.ok(Number.parseFloat(rest.memoryUnderLoad!) >= Number.parseFloat(rest.memoryAtRest!));
  // It came in thirty pieces, one each tenth of a second.
  assert.match(coldStart.fetch ?? "", /^([3-9]|[1-9]\d)(\.\d)?s$/);
  assert.match(coldStart.total ?? "", /^\d+s$/);
  assert.is(coldStart.pull, "0s");
  assert.match(coldStart.load ?? "", /^[\d.]+m?s$/);
  assert.match(coldStart.warmUp ?? "", /^[\d.]+m?s$/);
  await kubectl("delete", "mdep/whole", "-n", demo, "--wait=false");
});

test("that is part of the server image is verified too", async () => {
  await deploy("bundled", { bundled: "intent-fr", sha256 });
  await served("bundled");
});

const sources: Record<string, object> = {
  bundled: { bundled: "intent-fr" },
  claim: { persistentVolumeClaim: { claimName: "models", path: "french/intent-fr.onnx" } },
  image: { image: { reference: modelImage, path: "models/intent-fr.onnx" } },
  url: url("good"),
};
for (const [name, source] of Object.entries(sources)) {
  test(`of another digest than promised is not served: ${name}`, async () => {
    await deploy(`wrong-${name}`, { ...source, sha256: wrong });
    const { message } = await unready(`wrong-${name}`, "DigestMismatch");
    assert.match(message, `The SHA-256 of the model is ${sha256}, expected ${wrong}`);
    await nothingServes(`wrong-${name}`);
    await kubectl("delete", `mdep/wrong-${name}`, "-n", demo, "--wait=false");
  });
}

test("in a ConfigMap of another digest than promised does not even get a pod", async () => {
  await deploy("wrong-map", { configMap: { name: "intent-fr" }, sha256: wrong });
  const { message } = await unready("wrong-map", "DigestMismatch");
  assert.match(message, wrong);
  await nothingServes("wrong-map");
});

test("goes on where its transfer broke off", async () => {
  await deploy("breaks", url("breaks"));
  await served("breaks");
  const ranges = (await asked("breaks")).map(({ range }) => range);
  assert.is(ranges[0], undefined);
  assert.ok(ranges.length >= 3, `there were only ${ranges.length} requests`);
  for (const range of ranges.slice(1)) assert.match(range ?? "", /^bytes=[1-9]\d*-$/);
});

test("starts over where the store knows no parts", async () => {
  await deploy("starts-over", url("whole"));
  await served("starts-over");
  const ranges = (await asked("whole")).map(({ range }) => range);
  assert.is(ranges[0], undefined);
  assert.match(ranges[1] ?? "", /^bytes=/);
});

test("is fetched with a header that no other origin gets", async () => {
  await kubectl(
    "create",
    "secret",
    "generic",
    "token",
    "-n",
    demo,
    "--from-literal=value=Bearer s3cret",
  );
  await deploy("moved", url("moved", header));
  await served("moved");
  const [first] = await asked("moved");
  assert.is(first?.authorization, "Bearer s3cret");
  const elsewhere = (await asked("good")).filter(({ host }) => host === "elsewhere");
  assert.equal(
    elsewhere.map(({ authorization }) => authorization),
    [undefined],
  );
});

const failures: [name: string, source: object, reason: string, message: RegExp][] = [
  [
    "lies",
    url("lies"),
    "ModelFetchFailed",
    /http:\/\/files\/lies\/model.onnx broke off; \d+ attempts in a row failed/,
  ],
  [
    "large",
    url("good", { maxSize: "100Ki" }),
    "ModelFetchFailed",
    /has more than the 102400 bytes that are allowed; allow more/,
  ],
  [
    "missing",
    url("missing"),
    "ModelFetchFailed",
    /http:\/\/files\/missing\/model.onnx answered 404; correct the address, or put the file there/,
  ],
  [
    "private",
    url("private"),
    "ModelFetchFailed",
    /answered 401; correct the header with the credentials/,
  ],
  ["other", url("other"), "DigestMismatch", /The SHA-256 of the model is [0-9a-f]{64}, expected /],
  [
    "no-secret",
    url("private", { header: { secretKeyRef: { name: "none", key: "value" } } }),
    "CreateContainerConfigError",
    /secret "none" not found; run: kubectl create secret generic none -n sources-test/,
  ],
  [
    "no-claim",
    { persistentVolumeClaim: { claimName: "none" } },
    "ModelNotFound",
    /PersistentVolumeClaim none does not exist; create it/,
  ],
  [
    "no-file",
    { persistentVolumeClaim: { claimName: "models", path: "german/intent-de.onnx" } },
    "ModelNotFound",
    /Could not read the model \/model\/german\/intent-de.onnx: there is no such file/,
  ],
  [
    "no-file-verified",
    { persistentVolumeClaim: { claimName: "models", path: "german/intent-de.onnx" }, sha256 },
    "ModelNotFound",
    /There is no file \/model\/german\/intent-de.onnx; correct the path, or put the file there/,
  ],
  [
    "no-image",
    { image: { reference: "registry.invalid/none:1", path: "model.onnx" } },
    "ImagePullBackOff",
    /image registry.invalid\/none:1 cannot be pulled: .*registry.invalid/,
  ],
];

test("that cannot be had is not served, and the status says why", async () => {
  await Promise.all(failures.map(([name, source]) => deploy(name, source)));
  for (const [name, , reason, message] of failures) {
    const found = await unready(name, reason);
    assert.match(found.message, message);
  }
  await kubectl("delete", ...failures.map(([name]) => `mdep/${name}`), "-n", demo, "--wait=false");
});

test.run();
