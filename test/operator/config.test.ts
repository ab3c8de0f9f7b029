import * as assert from "uvu/assert";
import { readConfig } from "../../operator/src/config.ts";
import { suite } from "../support/suite.ts";

const test = suite("config");

const images = { SERVER_IMAGE: "server:1", BENCHMARK_IMAGE: "k6:1" };

test("needs nothing but the images", () => {
  const { podName, ...config } = readConfig(images);
  assert.ok(podName.length > 0);
  assert.equal(config, {
    installation: {
      images: { server: "server:1", benchmark: "k6:1", pullPolicy: "IfNotPresent" },
      benchmarkConcurrency: 1,
    },
    podNamespace: "default",
    namespaces: [],
    leaderElection: true,
    concurrency: 16,
    apiRate: 200,
    apiBurst: 400,
    resyncSeconds: 600,
    opsPort: 9090,
    logLevel: "info",
  });
});

test("reads every setting", () => {
  const config = readConfig({
    ...images,
    IMAGE_PULL_POLICY: "Always",
    POD_NAME: "intendant-0",
    POD_NAMESPACE: "intendant-system",
    POD_LABELS: "app=operator, release=one",
    NETWORK_POLICIES: "true",
    MONITORING_NAMESPACES: "metrics,logs",
    WATCH_NAMESPACES: " a, b ,,a",
    LEADER_ELECTION: "false",
    CONCURRENCY: "8",
    API_RATE: "200",
    API_BURST: "400",
    BENCHMARK_CONCURRENCY: "3",
    RESYNC_SECONDS: "60",
    OPS_PORT: "0",
    LOG_LEVEL: "debug",
  });
  assert.equal(config, {
    installation: {
      images: { server: "server:1", benchmark: "k6:1", pullPolicy: "Always" },
      benchmarkConcurrency: 3,
      networkPolicy: {
        operator: { namespace: "intendant-system", labels: { app: "operator", release: "one" } },
        monitoringNamespaces: ["metrics", "logs"],
      },
    },
    podName: "intendant-0",
    podNamespace: "intendant-system",
    namespaces: ["a", "b"],
    leaderElection: false,
    concurrency: 8,
    apiRate: 200,
    apiBurst: 400,
    resyncSeconds: 60,
    opsPort: 0,
    logLevel: "debug",
  });
});

test("takes an empty variable for one that is not set", () => {
  assert.is(readConfig({ ...images, CONCURRENCY: " " }).concurrency, 16);
});

const wrong: [name: string, value: string, says: RegExp][] = [
  ["SERVER_IMAGE", "", /^SERVER_IMAGE is not set; write an image, for example SERVER_IMAGE=/],
  ["BENCHMARK_IMAGE", "", /^BENCHMARK_IMAGE is not set/],
  ["IMAGE_PULL_POLICY", "Sometimes", /^IMAGE_PULL_POLICY is "Sometimes"; write one of Always/],
  ["WATCH_NAMESPACES", "demo,Shop", /^WATCH_NAMESPACES has "Shop", which is no namespace/],
  ["NETWORK_POLICIES", "on", /^NETWORK_POLICIES is "on"; write one of true, false$/],
  ["MONITORING_NAMESPACES", "Metrics", /^MONITORING_NAMESPACES has "Metrics", which is no/],
  ["LEADER_ELECTION", "yes", /^LEADER_ELECTION is "yes"; write one of true, false$/],
  [
    "BENCHMARK_CONCURRENCY",
    "none",
    /^BENCHMARK_CONCURRENCY is "none"; write a whole number from 1 to 1000$/,
  ],
  ["CONCURRENCY", "0", /^CONCURRENCY is "0"; write a whole number from 1 to 100$/],
  ["API_RATE", "0", /^API_RATE is "0"; write a whole number from 1 to 10000$/],
  ["API_BURST", "-1", /^API_BURST is "-1"/],
  ["RESYNC_SECONDS", "often", /^RESYNC_SECONDS is "often"/],
  ["OPS_PORT", "70000", /^OPS_PORT is "70000"/],
  ["LOG_LEVEL", "loud", /^LOG_LEVEL is "loud"; write one of trace/],
];
for (const [name, value, says] of wrong) {
  test(`refuses ${name}="${value}" with what to write`, () => {
    assert.throws(() => readConfig({ ...images, [name]: value }), says);
  });
}

for (const labels of ["", "operator", "app=", "=operator", "app=a=b", "app=operator,"]) {
  test(`refuses NetworkPolicies for an operator with the labels "${labels}"`, () => {
    const environment = { ...images, NETWORK_POLICIES: "true", POD_LABELS: labels };
    assert.throws(() => readConfig(environment), /^POD_LABELS is ".*write them as name=value/);
  });
}

test("makes no NetworkPolicies where none are asked for, whatever the labels", () => {
  const { installation } = readConfig({ ...images, POD_LABELS: "app=operator" });
  assert.is(installation.networkPolicy, undefined);
});

test.run();
