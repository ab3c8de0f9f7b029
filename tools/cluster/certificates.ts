import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Addresses } from "./addresses.ts";
import { run } from "../support/command.ts";
import type { Instance } from "./instance.ts";

/** The folder of keys and certificates, as the node sees it. */
export const pki = "/run/pki";

interface Certificate {
  name: string;
  subject: string;
  authority: "ca" | "front-proxy-ca";
  extension: string;
}

/** The certificates of a cluster, and for which name or address each of them speaks. */
export function certificates({ node, apiService }: Addresses): Certificate[] {
  const inCluster = ["", ".default", ".default.svc", ".default.svc.cluster.local"];
  const apiNames = ["localhost", ...inCluster.map((suffix) => `kubernetes${suffix}`)];
  return [
    server("apiserver", "/CN=kube-apiserver", apiNames, ["127.0.0.1", node, apiService]),
    server("kubelet-server", "/CN=node", ["node"], ["127.0.0.1", node]),
    client("apiserver-to-kubelet", "/O=system:masters/CN=kube-apiserver"),
    client("admin", "/O=system:masters/CN=admin"),
    client("kubelet", "/O=system:nodes/CN=system:node:node"),
    client("controller-manager", "/CN=system:kube-controller-manager"),
    client("scheduler", "/CN=system:kube-scheduler"),
    client("kube-proxy", "/CN=system:kube-proxy"),
    { ...client("front-proxy", "/CN=front-proxy-client"), authority: "front-proxy-ca" },
  ];
}

function client(name: string, subject: string): Certificate {
  return { name, subject, authority: "ca", extension: "extendedKeyUsage=clientAuth" };
}

function server(name: string, subject: string, names: string[], addresses: string[]): Certificate {
  const all = [...names.map((dns) => `DNS:${dns}`), ...addresses.map((ip) => `IP:${ip}`)];
  return { name, subject, authority: "ca", extension: `subjectAltName=${all.join(",")}` };
}

/** Those who call the API server, each with a kubeconfig of its own. */
const callers = ["admin", "kubelet", "controller-manager", "scheduler", "kube-proxy"];

/** Makes the authorities, certificates, keys and kubeconfigs of a cluster. */
export async function createCertificates(instance: Instance, network: Addresses): Promise<void> {
  const folder = join(instance.run, "pki");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const openssl = (line: string) => run("openssl", line.split(" "), { cwd: folder });
  await Promise.all(["ca", "front-proxy-ca"].map((name) => authority(openssl, name)));
  await Promise.all(certificates(network).map((wanted) => signed(openssl, folder, wanted)));
  await openssl("ecparam -genkey -name prime256v1 -noout -out accounts.key");
  await openssl("ec -in accounts.key -pubout -out accounts.pub");
  for (const caller of callers) {
    const file = join(folder, `${caller}.kubeconfig`);
    writeFileSync(file, kubeconfig(folder, caller, network.node), { mode: 0o600 });
  }
  const forAdmin = readFileSync(join(folder, "admin.kubeconfig"));
  writeFileSync(instance.kubeconfig, forAdmin, { mode: 0o600 });
}

/** Runs openssl with these arguments; none of them contains a blank. */
type OpenSsl = (line: string) => Promise<string>;

const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc";

async function authority(openssl: OpenSsl, name: string): Promise<void> {
  const files = `-keyout ${name}.key -out ${name}.crt`;
  await openssl(`req -x509 ${newKey} ${files} -days 365 -subj /CN=${name}`);
}

async function signed(openssl: OpenSsl, folder: string, wanted: Certificate): Promise<void> {
  const { name, subject, authority: by, extension } = wanted;
  writeFileSync(join(folder, `${name}.ext`), `${extension}\n`);
  await openssl(`req ${newKey} -subj ${subject} -keyout ${name}.key -out ${name}.csr`);
  const files = `-in ${name}.csr -out ${name}.crt -extfile ${name}.ext`;
  await openssl(`x509 -req ${files} -CA ${by}.crt -CAkey ${by}.key -days 365`);
}

/** A kubeconfig that needs no other file. JSON is YAML, too. */
function kubeconfig(folder: string, caller: string, node: string): string {
  const data = (file: string) => readFileSync(join(folder, file)).toString("base64");
  const cluster = {
    server: `https://${node}:6443`,
    "certificate-authority-data": data("ca.crt"),
  };
  const user = {
    "client-certificate-data": data(`${caller}.crt`),
    "client-key-data": data(`${caller}.key`),
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "intendant", cluster }],
    users: [{ name: caller, user }],
    contexts: [{ name: "intendant", context: { cluster: "intendant", user: caller } }],
    "current-context": "intendant",
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
