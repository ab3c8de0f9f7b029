import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { readConfig } from "../../operator/src/config.ts";
import { suite } from "../support/suite.ts";
import { chart, helm, only, rendered, type Manifest } from "./helm.ts";

const test = suite("The chart", 30_000);

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const everything = {
  watchNamespaces: ["one", "two"],
  networkPolicy: { enabled: false, monitoringNamespaces: ["metrics", "logs"] },
  image: {
    registry: "registry.example:5000/mirror",
    pullPolicy: "Always",
    operator: { repository: "team/operator", tag: "1.2.3" },
    server: { digest },
    benchmark: { tag: "ignored", digest },
  },
  imagePullSecrets: [{ name: "registry" }],
  replicas: 2,
  concurrency: 16,
  api: { rate: 20, burst: 40 },
  benchmarkConcurrency: 3,
  resyncSeconds: 60,
  logLevel: "debug",
  extraEnv: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }],
  resources: { requests: { cpu: "1", memory: "512Mi" }, limits: { memory: "1Gi" } },
  serviceAccount: { name: "somebody", annotations: { a: "b" } },
  metrics: { service: { annotations: { "prometheus.io/scrape": "true" } } },
  podAnnotations: { c: "d" },
  podLabels: { team: "ml", "app.kubernetes.io/name": "not-this" },
  nodeSelector: { "kubernetes.io/arch": "amd64" },
  tolerations: [{ key: "dedicated", operator: "Exists" }],
  affinity: { nodeAffinity: {} },
  priorityClassName: "system-cluster-critical",
};

const schema = JSON.parse(readFileSync(`${chart}/values.schema.json`, "utf8"));
const defaults = rendered();
const full = rendered(everything);

const operator = (objects: Manifest[]) => only("Deployment", objects).spec.template.spec;
const environment = (objects: Manifest[]): Record<string, string> =>
  Object.fromEntries(
    operator(objects).containers[0].env.map(({ name, value, valueFrom }: Manifest) => [
      name,
      value ?? valueFrom.fieldRef.fieldPath,
    ]),
  );

test("passes helm's own strict check", () => {
  for (const values of [{}, everything]) {
    const { code, stdout, stderr } = helm(["lint", "--strict", chart], values);
    assert.is(code, 0, stdout + stderr);
  }
});

test("installs these objects and no others", () => {
  const names = defaults.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  assert.equal(names.sort(), [
    "ClusterRole intendant",
    "ClusterRoleBinding intendant",
    "CustomResourceDefinition modeldeployments.intendant.dev",
    "Deployment intendant",
    "ModelDeployment intendant-test",
    "NetworkPolicy intendant",
    "Pod intendant-test",
    "Pod intendant-test-benchmark",
    "Role intendant-leader",
    "Role intendant-test-benchmark",
    "RoleBinding intendant-leader",
    "RoleBinding intendant-test-benchmark",
    "Service intendant-metrics",
    "ServiceAccount intendant",
    "ServiceAccount intendant-test-benchmark",
  ]);
});

test("names its objects after the release", () => {
  const objects = rendered({}, "blue");
  assert.is(only("Deployment", objects).metadata.name, "blue-intendant");
  const long = rendered({}, "a".repeat(53));
  assert.ok(only("Service", long).metadata.name.length <= 63);
  assert.ok(only("ModelDeployment", long).metadata.name.length <= 40);
});

test("labels everything with the release, and selects by what never changes", () => {
  for (const { kind, metadata } of full.filter(({ kind }) => !isDefinition(kind))) {
    assert.is(metadata.labels["app.kubernetes.io/instance"], "intendant", kind);
    assert.is(metadata.labels["app.kubernetes.io/managed-by"], "Helm", kind);
  }
  const selector = {
    "app.kubernetes.io/name": "intendant",
    "app.kubernetes.io/instance": "intendant",
    "app.kubernetes.io/component": "operator",
  };
  const { spec } = only("Deployment", full);
  assert.equal(spec.selector.matchLabels, selector);
  assert.equal(only("Service", full).spec.selector, selector);
  const { labels } = spec.template.metadata;
  assert.equal({ ...labels, ...selector }, labels);
  assert.is(labels.team, "ml");
  for (const { metadata } of full.filter(({ kind }) => kind === "Pod")) {
    assert.is(metadata.labels["app.kubernetes.io/component"], "test");
  }
});

