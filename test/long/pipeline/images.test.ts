import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as assert from "uvu/assert";
import { archivePath, published } from "../../../tools/pipeline/build.ts";
import { hostArchitecture } from "../../../tools/pipeline/config.ts";
import { run } from "../../../tools/support/command.ts";
import { checkout } from "../../../tools/support/checkout.ts";
import { suite } from "../../support/suite.ts";
import { clone, type Clone } from "./clone.ts";
import { createStorage, type Storage } from "./storage.ts";

const test = suite("The images", 600_000);
const commit = { CI_COMMIT_SHA: "0".repeat(40), CI_COMMIT_TIMESTAMP: "2026-10-01T12:00:00Z" };
const clones: Clone[] = [];
let storage: Storage;

test.before(async () => {
  storage = await createStorage();
});

test.after(async () => {
  for (const { remove } of clones) remove();
  await storage?.remove();
});

for (const { name } of published) {
  test(`${name} has the same bytes wherever it is built`, async () => {
    const [one, other] = [await sources(), await sources()];
    const digest = digestIn(await image(one, name, commit));
    assert.is(digestIn(await image(other, name, commit)), digest);
  });
}

test("the server's is built for another architecture without running anything of it", async () => {
  const folder = await sources();
  const architecture = hostArchitecture === "arm64" ? "amd64" : "arm64";
  await emptyImage(folder, architecture);
  const env = { ...commit, ARCHITECTURES: architecture, RUNTIME_IMAGE: "localhost/runtime" };
  await image(folder, "server", env);
  const file = join(folder, archivePath("server", architecture));
  const { settings, paths } = await contents(file);
  assert.is(settings.architecture, architecture);
  const libraries = paths.filter((path) => path.includes("/libonnxruntime.so"));
  assert.is(libraries.length, 1);
  assert.match(libraries[0]!, `/linux/${architecture === "amd64" ? "x64" : architecture}/`);
});

test("the Dockerfiles need nothing but a checkout", async () => {
  const made = await clone();
  clones.push(made);
  const args = [
    "bud",
    "--quiet",
    "--pull=false",
    ...npmSettings(),
    "--file=Dockerfile.operator",
    ".",
  ];
  await run("buildah", args, { cwd: made.folder, env: storage.env });
});

test.run();

/** A clone of this checkout with its packages, as the jobs after the first one find it. */
async function sources(): Promise<string> {
  const made = await clone();
  clones.push(made);
  const packages = join(checkout, "node_modules");
  await run("cp", ["--recursive", "--link", packages, made.folder]);
  return made.folder;
}

/** What npm needs on this machine, for example the authority of a proxy, is needed in a build too. */
function npmSettings(): string[] {
  const files = ["/usr/local/etc/npmrc", "/etc/ssl/certs/ca-certificates.crt"];
  return files.filter(existsSync).map((file) => `--volume=${file}:${file}:ro`);
}

/** Builds an image and gives what is said about it. */
function image(cwd: string, name: string, env: Record<string, string>): Promise<string> {
  const program = ["tools/pipeline/main.ts", "image", name];
  return run(process.execPath, program, { cwd, env: { ...storage.env, ...env } });
}

function digestIn(said: string): string {
  const digest = /sha256:[0-9a-f]{64}/.exec(said)?.[0];
  assert.ok(digest, said);
  return digest;
}

/** Something to build on for an architecture that this machine does not have. */
async function emptyImage(folder: string, architecture: string): Promise<void> {
  const dockerfile = join(folder, "dist", "Dockerfile");
  mkdirSync(dirname(dockerfile), { recursive: true });
  writeFileSync(dockerfile, "FROM scratch\nCMD []\n");
  const platform = `--platform=linux/${architecture}`;
  const args = ["bud", platform, "--tag=localhost/runtime", dirname(dockerfile)];
  await run("buildah", args, { env: storage.env });
}

interface Descriptor {
  digest: string;
}

/** Settings of an image in a file, and the paths in its layers. */
async function contents(file: string) {
  const member = (path: string) => run("tar", ["-xOf", file, path]);
  const blob = ({ digest }: Descriptor) => `blobs/${digest.replace(":", "/")}`;
  const index = JSON.parse(await member("index.json")) as { manifests: Descriptor[] };
  const manifest = JSON.parse(await member(blob(index.manifests[0]!))) as {
    config: Descriptor;
    layers: Descriptor[];
  };
  const settings = JSON.parse(await member(blob(manifest.config))) as { architecture: string };
  const lists = await Promise.all(
    manifest.layers.map((layer) =>
      run("sh", ["-c", 'tar -xOf "$0" "$1" | tar -tzf -', file, blob(layer)]),
    ),
  );
  return { settings, paths: lists.join("\n").split("\n") };
}
