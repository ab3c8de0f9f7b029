import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasCondition } from "./api.ts";
import { run } from "../support/command.ts";
import type { Instance } from "./instance.ts";
import { inNode } from "./network.ts";
import { nodeName } from "./node.ts";
import { flags, processOf, start, until } from "./parts.ts";
import { goTools } from "./programs/go-tools.ts";
import { programsFolder } from "./programs/programs.ts";
import { step } from "../support/progress.ts";

/** The addresses of simulated pods, from the range that is set aside for benchmarks (RFC 2544). */
const podAddresses = "198.18.0.0/16";

const part = "kwok";
const source = fileURLToPath(new URL("programs/kwok", import.meta.url));

/** Keeps new pods off the real node. */
const taint = "intendant.dev/simulation=true:NoSchedule";

/**
 * Adds simulated nodes to a running cluster, beside the real control plane: from now on all new
 * pods come to them, become Ready as soon as they are there, and run nothing. The pods of models
 * whose names begin with `broken-` never can: their image cannot be pulled.
 *
 * What connects to a simulated pod reaches the real node, so that a program that listens there on
 * all addresses can answer for all of them.
 */
export async function simulate(instance: Instance, nodes: number): Promise<void> {
  if (processOf(instance, part) === undefined) {
    const kwok = join(await step("Building kwok (once)", () => goTools(source)), "kwok");
    const [command, args] = inNode(instance, kwok, kwokFlags(instance));
    start(instance, { name: part, command, args });
  }
  await kubectl(instance, ["taint", "nodes", nodeName, taint, "--overwrite"]);
  await run(...inNode(instance, "ip", ["route", "replace", "local", podAddresses, "dev", "lo"]));
  const names = Array.from({ length: nodes }, (_, index) => `simulated-${index}`);
  const list = { apiVersion: "v1", kind: "List", items: names.map(node) };
  await kubectl(instance, ["apply", "--server-side", "-f", "-"], JSON.stringify(list));
  for (const name of names) {
    const wait = { what: `node ${name}`, parts: [part], seconds: 60 };
    await until(instance, wait, () => hasCondition(instance, `/api/v1/nodes/${name}`, "Ready"));
  }
}

/** Removes the simulated nodes; what runs on them has to be gone. */
export async function endSimulation(instance: Instance): Promise<void> {
  await kubectl(instance, ["delete", "nodes", "-l", "type=simulated", "--ignore-not-found"]);
  await kubectl(instance, ["taint", "nodes", nodeName, `${taint}-`]).catch(() => undefined);
  const pid = processOf(instance, part);
  if (pid !== undefined) process.kill(pid);
}

function kwokFlags(instance: Instance): string[] {
  const stages = fileURLToPath(new URL("simulation/stages.yaml", import.meta.url));
  writeFileSync(join(instance.run, "kwok.yaml"), options);
  return [
    ...flags({
      kubeconfig: "/run/kubeconfig",
      "manage-nodes-with-label-selector": "type=simulated",
      cidr: podAddresses,
      // Without leases the nodes, and with them their pods, would soon count as not ready.
      "node-lease-duration-seconds": "40",
    }),
    "--config=/run/kwok.yaml",
    `--config=${stages}`,
  ];
}

/** As many at once as the machine takes. */
const options = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options:
  podPlayStageParallelism: 16
  nodePlayStageParallelism: 4
  nodeLeaseParallelism: 4
`;

function node(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { type: "simulated", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" },
    },
  };
}

function kubectl(instance: Instance, args: string[], input?: string): Promise<string> {
  const program = join(programsFolder(), "kubectl");
  const all = ["--kubeconfig", instance.kubeconfig, ...args];
  return run(program, all, input === undefined ? {} : { input });
}
