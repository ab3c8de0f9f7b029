import type { V1PodSpec, V1Volume } from "@kubernetes/client-node";
import type { Identity } from "./identity.ts";

/** What a PostgreSQL in a namespace is made of. */
export interface Database {
  namespace: string;
  image: string;
  /** Where the data are; an empty folder, which goes with the pod, unless said. */
  data?: V1Volume;
}

/** Name of the StatefulSet, of its Service and of the Secret that an application needs. */
export const name = "database";
/** Who owns the database, and what it is called, as CloudNativePG has it. */
const user = "app";
const identitySecret = `${name}-tls`;
const port = 5432;
const labels = { "app.kubernetes.io/name": name };

/** The name by which pods reach it, and that its certificate is for. */
export const hostOf = (namespace: string): string => `${name}.${namespace}.svc`;

/** What an application connects with: `uri` and `ca.crt`; and what the server proves itself with. */
export function secrets(namespace: string, password: string, identity: Identity): object[] {
  const uri = `postgresql://${user}:${encodeURIComponent(password)}@${hostOf(namespace)}:${port}/${user}`;
  const secret = (secretName: string, stringData: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: secretName, namespace, labels },
    stringData,
  });
  return [
    secret(name, { uri, username: user, password, dbname: user, "ca.crt": identity.authority }),
    secret(identitySecret, {
      "ca.crt": identity.authority,
      "tls.crt": identity.certificate,
      "tls.key": identity.key,
    }),
  ];
}

/** One server, and the Service in front of it. */
export function server({ namespace, image, data }: Database): object[] {
  const metadata = { name, namespace, labels };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: labels, ports: [{ name: "postgresql", port, targetPort: "postgresql" }] },
    },
    {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata,
      spec: {
        replicas: 1,
        serviceName: name,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod(image, data) },
      },
    },
  ];
}

/** A pod as the strictest Pod Security Standard allows it. */
function pod(image: string, data: V1Volume = { name: "data", emptyDir: {} }): V1PodSpec {
  const env = (variable: string, key: string) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: "database", key } },
  });
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 999,
      runAsGroup: 999,
      // The server takes a key that root owns when only its own group may read it.
      fsGroup: 999,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "postgresql",
        image,
        imagePullPolicy: "IfNotPresent",
        env: [
          env("POSTGRES_USER", "username"),
          env("POSTGRES_PASSWORD", "password"),
          env("POSTGRES_DB", "dbname"),
        ],
        ports: [{ name: "postgresql", containerPort: port }],
        // The socket is there before the server listens on the network.
        readinessProbe: {
          exec: { command: ["pg_isready", "--quiet", "--host", "localhost"] },
          periodSeconds: 2,
        },
        resources: {
          requests: { cpu: "100m", memory: "128Mi" },
          limits: { memory: "512Mi" },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [
          { name: "data", mountPath: "/var/lib/postgresql" },
          { name: "tls", mountPath: "/tls", readOnly: true },
        ],
      },
    ],
    volumes: [data, { name: "tls", secret: { secretName: identitySecret, defaultMode: 0o440 } }],
  };
}
