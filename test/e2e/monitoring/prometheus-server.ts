import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Manifest } from "../../charts/helm.ts";
import { prometheus } from "../../../tools/chart-programs/programs.ts";
import { kubeconfigPath } from "../../../tools/cluster/programs/tools.ts";
import { freePort } from "../../../tools/support/free-port.ts";
import { eventually } from "../world.ts";

/** A Prometheus of this machine that collects from the test cluster. */
export interface PrometheusServer {
  /** What its API answers, below /api/v1. */
  ask<T>(path: string): Promise<T>;
  stop(): Promise<void>;
}

/** Between two collections, and between two evaluations of the rules. */
const interval = "2s";

/**
 * Starts a Prometheus on the loopback.
 *
 * @param monitors ServiceMonitors and PodMonitors, which it obeys as the Prometheus Operator has it do
 * @param rules the `spec` of a PrometheusRule
 */
export async function startPrometheus(
  monitors: Manifest[],
  rules: object,
): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-prometheus-"));
  const configuration = {
    global: { scrape_interval: interval, evaluation_interval: interval, scrape_timeout: interval },
    rule_files: [join(folder, "rules.yaml")],
    scrape_configs: monitors.map(scrapeConfig),
  };
  writeFileSync(join(folder, "prometheus.yaml"), stringify(configuration));
  writeFileSync(join(folder, "rules.yaml"), stringify(rules));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    (await prometheus()).server,
    [
      `--config.file=${folder}/prometheus.yaml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (words += text));

  async function ask<T>(path: string): Promise<T> {
    if (child.exitCode !== null) throw new Error(`Prometheus ended: ${words.slice(-2000)}`);
    const response = await fetch(`http://${address}/api/v1/${path}`);
    const { data, error } = (await response.json()) as { data: T; error?: string };
    if (error !== undefined) throw new Error(`${decodeURIComponent(path)}: ${error}`);
    return data;
  }

  async function stop(): Promise<void> {
    if (child.exitCode === null) {
      child.kill();
      await once(child, "close");
    }
    rmSync(folder, { recursive: true });
  }

  try {
    await eventually("Prometheus answers", 30, () => ask("status/buildinfo"));
  } catch (error) {
    await stop();
    throw error;
  }
  return { ask, stop };
}

/** What the Prometheus Operator makes of a monitor, as far as the chart's need it. */
function scrapeConfig({ kind, metadata, spec }: Manifest): object {
  const isPod = kind === "PodMonitor";
  const [endpoint] = isPod ? spec.podMetricsEndpoints : spec.endpoints;
  const names = spec.namespaceSelector?.any
    ? undefined
    : (spec.namespaceSelector?.matchNames ?? [metadata.namespace]);
  const [role, object, port] = isPod
    ? ["pod", "pod", "pod_container_port_name"]
    : ["endpointslice", "service", "endpointslice_port_name"];
  const labels = Object.entries<string>(spec.selector.matchLabels);
  return {
    job_name: `${metadata.namespace}/${metadata.name}`,
    honor_labels: endpoint.honorLabels ?? false,
    kubernetes_sd_configs: [
      { role, kubeconfig_file: kubeconfigPath(), ...(names && { namespaces: { names } }) },
    ],
    relabel_configs: [
      ...labels.map(([label, value]) => kept(`${object}_label_${sanitized(label)}`, value)),
      kept(port, endpoint.port),
      told("namespace", "namespace"),
      told("pod", "pod_name"),
      ...(isPod ? [told("container", "pod_container_name")] : [told("job", "service_name")]),
    ],
  };
}

function kept(label: string, regex: string): object {
  return { action: "keep", source_labels: [`__meta_kubernetes_${label}`], regex };
}

function told(target: string, label: string): object {
  return { source_labels: [`__meta_kubernetes_${label}`], target_label: target };
}

function sanitized(label: string): string {
  return label.replaceAll(/[^a-zA-Z0-9_]/g, "_");
}
