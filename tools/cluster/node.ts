import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Addresses } from "./addresses.ts";
import { pki } from "./certificates.ts";
import type { Instance } from "./instance.ts";
import { flags, type Part } from "./parts.ts";

/** The image that holds a pod's namespaces. */
const pauseImage = "localhost/pause:1";

/** The node's name. */
export const nodeName = "node";

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const socket = "/run/containerd/containerd.sock";

/** Runs containers; its shim is found beside it. */
export function containerd(programs: string): Part {
  return {
    name: "containerd",
    command: "env",
    args: [`PATH=${programs}:${systemPath}`, "containerd", "--config", "/run/containerd.toml"],
  };
}

/** Runs the pods that the API server gives to this node. */
export function kubelet(programs: string, { node }: Addresses): Part {
  return {
    name: "kubelet",
    command: `${programs}/kubelet`,
    args: flags({
      config: "/run/kubelet.json",
      kubeconfig: `${pki}/kubelet.kubeconfig`,
      "hostname-override": nodeName,
      "node-ip": node,
      "housekeeping-interval": "5s",
    }),
  };
}

/** Sends what is addressed to a Service to one of its pods. */
export function kubeProxy(programs: string, { pods }: Addresses): Part {
  return {
    name: "kube-proxy",
    command: `${programs}/kube-proxy`,
    args: flags({
      kubeconfig: `${pki}/kube-proxy.kubeconfig`,
      "hostname-override": nodeName,
      "cluster-cidr": pods,
      "proxy-mode": "iptables",
      // These two belong to the whole machine.
      "conntrack-max-per-core": "0",
      "oom-score-adj": "0",
    }),
  };
}

/** Writes the files that containerd and kubelet read. */
export function configureNode(instance: Instance, network: Addresses): void {
  const write = (file: string, text: string) => writeFileSync(join(instance.run, file), text);
  mkdirSync(join(instance.run, "cni"), { recursive: true });
  write("cni/pods.conflist", JSON.stringify(podNetwork(network)));
  write("containerd.toml", containerdSettings());
  write("kubelet.json", stringify(kubeletSettings(instance, network)));
  write("resolv.conf", "nameserver 127.0.0.1\n");
}

/** All pods on one bridge, with the node as their gateway. */
function podNetwork({ pods }: Addresses): object {
  const addresses = {
    type: "host-local",
    ranges: [[{ subnet: pods }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  return {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "pods",
        isGateway: true,
        // A pod that calls its own Service comes back through the port it left by.
        hairpinMode: true,
        ipam: addresses,
      },
    ],
  };
}

/** Where a root user may not lower the OOM score, every pod would fail without restrict_oom_score_adj. */
function containerdSettings(): string {
  return `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"

[plugins."io.containerd.server.v1.grpc"]
  address = "${socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "/run/cni"
`;
}

/** Kubelet's configuration. */
function kubeletSettings({ cgroup }: Instance, { dnsService }: Addresses): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${pki}/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${pki}/kubelet-server.crt`,
    tlsPrivateKeyFile: `${pki}/kubelet-server.key`,
    containerRuntimeEndpoint: `unix://${socket}`,
    clusterDNS: [dnsService],
    clusterDomain: "cluster.local",
    resolvConf: "/run/resolv.conf",
    cgroupDriver: "cgroupfs",
    cgroupRoot: cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    maxPods: 110,
    serializeImagePulls: false,
    // Images come from here and cannot be pulled again.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "1%",
      "imagefs.available": "1%",
    },
  };
}
