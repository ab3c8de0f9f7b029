import { setting } from "../../../server/src/contract/environment.ts";
import { opsPaths } from "../../../server/src/contract/ops.ts";
import { ports } from "../../../server/src/contract/ports.ts";
import type { ModelDeployment } from "../api/model-deployment.ts";
import type { Deployment, PodTemplate } from "../kube/objects.ts";
import { amount, seconds } from "../api/units.ts";
import { captureSettings } from "./capture.ts";
import { labels, metadata, modelLabel, revisionLabel, selector, serverName } from "./metadata.ts";
import { modelFolder, modelSource, modelVolume } from "./model-source.ts";

type PodSpec = NonNullable<PodTemplate["spec"]>;
type Container = PodSpec["containers"][number];
type Probe = NonNullable<Container["livenessProbe"]>;

/** The images that the pods run. */
export interface Images {
  server: string;
  benchmark: string;
  pullPolicy: string;
}

/** Shortest limit for the start of a server. */
const startSeconds = 120;

/** Bytes of a model that are read and loaded in a second even on a slow disk. */
const loadedPerSecond = 10 * 1024 * 1024;

/** Name of a revision's Deployment. */
export function deploymentName(model: ModelDeployment, revision: string): string {
  return `${model.metadata.name}-${revision}`;
}

/**
 * The Deployment of a revision. It says nothing about replicas: they belong to a field manager of
 * their own, because server-side apply resets what a manager wrote once and then leaves out.
 */
export function deployment(
  model: ModelDeployment,
  revision: string,
  template: PodTemplate,
): Deployment {
  const part = { app: serverName, revision } as const;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(model, deploymentName(model, revision), part),
    spec: {
      selector: { matchLabels: selector(model, revision) },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      revisionHistoryLimit: 0,
      progressDeadlineSeconds: seconds(model.spec.rollout.deadline),
      template: { ...template, metadata: { ...template.metadata, labels: labels(model, part) } },
    },
  };
}

/**
 * Everything that changes what a pod does; the revision is a hash over it.
 *
 * @param sha256 digest of the ONNX file, where the operator or the spec knows it
 */
export function podTemplate(
  model: ModelDeployment,
  sha256: string | undefined,
  images: Images,
): PodTemplate {
  const container = serverContainer(model, images);
  const { path, volume, initContainer } = modelSource(model, container);
  const kept = captureSettings(model);
  const mounted = volume
    ? [{ name: modelVolume, mountPath: modelFolder, readOnly: true }, ...kept.volumeMounts]
    : kept.volumeMounts;
  const volumes = volume ? [volume, ...kept.volumes] : kept.volumes;
  const { annotations = {} } = model.spec.pod ?? {};
  return {
    metadata: {
      labels: labels(model, { app: serverName }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      ...scheduling(model),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // The server answers for 5 seconds after SIGTERM, while the news of its end spreads, and has
      // 20 more for what is in flight. So there is no preStop hook: it would only wait as well.
      terminationGracePeriodSeconds: 40,
      // The user is the image's: some clusters give each namespace users of its own.
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      topologySpreadConstraints: spreadOverNodes(model),
      ...(initContainer && { initContainers: [initContainer] }),
      containers: [
        {
          ...container,
          env: [
            ...environment(model, path, sha256),
            ...kept.env,
            ...(model.spec.server?.env ?? []),
          ],
          ports: containerPorts(model),
          startupProbe: probe(opsPaths.startup, {
            periodSeconds: 1,
            failureThreshold: startLimit(model),
          }),
          readinessProbe: probe(opsPaths.ready, { periodSeconds: 2, failureThreshold: 2 }),
          // Generous, because a busy node is no reason to kill a server that would answer.
          livenessProbe: probe(opsPaths.live, { periodSeconds: 10, failureThreshold: 6 }),
          ...(mounted.length > 0 && { volumeMounts: mounted }),
        },
      ],
      ...(volumes.length > 0 && { volumes }),
    },
  };
}

/** The pods of a revision are spread over the nodes as far as that is possible. */
function spreadOverNodes({
  metadata: { name },
}: ModelDeployment): PodSpec["topologySpreadConstraints"] {
  return [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: {
        matchLabels: { "app.kubernetes.io/name": serverName, [modelLabel]: name },
      },
      matchLabelKeys: [revisionLabel],
    },
  ];
}

/** What the server has in common with the containers that prepare its model and that enrich. */
export function serverContainer(model: ModelDeployment, images: Images): Container {
  return {
    name: "server",
    image: model.spec.server?.image ?? images.server,
    imagePullPolicy: images.pullPolicy,
    resources: containerResources(model),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    // The last lines of a server that ended are its reason in the status.
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

/** What the spec says about the pods' place; what it leaves empty is left out. */
function scheduling({ spec: { pod = {} } }: ModelDeployment): Partial<PodSpec> {
  const { nodeSelector = {}, tolerations = [], imagePullSecrets = [] } = pod;
  return {
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(pod.affinity && { affinity: pod.affinity }),
    ...(pod.priorityClassName !== undefined && { priorityClassName: pod.priorityClassName }),
    ...(imagePullSecrets.length > 0 && { imagePullSecrets }),
  };
}

/**
 * Seconds that a server may take to load its model and to warm it up: two minutes, and one more for
 * each 10 MiB of its memory limit, which no model is larger than.
 */
function startLimit(model: ModelDeployment): number {
  return startSeconds + Math.ceil(amount(memoryLimit(model)) / loadedPerSecond);
}

function environment(
  model: ModelDeployment,
  path: string,
  sha256: string | undefined,
): NonNullable<Container["env"]> {
  return [
    setting("MODEL_PATH", path),
    setting("MODEL_NAME", model.metadata.name),
    ...(sha256 === undefined ? [] : [setting("MODEL_SHA256", sha256)]),
    ...(model.spec.server?.grpc ? [setting("GRPC_PORT", String(ports.grpc))] : []),
  ];
}

function containerPorts({ spec: { server } }: ModelDeployment): NonNullable<Container["ports"]> {
  return [
    { name: "http", containerPort: ports.api, protocol: "TCP" },
    { name: "ops", containerPort: ports.ops, protocol: "TCP" },
    ...(server?.grpc ? [{ name: "grpc", containerPort: ports.grpc, protocol: "TCP" }] : []),
  ];
}

function containerResources(model: ModelDeployment): Container["resources"] {
  const { requests, limits } = model.spec.resources;
  return {
    requests: { cpu: String(requests.cpu), memory: String(requests.memory) },
    limits: {
      ...(limits?.cpu !== undefined && { cpu: String(limits.cpu) }),
      memory: String(memoryLimit(model)),
    },
  };
}

function memoryLimit({ spec: { resources } }: ModelDeployment): string | number {
  return resources.limits?.memory ?? resources.requests.memory;
}

function probe(path: string, timing: Partial<Probe>): Probe {
  return { httpGet: { path, port: "ops", scheme: "HTTP" }, timeoutSeconds: 3, ...timing };
}
