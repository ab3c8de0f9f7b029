import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runApart } from "../../support/command.ts";
import { cache, key } from "../../support/cache.ts";
import { checkout } from "../../support/checkout.ts";

const source = join(checkout, "tools/cluster/programs");
const inputs = [
  "go.mod",
  "go.sum",
  "containerd/go.mod",
  "containerd/go.sum",
  "coredns/main.go",
  "pause/main.go",
];

/** Go modules, and the packages of each that become a program; `tool` is what go.mod lists. */
const modules = [
  { folder: source, packages: ["tool", "./coredns", "./pause"] },
  { folder: join(source, "containerd"), packages: ["tool"] },
];

const buildFlags = ["-trimpath", "-tags=no_btrfs"];

/** The folder of the programs that this checkout's cluster consists of, whether or not it exists. */
export function programsFolder(): string {
  const texts = inputs.map((file) => readFileSync(join(source, file), "utf8"));
  return join(cache, `programs-${key([goVersion(), ...buildFlags, linkFlags(), ...texts])}`);
}

/** Whether the programs have been built. */
export function areBuilt(): boolean {
  return existsSync(programsFolder());
}

/** Builds the programs; the folder appears when all of them are there. */
export async function buildPrograms(): Promise<void> {
  const folder = programsFolder();
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (const { folder: cwd, packages } of modules) {
    const args = ["build", ...buildFlags, "-ldflags", linkFlags(), "-o", `${unfinished}/`];
    await runApart("go", [...args, ...packages], { cwd, env: { CGO_ENABLED: "0" } });
  }
  renameSync(join(unfinished, "server"), join(unfinished, "etcd"));
  renameSync(unfinished, folder);
}

/** The version of Kubernetes that go.mod names, for example v1.36.3. */
export function kubernetesVersion(goMod = readFileSync(join(source, "go.mod"), "utf8")): string {
  const version = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error("go.mod does not name a version of k8s.io/kubernetes");
  return version;
}

/** Kubernetes learns its own version from the linker. */
function linkFlags(): string {
  const version = kubernetesVersion();
  const [major, minor] = version.slice(1).split(".");
  const values = {
    "k8s.io/component-base/version.gitVersion": version,
    "k8s.io/component-base/version.gitMajor": major,
    "k8s.io/component-base/version.gitMinor": minor,
    "k8s.io/client-go/pkg/version.gitVersion": version,
  };
  const settings = Object.entries(values).map(([name, value]) => `-X ${name}=${value}`);
  return ["-s", "-w", ...settings].join(" ");
}

let version: string | undefined;

function goVersion(): string {
  try {
    version ??= execFileSync("go", ["env", "GOVERSION"], { cwd: source, encoding: "utf8" }).trim();
    return version;
  } catch (error) {
    const least = /^go (\S+)/m.exec(readFileSync(join(source, "go.mod"), "utf8"))?.[1];
    throw new Error(`Go ${least} or newer is needed to build Kubernetes: https://go.dev/dl`, {
      cause: error,
    });
  }
}
