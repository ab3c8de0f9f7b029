import { kinds, type KubeObject } from "../../operator/src/kube/resource.ts";
import type { Deployment, Job, Pod } from "../../operator/src/kube/objects.ts";
import type { FakeApi } from "../support/fake-api.ts";
import type { Change } from "../support/fake-store.ts";
import { measurement } from "./fixtures.ts";

/**
 * Everything of a cluster that the operator relies on, as simple as can be: pods of a Deployment
 * are available at once, go with it at once, and a benchmark ends at once with the same figures.
 */
export class Kubelet {
  /** Deployments with one of these words in their names never become available. */
  broken: string[] = [];
  /** Benchmarks do not end. */
  endless = false;
  #server: FakeApi;
  #stop: () => void;

  constructor(server: FakeApi) {
    this.#server = server;
    // In a turn of its own, because a real controller hears of a change after it was made.
    this.#stop = server.objects.listen((change) => setImmediate(() => this.#handle(change)));
  }

  stop(): void {
    this.#stop();
    this.#stop = () => {};
  }

  #handle({ kind, object, deleted }: Change): void {
    if (kind === kinds.deployment && deleted) this.#removePods(object as Deployment, 0);
    else if (kind === kinds.deployment) this.#run(object);
    else if (kind === kinds.job && !deleted) this.#measure(object as Job);
  }

  #run({ metadata }: KubeObject): void {
    const { name = "", namespace } = metadata ?? {};
    const deployment = this.#server.objects.get(kinds.deployment, { name, namespace });
    if (!deployment) return;
    const { spec, metadata: current } = deployment as Deployment;
    const replicas = spec?.replicas ?? 1;
    const ready = !this.broken.some((word) => name.includes(word));
    for (let index = 0; index < replicas; index += 1) {
      this.#server.objects.put(kinds.pod, pod(deployment as Deployment, index, ready));
    }
    this.#removePods(deployment as Deployment, replicas);
    const status = {
      observedGeneration: current?.generation,
      replicas,
      updatedReplicas: replicas,
      availableReplicas: ready ? replicas : 0,
    };
    this.#server.objects.put(kinds.deployment, { ...deployment, status } as KubeObject);
  }

  /** Removes the pods of a Deployment, but for the first few. */
  #removePods({ metadata }: Deployment, keep: number): void {
    const prefix = `${metadata?.name}-pod-`;
    for (const pod of this.#server.objects.list(kinds.pod, metadata?.namespace)) {
      const { name, namespace } = pod.metadata;
      const isOwn = name.startsWith(prefix) && Number(name.slice(prefix.length)) >= keep;
      if (isOwn) this.#server.objects.remove(kinds.pod, { name, namespace });
    }
  }

  #measure(job: Job): void {
    if (job.status || this.endless) return;
    const message = JSON.stringify(measurement);
    const terminated = { exitCode: 0, message };
    const ended: Pod = {
      metadata: {
        name: `${job.metadata?.name}-pod`,
        namespace: job.metadata?.namespace ?? "",
        labels: { ...job.spec?.template.metadata?.labels },
        ownerReferences: [owner("batch/v1", "Job", job)],
      },
      status: {
        containerStatuses: [
          {
            name: "k6",
            image: "",
            imageID: "",
            ready: false,
            restartCount: 0,
            state: { terminated },
          },
        ],
      },
    };
    this.#server.objects.put(kinds.pod, ended);
    const status = { conditions: [{ type: "Complete", status: "True" }] };
    this.#server.objects.put(kinds.job, { ...job, status } as KubeObject);
  }
}

function pod(deployment: Deployment, index: number, ready: boolean): Pod {
  const { name, namespace } = deployment.metadata ?? {};
  return {
    metadata: {
      name: `${name}-pod-${index}`,
      namespace: namespace ?? "",
      labels: { ...deployment.spec?.template.metadata?.labels },
    },
    status: {
      podIP: "10.0.0.1",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
}

function owner(apiVersion: string, kind: string, { metadata }: Job) {
  return { apiVersion, kind, name: metadata?.name ?? "", uid: metadata?.uid ?? "" };
}
