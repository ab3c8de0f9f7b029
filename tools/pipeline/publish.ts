import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/command.ts";
import { archive } from "./archive.ts";
import { archivePath, published } from "./build.ts";
import type { Config, Registry } from "./config.ts";

/** Where the digests of what was published are kept for the jobs that follow. */
export const digestsFile = "dist/digests.json";

/** Digest of each component's published image, for all architectures together. */
export type Digests = Record<string, string>;

/** Publishes all images, each as one for all its architectures, and keeps their digests. */
export async function publishImages(config: Config): Promise<Digests> {
  await login(config.registry);
  const digests: Digests = {};
  for (const { name } of published) digests[name] = await publishImage(name, config);
  mkdirSync("dist", { recursive: true });
  writeFileSync(digestsFile, `${JSON.stringify(digests, null, 2)}\n`);
  return digests;
}

async function publishImage(name: string, config: Config): Promise<string> {
  const repository = `${config.registry.image}/${name}`;
  const parts: string[] = [];
  for (const architecture of config.architectures) {
    const target = `${repository}:${config.version}-${architecture}`;
    const digest = await publishArchive(archivePath(name, architecture), target, config.registry);
    parts.push(`docker://${repository}@${digest}`);
  }
  const list = `localhost/${name}:${config.version}`;
  await run("buildah", ["manifest", "rm", list]).catch(() => undefined);
  await run("buildah", ["manifest", "create", list]);
  for (const part of parts) {
    await run("buildah", ["manifest", "add", ...security(config.registry), list, part]);
  }
  return pushed(config.registry, (options) => [
    "manifest",
    "push",
    "--all",
    ...options,
    list,
    `docker://${repository}:${config.version}`,
  ]);
}

/** Publishes the image in a file; in the registry it is the very one that was built. */
async function publishArchive(file: string, target: string, registry: Registry): Promise<string> {
  const built = await archive(file);
  const image = (await run("buildah", ["pull", "--quiet", `oci-archive:${file}`])).trim();
  const digest = await pushed(registry, (options) => [
    "push",
    "--quiet",
    ...options,
    image,
    `docker://${target}`,
  ]);
  await run("buildah", ["rmi", "--force", image]);
  if (digest === built.digest) return digest;
  throw new Error(`${file} has the digest ${built.digest}, but became ${digest} in the registry`);
}

/** Pushes something, and gives the digest that it has in the registry. */
async function pushed(
  registry: Registry,
  command: (options: string[]) => string[],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-push-"));
  try {
    const file = join(folder, "digest");
    await run("buildah", command([`--digestfile=${file}`, ...security(registry)]));
    return readFileSync(file, "utf8").trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function login(registry: Registry): Promise<void> {
  const { host, user, password } = registry;
  if (!host) throw new Error("CI_REGISTRY is not set: there is no registry to publish to");
  if (!user) return;
  const args = ["login", ...security(registry), "--username", user, "--password-stdin", host];
  await run("buildah", args, { input: password });
}

/** Whether a registry is on this machine, where it needs no certificate. */
export function isLocal({ host }: Registry): boolean {
  return /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host);
}

function security(registry: Registry): string[] {
  return isLocal(registry) ? ["--tls-verify=false"] : [];
}
