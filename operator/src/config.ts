import { hostname } from "node:os";
import type { Installation } from "./resources/installation.ts";

/** What the environment says; every setting but the images has a default. */
export interface Config {
  /**
   * SERVER_IMAGE, BENCHMARK_IMAGE and IMAGE_PULL_POLICY (IfNotPresent): what the pods run.
   * BENCHMARK_CONCURRENCY: ModelDeployments that may be measured at the same time, 1 by default.
   * NETWORK_POLICIES: whether models get one, false by default; it goes with POD_NAMESPACE,
   * POD_LABELS (`name=value`, commas between them), by which the operator's own pods are known, and
   * MONITORING_NAMESPACES (with commas between them), from where metrics are collected.
   */
  installation: Installation;
  /** POD_NAME: unlike any other replica's; the host name by default. */
  podName: string;
  /** POD_NAMESPACE: where the lease is, `default` by default. */
  podNamespace: string;
  /** WATCH_NAMESPACES: with commas between them; all when empty. */
  namespaces: string[];
  /** LEADER_ELECTION: whether there may be another replica, true by default. */
  leaderElection: boolean;
  /** CONCURRENCY: ModelDeployments that are worked on at the same time, 16 by default. */
  concurrency: number;
  /** API_RATE: calls to the API server per second in the long run, 200 by default. */
  apiRate: number;
  /** API_BURST: calls to the API server at once after a pause, 400 by default. */
  apiBurst: number;
  /** RESYNC_SECONDS: how often everything is looked at again, 600 by default. */
  resyncSeconds: number;
  /** OPS_PORT: where probes and metrics listen, 9090 by default; 0 takes any free port. */
  opsPort: number;
  /** LOG_LEVEL: least important messages to log, `info` by default. */
  logLevel: string;
}

/** The variables that the settings are read from. */
export type Environment = Record<string, string | undefined>;

const pullPolicies = ["Always", "IfNotPresent", "Never"];
const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Reads the settings; throws with a sentence on the first one that cannot be used. */
export function readConfig(environment: Environment = process.env): Config {
  // Kubernetes manifests often set a variable to the empty string to say "not set".
  const variable = (name: string) => environment[name]?.trim() || undefined;

  const image = (name: string, example: string) => {
    const value = variable(name);
    if (value) return value;
    throw new Error(`${name} is not set; write an image, for example ${name}=${example}`);
  };
  const one = (name: string, choices: string[], otherwise: string) => {
    const value = variable(name) ?? otherwise;
    if (choices.includes(value)) return value;
    throw new Error(`${name} is "${value}"; write one of ${choices.join(", ")}`);
  };
  const flag = (name: string, otherwise: boolean) =>
    one(name, ["true", "false"], `${otherwise}`) === "true";
  const whole = (name: string, otherwise: number, [least, most]: [number, number]) => {
    const value = Number(variable(name) ?? otherwise);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    const wanted = `a whole number from ${least} to ${most}`;
    throw new Error(`${name} is "${variable(name)}"; write ${wanted}`);
  };

  const namespaces = (name: string) => names(name, variable(name) ?? "");

  const images = {
    server: image("SERVER_IMAGE", "docker.io/intendant/server:0.1.0"),
    benchmark: image("BENCHMARK_IMAGE", "docker.io/intendant/benchmark:0.1.0"),
    pullPolicy: one("IMAGE_PULL_POLICY", pullPolicies, "IfNotPresent"),
  };
  const podNamespace = variable("POD_NAMESPACE") ?? "default";
  const labels = variable("POD_LABELS") ?? "";
  const monitoringNamespaces = namespaces("MONITORING_NAMESPACES");
  const networkPolicy = flag("NETWORK_POLICIES", false) && {
    operator: { namespace: podNamespace, labels: podLabels(labels) },
    monitoringNamespaces,
  };

  return {
    installation: {
      images,
      benchmarkConcurrency: whole("BENCHMARK_CONCURRENCY", 1, [1, 1000]),
      ...(networkPolicy && { networkPolicy }),
    },
    podName: variable("POD_NAME") ?? hostname(),
    podNamespace,
    namespaces: namespaces("WATCH_NAMESPACES"),
    leaderElection: flag("LEADER_ELECTION", true),
    concurrency: whole("CONCURRENCY", 16, [1, 100]),
    apiRate: whole("API_RATE", 200, [1, 10_000]),
    apiBurst: whole("API_BURST", 400, [1, 10_000]),
    resyncSeconds: whole("RESYNC_SECONDS", 600, [10, 86_400]),
    opsPort: whole("OPS_PORT", 9090, [0, 65_535]),
    logLevel: one("LOG_LEVEL", levels, "info"),
  };
}

function podLabels(list: string): Record<string, string> {
  const labels = list.split(",").map((label) => label.trim().split("="));
  if (labels.every(([name, value, ...rest]) => name && value && rest.length === 0)) {
    return Object.fromEntries(labels) as Record<string, string>;
  }
  throw new Error(
    `POD_LABELS is "${list}", and NETWORK_POLICIES needs the labels of the operator's pods; ` +
      "write them as name=value with commas between them",
  );
}

function names(variable: string, list: string): string[] {
  const listed = list.split(",").map((name) => name.trim());
  const wrong = listed.find(
    (name) => name !== "" && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name),
  );
  if (wrong !== undefined) {
    throw new Error(
      `${variable} has "${wrong}", which is no namespace; write names with commas between them`,
    );
  }
  return [...new Set(listed.filter((name) => name !== ""))];
}
