import { existsSync } from "node:fs";
import { run } from "../../support/command.ts";

/** Debian packages and a program of each that tells whether it is there. */
const wanted: Record<string, string> = {
  buildah: "/usr/bin/buildah",
  conntrack: "/usr/sbin/conntrack",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  "debian-archive-keyring": "/usr/share/keyrings/debian-archive-keyring.gpg",
  debootstrap: "/usr/sbin/debootstrap",
  faketime: "/usr/bin/faketime",
  iproute2: "/bin/ip",
  iptables: "/usr/sbin/iptables",
  mount: "/bin/mount",
  openssl: "/usr/bin/openssl",
  procps: "/sbin/sysctl",
  rsync: "/usr/bin/rsync",
  runc: "/usr/sbin/runc",
  socat: "/usr/bin/socat",
  "util-linux": "/usr/bin/nsenter",
};

/**
 * The Debian packages that are needed and not there.
 *
 * @param names those that are needed; all unless given
 * @throws Error for one that is not known
 */
export function missingPackages(
  exists: (file: string) => boolean = existsSync,
  names = Object.keys(wanted),
): string[] {
  return names.filter((name) => {
    const program = wanted[name];
    if (program) return !exists(program);
    throw new Error(`${name} is not among the packages: ${Object.keys(wanted).join(", ")}`);
  });
}

/** Fails where a cluster cannot be started, and says what to do. */
export function requireRoot(): void {
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) return;
  throw new Error(
    "The test cluster needs root and a Debian-like system (apt). Run this as root, or use a " +
      "cluster of your own: make demo KUBECONFIG=… REGISTRY=…",
  );
}

/** Installs Debian packages. */
export async function installPackages(names: string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env });
  await run("apt-get", ["install", "-qy", "--no-install-recommends", ...names], { env });
}
