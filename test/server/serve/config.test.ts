import * as assert from "uvu/assert";
import { readConfig } from "../../../server/src/serve/config.ts";
import type { Environment } from "../../../server/src/process/environment.ts";
import { suite } from "../../support/suite.ts";

const test = suite("config");

test("takes the name from the file and everything else from the defaults", () => {
  assert.equal(readConfig({ MODEL_PATH: "/models/intent-fr.onnx" }), {
    modelPath: "/models/intent-fr.onnx",
    modelName: "intent-fr",
    modelSha256: undefined,
    port: 8080,
    opsPort: 9090,
    grpcPort: undefined,
    drainSeconds: 5,
    maxSentenceLength: 1000,
    intraOpThreads: undefined,
    execution: "auto",
    maxQueueMs: 500,
    logLevel: "info",
    tracedAs: undefined,
    capture: undefined,
  });
});

test("takes what is set", () => {
  const sha256 = "ab".repeat(32);
  const environment = {
    MODEL_PATH: "/models/a.onnx",
    MODEL_NAME: "b",
    MODEL_SHA256: sha256.toUpperCase(),
    PORT: "1",
    OPS_PORT: "2",
    GRPC_PORT: "3",
    DRAIN_SECONDS: "0.5",
    MAX_SENTENCE_LENGTH: "3",
    INTRA_OP_THREADS: "4",
    EXECUTION: "thread",
    MAX_QUEUE_MS: "20",
    LOG_LEVEL: "warn",
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_SERVICE_NAME: "shop",
    CAPTURE_MODEL: "demo/intent-fr",
    CAPTURE_SAMPLE: "0.1",
    CAPTURE_FIELDS: "Duration",
    CAPTURE_RETENTION_SECONDS: "3600",
    CAPTURE_REDACT: "PhoneNumbers, EmailAddresses",
    DATABASE_FOLDER: "/elsewhere",
  };
  assert.equal(readConfig(environment), {
    modelPath: "/models/a.onnx",
    modelName: "b",
    modelSha256: sha256,
    port: 1,
    opsPort: 2,
    grpcPort: 3,
    drainSeconds: 0.5,
    maxSentenceLength: 3,
    intraOpThreads: 4,
    execution: "thread",
    maxQueueMs: 20,
    logLevel: "warn",
    tracedAs: "shop",
    capture: {
      model: "demo/intent-fr",
      sample: 0.1,
      fields: ["Duration"],
      retentionSeconds: 3600,
      redact: ["EmailAddresses", "PhoneNumbers"],
      databaseFolder: "/elsewhere",
    },
  });
});

test("takes an empty variable for one that is not set", () => {
  const config = readConfig({ MODEL_PATH: "m.onnx", MODEL_SHA256: "", PORT: "", LOG_LEVEL: " " });
  assert.is(config.modelSha256, undefined);
  assert.is(config.port, 8080);
  assert.is(config.logLevel, "info");
});

test("captures everything when only the model is named", () => {
  assert.equal(readConfig({ MODEL_PATH: "m.onnx", CAPTURE_MODEL: "demo/m" }).capture, {
    model: "demo/m",
    sample: 1,
    fields: ["Answer", "Duration"],
    retentionSeconds: undefined,
    redact: ["EmailAddresses", "CardNumbers", "PhoneNumbers"],
    databaseFolder: "/database",
  });
  const nothing = { CAPTURE_FIELDS: "none", CAPTURE_REDACT: "none" };
  const { capture } = readConfig({ MODEL_PATH: "m.onnx", CAPTURE_MODEL: "demo/m", ...nothing });
  assert.equal([capture?.fields, capture?.redact], [[], []]);
});

