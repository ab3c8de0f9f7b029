import * as assert from "uvu/assert";
import type { CaptureSpec } from "../../../operator/src/api/model-deployment.ts";
import { captureSettings as built } from "../../../operator/src/resources/capture.ts";
import { deployment, podTemplate } from "../../../operator/src/resources/deployment.ts";
import { revisionOfTemplate } from "../../../operator/src/resources/revision.ts";
import { capture, enrichment, images, intentFr } from "../fixtures.ts";
import { isGolden } from "../golden.ts";
import { suite } from "../../support/suite.ts";

const test = suite("capture");

const env = (spec: Partial<CaptureSpec>) =>
  Object.fromEntries(
    built(intentFr({ capture: { ...capture, ...spec } })).env.map(({ name, value }) => [
      name,
      value,
    ]),
  );
const template = (spec: Parameters<typeof intentFr>[0]) =>
  podTemplate(intentFr(spec), undefined, images);

test("is part of a server's pod, beside its model", () => {
  const model = intentFr({ capture, model: { configMap: { name: "own", key: "small.onnx" } } });
  const pod = podTemplate(model, "ab".repeat(32), images);
  isGolden(deployment(model, "aaaaaaaa", pod), "deployment/capture");
});

test("is told as numbers and lists", () => {
  const said = env({
    sample: "0.5%",
    fields: ["Duration"],
    retention: "1h",
    redact: ["CardNumbers"],
  });
  assert.equal(said, {
    CAPTURE_MODEL: "demo/intent-fr",
    CAPTURE_SAMPLE: "0.005",
    CAPTURE_FIELDS: "Duration",
    CAPTURE_RETENTION_SECONDS: "3600",
    CAPTURE_REDACT: "CardNumbers",
  });
});

test("of nothing but inputs, as they are, says so", () => {
  const { CAPTURE_FIELDS, CAPTURE_REDACT } = env({ fields: [], redact: [] });
  assert.equal([CAPTURE_FIELDS, CAPTURE_REDACT], ["none", "none"]);
});

const secrets: [title: string, spec: Partial<CaptureSpec>, sources: [string, string[]][]][] = [
  ["one Secret has both", {}, [["intent-fr-db", ["uri as uri", "ca.crt as ca.crt"]]]],
  [
    "under other keys",
    { databaseSecret: { name: "db", key: "url", caKey: "root.pem" } },
    [["db", ["url as uri", "root.pem as ca.crt"]]],
  ],
  [
    "the CA is in another one",
    { databaseCASecret: { name: "pg-ca", key: "tls.crt" } },
    [
      ["intent-fr-db", ["uri as uri"]],
      ["pg-ca", ["tls.crt as ca.crt"]],
    ],
  ],
];

for (const [title, spec, expected] of secrets) {
  test(`finds the database where ${title}, and starts without`, () => {
    const { volumes } = built(intentFr({ capture: { ...capture, ...spec } }));
    const sources = volumes[0]?.projected?.sources ?? [];
    assert.ok(sources.every(({ secret }) => secret?.optional));
    assert.equal(
      sources.map(({ secret }) => [
        secret?.name,
        secret?.items?.map(({ key, path }) => `${key} as ${path}`),
      ]),
      expected,
    );
  });
}

test("is part of the revision, and enrichment is not", () => {
  const name = (spec: Parameters<typeof intentFr>[0]) => revisionOfTemplate(template(spec));
  assert.is.not(name({ capture }), name({}));
  assert.is.not(name({ capture: { ...capture, sample: "1%" } }), name({ capture }));
  assert.is(name({ capture, enrichment }), name({ capture }));
});

test("leaves the pods of a model without it as they are", () => {
  isGolden(deployment(intentFr(), "aaaaaaaa", template({})), "deployment/bundled");
});

test("comes before the settings of the user's own", () => {
  const env = [{ name: "LOG_LEVEL", value: "debug" }];
  const [server] = template({ capture, server: { grpc: false, env } }).spec?.containers ?? [];
  assert.equal(server?.env?.at(-1), env[0]);
});

test.run();