test("runs every pod under the restricted Pod Security Standard", () => {
  for (const objects of [defaults, full]) {
    const pods = objects.filter(({ kind }) => kind === "Pod");
    assert.is(pods.length, 2);
    for (const { securityContext, containers, ...spec } of [
      operator(objects),
      ...pods.map(({ spec }) => spec),
    ]) {
      assert.equal(securityContext, {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: "RuntimeDefault" },
      });
      for (const container of containers) {
        assert.equal(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        assert.ok(container.resources.limits.memory);
      }
      for (const field of ["hostNetwork", "hostPID", "hostIPC", "volumes", "initContainers"]) {
        assert.is(spec[field], undefined, field);
      }
    }
  }
});

test("tells the operator what it needs to know", () => {
  assert.equal(environment(defaults), {
    SERVER_IMAGE: "docker.io/intendant/server:0.1.0",
    BENCHMARK_IMAGE: "docker.io/intendant/benchmark:0.1.0",
    IMAGE_PULL_POLICY: "IfNotPresent",
    POD_NAME: "metadata.name",
    POD_NAMESPACE: "metadata.namespace",
    POD_LABELS:
      "app.kubernetes.io/name=intendant,app.kubernetes.io/instance=intendant," +
      "app.kubernetes.io/component=operator",
    NETWORK_POLICIES: "true",
    MONITORING_NAMESPACES: "monitoring",
    WATCH_NAMESPACES: "",
    LEADER_ELECTION: "true",
    CONCURRENCY: "16",
    API_RATE: "200",
    API_BURST: "400",
    BENCHMARK_CONCURRENCY: "1",
    RESYNC_SECONDS: "600",
    OPS_PORT: "9090",
    LOG_LEVEL: "info",
  });
  assert.equal(environment(full), {
    SERVER_IMAGE: `registry.example:5000/mirror/intendant/server@${digest}`,
    BENCHMARK_IMAGE: `registry.example:5000/mirror/intendant/benchmark@${digest}`,
    IMAGE_PULL_POLICY: "Always",
    POD_NAME: "metadata.name",
    POD_NAMESPACE: "metadata.namespace",
    POD_LABELS: environment(defaults)["POD_LABELS"],
    NETWORK_POLICIES: "false",
    MONITORING_NAMESPACES: "metrics,logs",
    WATCH_NAMESPACES: "one,two",
    LEADER_ELECTION: "true",
    CONCURRENCY: "16",
    API_RATE: "20",
    API_BURST: "40",
    BENCHMARK_CONCURRENCY: "3",
    RESYNC_SECONDS: "60",
    OPS_PORT: "9090",
    LOG_LEVEL: "debug",
    HTTPS_PROXY: "http://proxy:3128",
  });
});

test("gives the operator the variables that it reads, with values that it takes", () => {
  for (const objects of [defaults, full]) {
    const given = environment(objects);
    const read = new Set<string>();
    const watched = new Proxy(given, {
      get(variables, name: string) {
        read.add(name);
        return variables[name];
      },
    });
    readConfig(watched);
    delete given["HTTPS_PROXY"];
    assert.equal([...read].sort(), Object.keys(given).sort());
  }
});

test("tells the operator the labels that its own pods have", () => {
  const { networkPolicy } = readConfig(environment(defaults)).installation;
  const { matchLabels } = only("Deployment", defaults).spec.selector;
  assert.equal(networkPolicy, {
    operator: { namespace: "metadata.namespace", labels: matchLabels },
    monitoringNamespaces: ["monitoring"],
  });
  assert.is(readConfig(environment(full)).installation.networkPolicy, undefined);
});

const { concurrency, benchmarkConcurrency, api, resyncSeconds } = schema.properties;
for (const [name, value, { minimum, maximum }] of [
  ["CONCURRENCY", "concurrency", concurrency],
  ["BENCHMARK_CONCURRENCY", "benchmarkConcurrency", benchmarkConcurrency],
  ["API_RATE", "apiRate", api.properties.rate],
  ["API_BURST", "apiBurst", api.properties.burst],
  ["RESYNC_SECONDS", "resyncSeconds", resyncSeconds],
] as const) {
  test(`allows for ${value} what the operator allows`, () => {
    const read = (setting: number) => {
      const { installation, ...config } = readConfig({
        ...environment(defaults),
        [name]: `${setting}`,
      });
      return { ...installation, ...config }[value];
    };
    for (const good of [minimum, maximum]) assert.is(read(good), good);
    for (const bad of [minimum - 1, maximum + 1]) assert.throws(() => read(bad));
  });
}

