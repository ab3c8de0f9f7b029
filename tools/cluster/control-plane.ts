import type { Addresses } from "./addresses.ts";
import { pki } from "./certificates.ts";
import { flags, type Part } from "./parts.ts";

const etcdUrl = "http://127.0.0.1:2379";

/** Keeps the cluster's objects. Nothing here has to survive a power cut, so it never waits for the disk. */
export function etcd(programs: string): Part {
  return {
    name: "etcd",
    command: `${programs}/etcd`,
    args: flags({
      "data-dir": "/var/lib/etcd",
      "listen-client-urls": etcdUrl,
      "advertise-client-urls": etcdUrl,
      "listen-peer-urls": "http://127.0.0.1:2380",
      "unsafe-no-fsync": "true",
      "log-level": "warn",
    }),
  };
}

/** Serves the Kubernetes API at the node's address, port 6443. */
export function apiServer(programs: string, { node, services }: Addresses): Part {
  return {
    name: "kube-apiserver",
    command: `${programs}/kube-apiserver`,
    args: flags({
      "etcd-servers": etcdUrl,
      "advertise-address": node,
      "service-cluster-ip-range": services,
      "authorization-mode": "Node,RBAC",
      "client-ca-file": `${pki}/ca.crt`,
      "tls-cert-file": `${pki}/apiserver.crt`,
      "tls-private-key-file": `${pki}/apiserver.key`,
      "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
      "service-account-key-file": `${pki}/accounts.pub`,
      "service-account-signing-key-file": `${pki}/accounts.key`,
      "kubelet-client-certificate": `${pki}/apiserver-to-kubelet.crt`,
      "kubelet-client-key": `${pki}/apiserver-to-kubelet.key`,
      // Without this, `kubectl logs` and `exec` look up the node's name in DNS.
      "kubelet-preferred-address-types": "InternalIP",
      // What the aggregated API of metrics-server needs.
      "enable-aggregator-routing": "true",
      "proxy-client-cert-file": `${pki}/front-proxy.crt`,
      "proxy-client-key-file": `${pki}/front-proxy.key`,
      "requestheader-client-ca-file": `${pki}/front-proxy-ca.crt`,
      "requestheader-allowed-names": "front-proxy-client",
      "requestheader-username-headers": "X-Remote-User",
      "requestheader-group-headers": "X-Remote-Group",
      "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    }),
  };
}

/** Runs Kubernetes' own controllers. */
export function controllerManager(programs: string): Part {
  return {
    name: "kube-controller-manager",
    command: `${programs}/kube-controller-manager`,
    args: flags({
      ...asCaller("controller-manager"),
      "service-account-private-key-file": `${pki}/accounts.key`,
      "root-ca-file": `${pki}/ca.crt`,
      "cluster-signing-cert-file": `${pki}/ca.crt`,
      "cluster-signing-key-file": `${pki}/ca.key`,
      "use-service-account-credentials": "true",
      // The defaults make for minutes of waiting in every test that scales.
      "horizontal-pod-autoscaler-sync-period": "5s",
      "horizontal-pod-autoscaler-downscale-stabilization": "15s",
      "horizontal-pod-autoscaler-initial-readiness-delay": "5s",
      "horizontal-pod-autoscaler-cpu-initialization-period": "10s",
      // The defaults, made for a large cluster's API server, are what limits a test with many
      // resources.
      ...clientLimits,
      "concurrent-deployment-syncs": "20",
      "concurrent-replicaset-syncs": "20",
      "concurrent-service-endpoint-syncs": "20",
    }),
  };
}

/** Chooses the node for each pod. */
export function scheduler(programs: string): Part {
  return {
    name: "kube-scheduler",
    command: `${programs}/kube-scheduler`,
    args: flags({ ...asCaller("scheduler"), ...clientLimits }),
  };
}

/** Requests to the API server, per second and at once. */
const clientLimits = { "kube-api-qps": "1000", "kube-api-burst": "2000" };

function asCaller(name: string): Record<string, string> {
  const file = `${pki}/${name}.kubeconfig`;
  return {
    kubeconfig: file,
    "authentication-kubeconfig": file,
    "authorization-kubeconfig": file,
    // There is only one of each.
    "leader-elect": "false",
  };
}
