/**
 * A real Kubernetes of one node on this machine, for tests and the demo.
 *
 *   node tools/cluster/main.ts COMMAND
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { build, down, startPart, status, stopPart, up } from "./cluster.ts";
import { here } from "./instance.ts";
import { images, loadImages } from "./images/images.ts";
import { installPackages, missingPackages } from "./programs/packages.ts";
import { showLogs } from "./parts.ts";

const usage = `Usage: node tools/cluster/main.ts COMMAND
  build               makes what is made once: Debian packages, Kubernetes, helm, k6
  packages NAME...    installs those of its Debian packages that are not there
  up                  starts the cluster, unless it runs
  images [NAME...]    builds the project's images, or those of these names, and loads them;
                      with --registry HOST/PATH it pushes them there instead
  load-image NAME...  loads images: archives, or names in buildah's storage
  down                removes every trace of it; what was built stays cached
  stop PART           kills a part, such as etcd or kube-apiserver
  start PART          starts a part that was stopped
  restart PART        does both
  status              says which parts run
  kubeconfig          prints where the kubeconfig is
  logs [PART]         prints the logs of all parts, or of one
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { registry: { type: "string" } },
});
const [command = "", ...rest] = positionals;

const commands: Record<string, () => Promise<void> | void> = {
  build,
  packages: async () => {
    const missing = missingPackages(existsSync, rest);
    if (missing.length > 0) await installPackages(missing);
  },
  up: () => up(here),
  images: async () => {
    await build();
    await images(here, { names: rest, registry: values.registry });
  },
  "load-image": () => loadImages(here, rest),
  down: () => down(here),
  stop: () => stopPart(here, rest[0] ?? ""),
  start: () => startPart(here, rest[0] ?? ""),
  restart: async () => {
    await stopPart(here, rest[0] ?? "");
    startPart(here, rest[0] ?? "");
  },
  status: async () => {
    if (!(await status(here))) process.exitCode = 1;
  },
  kubeconfig: () => console.log(here.kubeconfig),
  logs: () => showLogs(here, rest[0]),
};

try {
  const work = commands[command];
  if (work === undefined) throw new Error(usage);
  await work();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
