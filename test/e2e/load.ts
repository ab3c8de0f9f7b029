import type { V1Pod } from "@kubernetes/client-node";
import type { Measurement, Plan } from "../../benchmarks/contract.ts";
import { apply, eventually, list } from "./world.ts";

/** Steady load from a k6 pod inside the cluster, beside the operator's own benchmarks. */
export interface Load {
  /** Waits until k6 is running. */
  started(): Promise<void>;
  /** Waits until k6 has ended, and gives what it measured. */
  measured(): Promise<Measurement>;
}

/** Starts a k6 Job with a plan. */
export async function load(namespace: string, name: string, plan: Plan): Promise<Load> {
  await apply(job(namespace, name, plan));
  const pod = async () => (await list<V1Pod>("pod", namespace, `job-name=${name}`))[0];
  return {
    started: async () => {
      await eventually(
        `load ${name} runs`,
        60,
        async () => (await pod())?.status?.phase === "Running",
      );
    },
    measured: () =>
      eventually(`load ${name} has ended`, plan.duration + 90, async () => {
        const message = (await pod())?.status?.containerStatuses?.[0]?.state?.terminated?.message;
        return message ? (JSON.parse(message) as Measurement) : undefined;
      }),
  };
}

function job(namespace: string, name: string, plan: Plan): object {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: { app: name } },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "k6",
              image: "docker.io/intendant/benchmark:0.1.0",
              imagePullPolicy: "IfNotPresent",
              env: [{ name: "PLAN", value: JSON.stringify(plan) }],
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  };
}