test("puts the values where they belong", () => {
  const { containers, serviceAccountName, securityContext: _, ...spec } = operator(full);
  const [{ image, imagePullPolicy, resources }] = containers;
  assert.is(image, "registry.example:5000/mirror/team/operator:1.2.3");
  assert.is(imagePullPolicy, "Always");
  assert.equal(resources, everything.resources);
  assert.is(serviceAccountName, "somebody");
  assert.equal(spec, {
    enableServiceLinks: false,
    imagePullSecrets: everything.imagePullSecrets,
    nodeSelector: everything.nodeSelector,
    tolerations: everything.tolerations,
    affinity: everything.affinity,
    priorityClassName: everything.priorityClassName,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: only("Deployment", full).spec.selector,
      },
    ],
  });
  assert.is(only("Deployment", full).spec.replicas, 2);
  assert.equal(only("Deployment", full).spec.template.metadata.annotations, { c: "d" });
  assert.equal(only("Service", full).metadata.annotations, { "prometheus.io/scrape": "true" });
  assert.equal(only("ServiceAccount", full, "somebody").metadata.annotations, { a: "b" });
});

test("leaves out what is switched off", () => {
  const objects = rendered({
    crds: { install: false },
    metrics: { service: { enabled: false } },
    serviceAccount: { create: false },
    networkPolicy: { enabled: false },
    test: { benchmark: false },
  });
  for (const kind of ["CustomResourceDefinition", "Service", "ServiceAccount", "NetworkPolicy"]) {
    assert.not(
      objects.some((object) => object.kind === kind),
      kind,
    );
  }
  assert.is(operator(objects).serviceAccountName, "default");
  assert.is(only("ClusterRoleBinding", objects).subjects[0].name, "default");
});

test("asks the operator's probes and metrics at its own port", () => {
  const [{ ports, livenessProbe, readinessProbe }] = operator(defaults).containers;
  assert.equal(ports, [{ name: "ops", containerPort: 9090 }]);
  assert.equal(livenessProbe.httpGet, { path: "/livez", port: "ops" });
  assert.equal(readinessProbe.httpGet, { path: "/readyz", port: "ops" });
  const { ports: metrics } = only("Service", defaults).spec;
  assert.equal(metrics, [{ name: "metrics", port: 9090, targetPort: "ops" }]);
});

test("brings the definition of crds/, and keeps it", () => {
  const definition = parse(readFileSync("crds/modeldeployments.yaml", "utf8"));
  definition.metadata.annotations = { "helm.sh/resource-policy": "keep" };
  assert.equal(only("CustomResourceDefinition", defaults), definition);
});

const misspelt: [string, object, string][] = [
  ["at the top", { replcas: 2 }, "additional properties 'replcas' not allowed"],
  [
    "in an image",
    { image: { server: { digets: "" } } },
    "at '/image/server': additional properties 'digets' not allowed",
  ],
  [
    "in a section",
    { metrics: { service: { enable: true } } },
    "at '/metrics/service': additional properties 'enable' not allowed",
  ],
];

for (const [where, values, message] of misspelt) {
  test(`refuses a misspelt value ${where}, with its name`, () => {
    const { code, stderr } = helm(["template", chart], values);
    assert.is.not(code, 0);
    assert.match(stderr, message);
  });
}

const wrong: [object, string][] = [
  [{ replicas: "two" }, "at '/replicas': got string, want integer"],
  [{ logLevel: "verbose" }, "at '/logLevel': value must be one of 'trace', 'debug', 'info'"],
  [{ watchNamespaces: "one,two" }, "at '/watchNamespaces': got string, want array"],
  [{ watchNamespaces: ["One"] }, "at '/watchNamespaces/0': 'One' does not match pattern"],
  [
    { networkPolicy: { monitoringNamespaces: ["No_Name"] } },
    "at '/networkPolicy/monitoringNamespaces/0': 'No_Name' does not match pattern",
  ],
  [{ image: { server: { digest: "latest" } } }, "at '/image/server/digest': 'latest' does not"],
  [
    { extraEnv: [{ name: "LOG_LEVEL", value: "debug" }] },
    "extraEnv: LOG_LEVEL is set by the chart",
  ],
];

for (const [values, message] of wrong) {
  test(`refuses ${JSON.stringify(values)}`, () => {
    const { code, stderr } = helm(["template", chart], values);
    assert.is.not(code, 0);
    assert.match(stderr, message);
  });
}