const traced: [environment: Environment, as: string | undefined][] = [
  [{}, undefined],
  [{ OTEL_SERVICE_NAME: "shop" }, undefined],
  [{ OTEL_TRACES_EXPORTER: "none" }, undefined],
  [{ OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" }, undefined],
  [{ OTEL_TRACES_EXPORTER: "otlp", OTEL_SDK_DISABLED: "True" }, undefined],
  [{ OTEL_TRACES_EXPORTER: "otlp" }, "m"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" }, "m"],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c:4318/v1/traces" }, "m"],
  [{ OTEL_TRACES_EXPORTER: "otlp", OTEL_RESOURCE_ATTRIBUTES: "a=b, service.name=shop" }, "shop"],
];

for (const [environment, name] of traced) {
  test(`traces ${name ? `as "${name}"` : "nothing"} with ${JSON.stringify(environment)}`, () => {
    assert.is(readConfig({ MODEL_PATH: "m.onnx", ...environment }).tracedAs, name);
  });
}

const refused: [environment: Environment, sentence: RegExp][] = [
  [{ MODEL_PATH: undefined }, /^MODEL_PATH is not set; write the path of an ONNX file/],
  [{ MODEL_PATH: "/models/é.onnx" }, /^MODEL_NAME is "é"; .*write letters, digits/],
  [{ MODEL_NAME: "a/b" }, /^MODEL_NAME is "a\/b"; /],
  [{ MODEL_NAME: ".." }, /^MODEL_NAME is "\.\."; /],
  [{ MODEL_SHA256: "abc" }, /^MODEL_SHA256 is "abc"; write 64 hexadecimal digits/],
  [{ MODEL_SHA256: "g".repeat(64) }, /^MODEL_SHA256 is "g+"; /],
  [{ PORT: "http" }, /^PORT is "http"; write a whole number from 0 to 65535$/],
  [{ PORT: "80.5" }, /^PORT is "80.5"; /],
  [{ PORT: "-1" }, /^PORT is "-1"; /],
  [{ OPS_PORT: "65536" }, /^OPS_PORT is "65536"; /],
  [{ OPS_PORT: "8080" }, /^PORT and OPS_PORT are both 8080; write two different ports$/],
  [{ GRPC_PORT: "9090" }, /^OPS_PORT and GRPC_PORT are both 9090; write two different ports$/],
  [{ GRPC_PORT: "grpc" }, /^GRPC_PORT is "grpc"; write a whole number from 0 to 65535$/],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
    /^OTEL_EXPORTER_OTLP_ENDPOINT is "collector:4318"; write an address like http:\/\/collector:4318$/,
  ],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "::" }, /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is "::"; /],
  [{ DRAIN_SECONDS: "5s" }, /^DRAIN_SECONDS is "5s"; write a number from 0 to 3600$/],
  [{ DRAIN_SECONDS: "Infinity" }, /^DRAIN_SECONDS is "Infinity"; /],
  [{ MAX_SENTENCE_LENGTH: "0" }, /^MAX_SENTENCE_LENGTH is "0"; write a whole number from 1 to/],
  [{ INTRA_OP_THREADS: "0" }, /^INTRA_OP_THREADS is "0"; write a whole number from 1 to 256$/],
  [{ EXECUTION: "gpu" }, /^EXECUTION is "gpu"; write one of auto, inline, thread$/],
  [{ MAX_QUEUE_MS: "0" }, /^MAX_QUEUE_MS is "0"; write a whole number from 1 to 600000$/],
  [{ CAPTURE_MODEL: "intent-fr" }, /^CAPTURE_MODEL is "intent-fr"; write namespace\/name of/],
  [
    { CAPTURE_MODEL: "a/b", CAPTURE_SAMPLE: "10%" },
    /^CAPTURE_SAMPLE is "10%"; write a number above/,
  ],
  [{ CAPTURE_MODEL: "a/b", CAPTURE_SAMPLE: "0" }, /^CAPTURE_SAMPLE is "0"; write a number above 0/],
  [{ CAPTURE_MODEL: "a/b", CAPTURE_SAMPLE: "1.5" }, /^CAPTURE_SAMPLE is "1.5"; /],
  [
    { CAPTURE_MODEL: "a/b", CAPTURE_FIELDS: "Answer,Header" },
    /^CAPTURE_FIELDS has "Header"; write some of Answer,Duration, or none$/,
  ],
  [{ CAPTURE_MODEL: "a/b", CAPTURE_REDACT: "all" }, /^CAPTURE_REDACT has "all"; write some of/],
  [
    { CAPTURE_MODEL: "a/b", CAPTURE_RETENTION_SECONDS: "60" },
    /^CAPTURE_RETENTION_SECONDS is "60"; write a whole number from 3600 to/,
  ],
  [{ LOG_LEVEL: "loud" }, /^LOG_LEVEL is "loud"; write one of trace, debug, info/],
];

for (const [environment, sentence] of refused) {
  test(`refuses ${JSON.stringify(environment)} with a sentence`, () => {
    const read = () => readConfig({ MODEL_PATH: "m.onnx", ...environment });
    assert.throws(read, ({ message }: Error) => sentence.test(message));
  });
}

test.run();
