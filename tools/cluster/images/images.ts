import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { baseImagesKey, buildBaseImages, useBaseImages } from "./base-images.ts";
import { buildArchive, pushArchive } from "./buildah.ts";
import { run } from "../../support/command.ts";
import { cache, key } from "../../support/cache.ts";
import { type Instance } from "../instance.ts";
import { locked } from "../../support/lock.ts";
import { programsFolder } from "../programs/programs.ts";
import { step } from "../../support/progress.ts";

/** An image of this project. */
export interface Component {
  name: string;
  dockerfile: string;
  context: string;
  /** Patterns of all files that go into the image. */
  inputs: string[];
  /** Whether it is made only when it is asked for by its name. */
  onDemand?: boolean;
}

const packages = ["package.json", "package-lock.json", ".npmrc", "*/package.json"];
const bundled = [...packages, ".dockerignore", "tools/bundle.ts"];

/** The images of this project. */
export const components: Component[] = [
  {
    name: "server",
    dockerfile: "Dockerfile.server",
    context: ".",
    inputs: ["Dockerfile.server", ...bundled, "server/src/**", "model/*.onnx"],
  },
  {
    name: "operator",
    dockerfile: "Dockerfile.operator",
    context: ".",
    inputs: [
      "Dockerfile.operator",
      ...bundled,
      "operator/src/**",
      "benchmarks/contract.ts",
      "server/src/contract/**",
    ],
  },
  {
    name: "benchmark",
    dockerfile: "benchmarks/Dockerfile",
    context: "benchmarks",
    inputs: ["benchmarks/{Dockerfile,.dockerignore,contract.ts}", "benchmarks/scenarios/**"],
  },
  {
    name: "database",
    dockerfile: "tools/database/Dockerfile",
    context: "tools/database",
    inputs: ["tools/database/{Dockerfile,entrypoint.sh,pg_hba.conf}"],
    onDemand: true,
  },
];

/** What to build, and whom to give it to. */
export interface Order {
  /** The components; those that are not made on demand, unless said. */
  names?: string[];
  /** A registry instead of the cluster. */
  registry?: string | undefined;
}

/** The components of these names; without names, all that are not made on demand. */
export function chosen(names: string[] = []): Component[] {
  if (names.length === 0) return components.filter(({ onDemand }) => !onDemand);
  const known = components.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new Error(`There is no image "${unknown}"; there are ${known.join(", ")}`);
  return components.filter(({ name }) => names.includes(name));
}

/** What pods call an image of a checkout. */
export function imageName({ checkout }: Instance, name: string, registry = "docker.io"): string {
  return `${registry}/intendant/${name}:${chartVersion(checkout)}`;
}

/** Builds the images whose files have changed, and gives them to the cluster or to a registry. */
export async function images(instance: Instance, { names, registry }: Order = {}): Promise<void> {
  const wanted = chosen(names);
  await locked("build", "images", async () => {
    if (!(await useBaseImages())) {
      await step("Building the base images (once, about 2 minutes)", buildBaseImages);
      await useBaseImages();
    }
    for (const component of wanted) await provide(instance, component, registry);
  });
}

/** Gives images to the cluster: files, or names of images in buildah's own storage. */
export async function loadImages(instance: Instance, names: string[]): Promise<void> {
  for (const name of names) {
    await step(`Loading ${name}`, async () => {
      if (statSync(name, { throwIfNoEntry: false })?.isFile()) return importArchive(instance, name);
      const file = join(tmpdir(), `intendant-${process.pid}.tar`);
      try {
        await run("buildah", ["push", "--quiet", name, `docker-archive:${file}:${name}`]);
        await importArchive(instance, file);
      } finally {
        rmSync(file, { force: true });
      }
    });
  }
}

/** Gives the image in a file to a running cluster. */
export async function importArchive({ containerd }: Instance, file: string): Promise<void> {
  if (!existsSync(containerd)) throw new Error("The cluster is not running; run: make cluster-up");
  const ctr = join(programsFolder(), "ctr");
  await run(ctr, ["--address", containerd, "--namespace", "k8s.io", "images", "import", file]);
}

async function provide(instance: Instance, component: Component, registry?: string): Promise<void> {
  const { name } = component;
  const inputs = inputsKey(instance.checkout, component, [
    chartVersion(instance.checkout),
    baseImagesKey(),
  ]);
  const file = join(cache, "images", `${instance.id}-${name}-${inputs}.tar`);
  if (!existsSync(file)) {
    await step(`Building the image ${name}`, () => buildComponent(instance, component, file));
  }
  if (registry) {
    const target = imageName(instance, name, registry);
    await step(`Pushing ${target}`, () => pushArchive(file, target));
  } else if (existsSync(instance.containerd)) {
    await importOnce(instance, name, file);
  } else {
    console.log(`The cluster is not running, so ${name} was not loaded.`);
  }
}

async function buildComponent(
  instance: Instance,
  component: Component,
  file: string,
): Promise<void> {
  const { name, dockerfile, context } = component;
  const version = chartVersion(instance.checkout);
  await buildArchive(
    {
      name: imageName(instance, name),
      dockerfile: join(instance.checkout, dockerfile),
      context: join(instance.checkout, context),
      args: context === "." ? { VERSION: version } : {},
    },
    file,
  );
  const older = globSync(join(cache, "images", `${instance.id}-${name}-*`));
  for (const other of older) if (other !== file) rmSync(other);
}

/** Imports an image, unless the running cluster has it. */
async function importOnce(instance: Instance, name: string, file: string): Promise<void> {
  const note = join(instance.run, "images", name);
  if (existsSync(note) && readFileSync(note, "utf8") === file) return;
  await step(`Loading the image ${name}`, () => importArchive(instance, file));
  mkdirSync(join(instance.run, "images"), { recursive: true });
  writeFileSync(note, file);
}

/** A key to everything that goes into an image. */
export function inputsKey(checkout: string, { inputs }: Component, others: string[]): string {
  const paths = globSync(inputs, { cwd: checkout, exclude: ["**/node_modules/**"] });
  const files = paths.filter((path) => statSync(join(checkout, path)).isFile()).sort();
  const contents = files.map((path) => readFileSync(join(checkout, path), "base64"));
  return key([...others, ...files, ...contents]);
}

/** The images' tag: the version of the application that the chart installs. */
function chartVersion(checkout: string): string {
  return parse(readFileSync(join(checkout, "charts/intendant/Chart.yaml"), "utf8")).appVersion;
}