test("refuses the values of an older chart with what to do", () => {
  // As --reuse-values takes them: without what this chart has more.
  const older = {
    crds: { keep: null },
    podDisruptionBudget: null,
    test: null,
    topologySpreadConstraints: null,
    networkPolicy: { apiServerPorts: null },
    metrics: { serviceMonitor: null, podMonitor: null, prometheusRule: null },
    extraVolumes: null,
    extraVolumeMounts: null,
  };
  const { code, stderr } = helm(["template", chart], older);
  assert.is.not(code, 0);
  assert.match(stderr, "use --reset-then-reuse-values");
});

test("describes every value in its schema, and no other", () => {
  const values = parse(readFileSync(`${chart}/values.yaml`, "utf8"));
  const { global: _, ...properties } = schema.properties;
  const defined = paths({ properties });
  assert.ok(defined.length > 60);
  assert.equal(defined.sort(), valuePaths(values, defined).sort());
});

/** Of everything that a schema allows, as far as it names it; items of lists are no values. */
function paths(part: Manifest, prefix = ""): string[] {
  const { $ref, properties = {} } = part;
  if ($ref) return paths(schema.definitions[$ref.split("/").at(-1)], prefix);
  return Object.entries(properties).flatMap(([name, property]) => [
    prefix + name,
    ...(free.has(prefix + name) ? [] : paths(property, `${prefix}${name}.`)),
  ]);
}

/** Maps in which a user writes what Kubernetes has, more than the chart's own values. */
const free = new Set(["resources"]);

function valuePaths(values: Manifest, defined: string[], prefix = ""): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = prefix + name;
    const isSection = defined.some((other) => other.startsWith(`${path}.`));
    return [path, ...(isSection ? valuePaths(value, defined, `${path}.`) : [])];
  });
}

/** Values that decide what a running operator does, and how it runs: with each of them come new pods. */
const settings: [value: string, other: unknown][] = [
  ["watchNamespaces", ["one"]],
  ["networkPolicy.enabled", false],
  ["networkPolicy.monitoringNamespaces", ["other"]],
  ["image.registry", "example.com"],
  ["image.pullPolicy", "Always"],
  ["image.operator.tag", "next"],
  ["image.server.tag", "next"],
  ["image.benchmark.digest", digest],
  ["concurrency", 2],
  ["api.rate", 3],
  ["api.burst", 4],
  ["benchmarkConcurrency", 5],
  ["resyncSeconds", 60],
  ["logLevel", "debug"],
  ["extraEnv", [{ name: "A", value: "b" }]],
  ["resources.limits.memory", "1Gi"],
  ["podAnnotations", { a: "b" }],
  ["priorityClassName", "a"],
];

/** Values that are none of its business: with these it goes on. */
const besides: [value: string, other: unknown][] = [
  ["replicas", 2],
  ["crds.keep", false],
  ["networkPolicy.apiServerPorts", [6443]],
  ["podDisruptionBudget.maxUnavailable", 2],
  ["metrics.service.annotations", { a: "b" }],
  ["metrics.serviceMonitor.enabled", true],
  ["metrics.podMonitor.enabled", true],
  ["metrics.prometheusRule.enabled", true],
  ["grafana.dashboard.enabled", true],
  ["test.benchmark", false],
];

const template = (objects: Manifest[]) => only("Deployment", objects).spec.template;
const nested = (path: string, value: unknown): object =>
  path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;

for (const [path, value] of settings) {
  test(`replaces the operator's pods when ${path} changes`, () => {
    assert.not.equal(template(rendered(nested(path, value))), template(defaults));
  });
}

for (const [path, value] of besides) {
  test(`leaves the operator's pods alone when ${path} changes`, () => {
    assert.equal(template(rendered(nested(path, value))), template(defaults));
  });
}

test("says after the installation what to type next", () => {
  const { code, stdout, stderr } = helm(
    ["install", "blue", chart, "--dry-run=client", "--namespace", "tools"],
    { watchNamespaces: ["one", "two"], networkPolicy: { monitoringNamespaces: ["a", "b"] } },
  );
  assert.is(code, 0, stderr);
  const notes = stdout.slice(stdout.indexOf("NOTES:"));
  assert.match(notes, "serves models in the namespaces one, two.");
  assert.match(notes, "can be scraped from\nthe namespaces a, b;");
  assert.match(notes, "helm test blue --namespace tools --logs");
  assert.match(notes, "kubectl get mdep --namespace one --watch");
});

function isDefinition(kind: string): boolean {
  return kind === "CustomResourceDefinition";
}

test.run();
