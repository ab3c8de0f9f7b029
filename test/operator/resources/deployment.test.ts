import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import { deployment, podTemplate } from "../../../operator/src/resources/deployment.ts";
import { images, intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("deployment");

const built = (model: ModelDeployment, sha256?: string) =>
  deployment(model, "aaaaaaaa", podTemplate(model, sha256, images));

test("of a bundled model", () => {
  isGolden(built(intentFr()), "deployment/bundled");
});

test("of a model in a ConfigMap, with limits", () => {
  const model = intentFr({
    model: { configMap: { name: "own", key: "small.onnx" } },
    resources: {
      requests: { cpu: 2, memory: "512Mi" },
      limits: { cpu: "2500m", memory: "1Gi" },
    },
  });
  isGolden(built(model, "ab".repeat(32)), "deployment/config-map");
});

test("of a model that is served over gRPC too, with settings", () => {
  const env = [
    { name: "LOG_LEVEL", value: "debug" },
    { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://collector.tracing:4318" },
  ];
  isGolden(built(intentFr({ server: { grpc: true, env } })), "deployment/grpc");
});

test("of a model whose pods have a place of their own", () => {
  const model = intentFr({
    server: { image: "registry.example/server:1", grpc: false },
    pod: {
      annotations: { "example.com/team": "ml" },
      nodeSelector: { pool: "models" },
      tolerations: [{ key: "dedicated", operator: "Equal", value: "models", effect: "NoSchedule" }],
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
      priorityClassName: "serving",
      imagePullSecrets: [{ name: "registry" }],
    },
  });
  isGolden(built(model), "deployment/pod");
});

test("does not change with what spec.pod leaves empty", () => {
  const pod = { annotations: {}, nodeSelector: {}, tolerations: [], imagePullSecrets: [] };
  for (const empty of [{}, pod]) assert.equal(built(intentFr({ pod: empty })), built(intentFr()));
});

test("gives the server the time to end that it takes at most", () => {
  const { spec } = podTemplate(intentFr(), undefined, images);
  // DRAIN_SECONDS, and what server/src/serve/main.ts adds to it.
  assert.ok(spec!.terminationGracePeriodSeconds! > 5 + 20);
});

test("does not change with settings that are the defaults", () => {
  assert.equal(built(intentFr({ server: { grpc: false, env: [] } })), built(intentFr()));
});

test("has the memory request as limit where there is no other", () => {
  const resources = { requests: { cpu: "1", memory: 2 ** 30 }, limits: { cpu: 2 } };
  const { spec } = podTemplate(intentFr({ resources }), undefined, images);
  assert.equal(spec?.containers[0]?.resources, {
    requests: { cpu: "1", memory: "1073741824" },
    limits: { cpu: "2", memory: "1073741824" },
  });
});

const limits: [memory: string, seconds: number][] = [
  ["10Mi", 121],
  ["1Gi", 223],
  ["16Gi", 1759],
];
for (const [memory, seconds] of limits) {
  test(`gives a server with ${memory} of memory ${seconds} seconds to load its model`, () => {
    const resources = { requests: { cpu: "1", memory: "1Mi" }, limits: { memory } };
    const { spec } = podTemplate(intentFr({ resources }), undefined, images);
    const {
      periodSeconds = 0,
      failureThreshold = 0,
      httpGet,
    } = spec?.containers[0]?.startupProbe ?? {};
    assert.is(periodSeconds * failureThreshold, seconds);
    assert.is(httpGet?.path, "/startupz");
  });
}

test("says nothing about replicas, which are another field manager's", () => {
  assert.is(built(intentFr({ replicas: 5 })).spec?.replicas, undefined);
});

test("selects only labels that its pods have", () => {
  const { selector, template } = built(intentFr()).spec!;
  for (const [label, value] of Object.entries(selector.matchLabels ?? {})) {
    assert.is(template.metadata?.labels?.[label], value);
  }
});

test.run();
