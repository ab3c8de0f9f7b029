import { pino } from "pino";
import type { ModelDeployment } from "../../operator/src/api/model-deployment.ts";
import type { ConditionType } from "../../operator/src/api/reasons.ts";
import { Controller } from "../../operator/src/controller/controller.ts";
import type { Introspection } from "../../operator/src/observe/server-client.ts";
import { ApiClient, type Api } from "../../operator/src/kube/api.ts";
import { EventRecorder } from "../../operator/src/kube/events.ts";
import { kinds } from "../../operator/src/kube/resource.ts";
import type { ModelDescription } from "../../operator/src/state/observed.ts";
import { conditionOf } from "../../operator/src/api/model-deployment.ts";
import type { FakeApi } from "../support/fake-api.ts";
import { allowedPeers, installation, intentFr } from "./fixtures.ts";

/** What every server says about its model. */
export const description: ModelDescription = {
  sha256: "ab".repeat(32),
  inputs: [{ name: "sentence", datatype: "BYTES", shape: [-1, 1] }],
  outputs: [{ name: "label", datatype: "BYTES", shape: [-1] }],
};

/** An operator that runs against a fake API server. */
export interface Operator {
  controller: Controller;
  /** How many passes came to an end, and how. */
  passes: Record<string, number>;
  stop(): Promise<void>;
}

/** How this operator differs from the usual one. */
export interface OperatorOptions {
  namespaces?: string[];
  concurrency?: number;
  /** How pods answer, unless all are well. */
  introspection?: Partial<Introspection>;
  /** Stands between the operator and its calls. */
  wrap?: (api: Api) => Api;
}

/** Starts an operator. */
export async function operate(server: FakeApi, options: OperatorOptions = {}): Promise<Operator> {
  const { namespaces = [], concurrency = 4, introspection, wrap = (api) => api } = options;
  const client = new ApiClient(server.config(), { rate: 10_000, burst: 10_000 });
  const api = wrap(client);
  const log = pino({ level: "silent" });
  const recorder = new EventRecorder({ api, component: "intendant", host: "test", log });
  const passes: Record<string, number> = {};
  const controller = new Controller({
    api,
    recorder,
    log,
    installation: { ...installation, networkPolicy: allowedPeers },
    namespaces,
    concurrency,
    resyncSeconds: 600,
    introspection: {
      model: async () => description,
      unready: async () => undefined,
      capture: async () => undefined,
      traffic: async () => undefined,
      ...introspection,
    },
    metrics: {
      reconciled(result) {
        passes[result] = (passes[result] ?? 0) + 1;
      },
    },
  });
  await controller.start();
  return {
    controller,
    passes,
    async stop() {
      await controller.stop();
      await recorder.drain();
      await client.close();
    },
  };
}

/** A user applies a ModelDeployment; returns what reads it back. */
export function applied(
  server: FakeApi,
  spec: Partial<ModelDeployment["spec"]> = {},
  name = "intent-fr",
): Subject {
  const { metadata, ...model } = intentFr(spec);
  const { uid: _uid, generation: _generation, resourceVersion: _version, ...rest } = metadata;
  server.objects.put(kinds.modelDeployment, { ...model, metadata: { ...rest, name } });
  return subject(server, name);
}

/** A ModelDeployment on the server, and questions about it. */
export interface Subject {
  read(): ModelDeployment;
  /** The condition as `True Serving`. */
  says(type: ConditionType): string;
  /** Ready for the latest generation. */
  isReady: () => boolean;
  /** A user edits the spec, or touches nothing but an annotation. */
  edit(spec: Partial<ModelDeployment["spec"]>, annotations?: Record<string, string>): void;
  /** Names of the Deployments that ask for pods, and for how many. */
  deployments(): Record<string, number>;
}

function subject(server: FakeApi, name: string): Subject {
  const { objects } = server;
  const read = () =>
    objects.get(kinds.modelDeployment, { name, namespace: "demo" }) as unknown as ModelDeployment;
  const condition = (type: ConditionType) => conditionOf(read().status, type);
  return {
    read,
    says: (type) => `${condition(type)?.status} ${condition(type)?.reason}`,
    isReady() {
      const { metadata } = read();
      const { status, observedGeneration } = condition("Ready") ?? {};
      return status === "True" && observedGeneration === metadata.generation;
    },
    edit(spec, annotations) {
      const model = read();
      const edited: ModelDeployment = {
        ...model,
        metadata: { ...model.metadata, ...(annotations && { annotations }) },
        spec: { ...model.spec, ...spec },
      };
      objects.put(kinds.modelDeployment, edited);
    },
    deployments() {
      const own = objects
        .list(kinds.deployment, "demo")
        .filter(({ metadata }) => metadata.labels?.["intendant.dev/model"] === name);
      const entries = own.map(({ metadata, spec }) => {
        return [metadata.name, (spec as { replicas: number }).replicas] as const;
      });
      return Object.fromEntries(entries.filter(([, replicas]) => replicas > 0));
    },
  };
}
