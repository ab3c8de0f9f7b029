import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { podTemplate } from "../../../operator/src/resources/deployment.ts";
import { modelSource } from "../../../operator/src/resources/model-source.ts";
import { revisionOfTemplate } from "../../../operator/src/resources/revision.ts";
import { images, intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("model source");

type Source = ModelDeployment["spec"]["model"];

const sha256 = "ab".repeat(32);
const server = { name: "server", image: "server:1", resources: { limits: { memory: "1Gi" } } };
const configMap = { name: "own", key: "small.onnx" };
const persistentVolumeClaim = { claimName: "models", path: "iris/1.onnx" };
const image = { reference: "registry/iris:1", path: "iris.onnx", pullPolicy: "Always" } as const;
const url = { location: "https://models.example.com/iris.onnx?signature=a", maxSize: "500Mi" };
const header = { name: "X-Token", secretKeyRef: { name: "models", key: "token" } };

const built = (model: Source, env: { name: string; value: string }[] = []) =>
  modelSource(intentFr({ model, server: { grpc: false, env } }), server);

const sources: [title: string, source: Source][] = [
  ["bundled", { bundled: "intent-fr" }],
  ["bundled-verified", { bundled: "intent-fr", sha256 }],
  ["config-map", { configMap }],
  ["config-map-verified", { configMap, sha256 }],
  ["claim", { persistentVolumeClaim }],
  ["claim-verified", { persistentVolumeClaim, sha256 }],
  ["image", { image }],
  ["image-verified", { image, sha256 }],
  ["url", { url, sha256 }],
  ["url-header", { url: { ...url, maxSize: 1000, header }, sha256 }],
];
for (const [title, source] of sources) {
  test(`golden: ${title}`, () => {
    isGolden(built(source), `model-source/${title}`);
  });
}

test("tells the fetcher of proxies and authorities, and lets nothing replace its own settings", () => {
  const env = [
    { name: "HTTPS_PROXY", value: "http://proxy:3128" },
    { name: "MODEL_URL", value: "https://elsewhere" },
  ];
  const names = built({ url, sha256 }, env).initContainer?.env?.map(({ name }) => name) ?? [];
  assert.is(names[0], "HTTPS_PROXY");
  // The last one of a name counts.
  assert.is(names.lastIndexOf("MODEL_URL"), names.indexOf("MODEL_SHA256") + 1);
});

test("is a part of the revision", () => {
  const template = (source: Source) =>
    podTemplate(intentFr({ model: source }), source.sha256, images);
  const revisions = sources.map(([, source]) => revisionOfTemplate(template(source)));
  assert.is(new Set(revisions).size, sources.length);
});

test("is prepared by the server's own image, with its rights and resources", () => {
  const model = intentFr({
    model: { url, sha256 },
    server: { grpc: true, image: "registry/server:2", env: [] },
  });
  const { containers = [], initContainers = [] } = podTemplate(model, sha256, images).spec ?? {};
  for (const container of [...containers, ...initContainers]) {
    assert.is(container.image, "registry/server:2");
    assert.equal(container.securityContext, containers[0]?.securityContext);
    assert.equal(container.resources, containers[0]?.resources);
  }
  assert.equal(
    [...initContainers, ...containers].map(({ name }) => name),
    ["fetch", "server"],
  );
  assert.is(initContainers[0]?.startupProbe, undefined);
});

test.run();
