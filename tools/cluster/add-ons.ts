import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Addresses } from "./addresses.ts";
import { hasCondition } from "./api.ts";
import { buildArchive } from "./images/buildah.ts";
import { run } from "../support/command.ts";
import { importArchive } from "./images/images.ts";
import type { Instance } from "./instance.ts";
import { until } from "./parts.ts";
import { step } from "../support/progress.ts";
import { programsFolder } from "./programs/programs.ts";

/** The programs that run as pods: the sandbox of all pods, the name server, CPU and memory figures. */
const programs = ["pause", "coredns", "metrics-server"];
const deployments = ["coredns", "metrics-server"];

/** Writes the images of the add-ons, each of which is one program and nothing else. */
export async function buildAddOns(): Promise<void> {
  const missing = programs.filter((program) => !existsSync(archive(program)));
  if (missing.length === 0) return;
  await step(`Building the images ${missing.join(", ")}`, async () => {
    for (const program of missing) await buildFromProgram(program);
  });
}

/** Gives the add-ons' images to the node. */
export async function importAddOns(instance: Instance): Promise<void> {
  for (const program of programs) await importArchive(instance, archive(program));
}

/** Creates the add-ons' objects. */
export async function applyAddOns(instance: Instance, { dnsService }: Addresses): Promise<void> {
  const manifests = deployments.map((name) =>
    readFileSync(new URL(`add-ons/${name}.yaml`, import.meta.url), "utf8"),
  );
  const input = manifests.join("---\n").replaceAll("DNS_SERVICE", dnsService);
  const kubectl = join(programsFolder(), "kubectl");
  const args = ["--kubeconfig", instance.kubeconfig, "apply", "--server-side", "--filename", "-"];
  await run(kubectl, args, { input });
}

/** Waits until names are answered and metrics are served. */
export async function addOnsAvailable(instance: Instance): Promise<void> {
  const parts = ["kubelet", "containerd", "kube-apiserver", "kube-proxy"];
  for (const name of deployments) {
    const path = `/apis/apps/v1/namespaces/kube-system/deployments/${name}`;
    await until(instance, { what: `${name} to be available`, parts, seconds: 90 }, () =>
      hasCondition(instance, path, "Available"),
    );
  }
}

function archive(program: string): string {
  return join(programsFolder(), "images", `${program}.tar`);
}

async function buildFromProgram(program: string): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), "intendant-"));
  const dockerfile = join(context, "Dockerfile");
  const lines = ["FROM scratch", `COPY ${program} /${program}`, `ENTRYPOINT ["/${program}"]`];
  try {
    copyFileSync(join(programsFolder(), program), join(context, program));
    writeFileSync(dockerfile, `${lines.join("\n")}\n`);
    const name = `localhost/${program}:1`;
    await buildArchive({ name, dockerfile, context }, archive(program));
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}
