import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { buildah, buildBase } from "./buildah.ts";
import { run, runApart } from "../../support/command.ts";
import { cache, key } from "../../support/cache.ts";
import { checkout } from "../../support/checkout.ts";
import { programsFolder } from "../programs/programs.ts";

/**
 * Stand-ins for the images that the Dockerfiles build on, under their very names: the test cluster
 * gets nothing from an image registry. They are made of the same Debian packages and programs.
 */
export const baseImages = {
  debian: "docker.io/library/debian:bookworm-slim",
  node: "docker.io/library/node:24-bookworm-slim",
  distroless: "gcr.io/distroless/nodejs24-debian12:nonroot",
  k6: "docker.io/grafana/k6:1.8.1",
};

/** What the distroless image consists of, apart from Node. */
const distrolessPackages = [
  "base-files",
  "gcc-12-base",
  "libc6",
  "libgcc-s1",
  "libgomp1",
  "libssl3",
  "libstdc++6",
  "media-types",
  "netbase",
  "tzdata",
];

/** Gives the stand-ins the names that the Dockerfiles use; whether all of them are there is the result. */
export async function useBaseImages(): Promise<boolean> {
  const tags = Object.values(baseImages).map((name) =>
    buildah("tag", standIn(name), name).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(tags)).every(Boolean);
}

/** Builds the stand-ins. */
export async function buildBaseImages(): Promise<void> {
  const work = join(cache, "base-images.unfinished");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  try {
    const root = join(work, "debian");
    await bootstrap(root);
    await buildDebian(work, root);
    await buildNode(work);
    await buildDistroless(work, root);
    await buildK6(work, root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A stand-in's name in the cache; checkouts that make it differently do not meet. */
function standIn(name: string): string {
  return `localhost/${name.split(":")[0]}:${baseImagesKey()}`;
}

/** Changes whenever the stand-ins have to be rebuilt. */
export function baseImagesKey(): string {
  const recipe = readFileSync(new URL(import.meta.url), "utf8");
  const node = readFileSync(join(checkout, "node_modules/node/package.json"), "utf8");
  return key([recipe, node, programsFolder()]);
}

function nodeBinary(): string {
  const file = join(checkout, "node_modules/node/bin/node");
  if (!existsSync(file)) throw new Error("node_modules/node is not there; run: npm ci");
  return file;
}

/** Debian 12 as small as it gets, with the packages it was made of still in its cache. */
async function bootstrap(root: string): Promise<void> {
  const include = [
    "busybox-static",
    "ca-certificates",
    "libgomp1",
    "media-types",
    "netbase",
    "tzdata",
  ].join(",");
  const options = ["--variant=minbase", `--include=${include}`];
  await runApart("debootstrap", [...options, "bookworm", root, await debianMirror()]);
}

/** Where this machine gets its Debian packages from. */
async function debianMirror(): Promise<string> {
  const format = "$(REPO_URI) $(SUITE)";
  const targets = await run("apt-get", ["indextargets", "--format", format, "Component: main"]);
  const lines = targets.split("\n").map((line) => line.split(" "));
  // Not `…-security` or `…-updates`: those hold no complete Debian.
  const uri = lines.find(([, suite]) => suite && !suite.includes("-"))?.[0];
  if (!uri) throw new Error("apt has no source of Debian packages; see /etc/apt/sources.list");
  return uri;
}

async function buildDebian(work: string, debian: string): Promise<void> {
  const root = join(work, "slim");
  const ignored = /^(dev|proc|sys|var\/cache\/apt|var\/lib\/apt\/lists|usr\/share\/(doc|man))\/./;
  cpSync(debian, root, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !ignored.test(path.slice(debian.length + 1)),
  });
  await fromFolder(root, baseImages.debian, ['CMD ["bash"]']);
}

async function buildNode(work: string): Promise<void> {
  const root = join(work, "node");
  const modules = join(root, "usr/local/lib/node_modules");
  mkdirSync(modules, { recursive: true });
  mkdirSync(join(root, "usr/local/bin"));
  copyFileSync(nodeBinary(), join(root, "usr/local/bin/node"));
  await unpackNpm(work, modules);
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm"));
  await fromFolder(root, baseImages.node, ['CMD ["node"]'], standIn(baseImages.debian));
}

/** Node brings npm along, but the package that the binary is from does not. */
async function unpackNpm(work: string, modules: string): Promise<void> {
  const packed = await run("npm", ["pack", "--silent", "npm@11"], { cwd: work });
  await run("tar", ["--extract", "--file", join(work, packed.trim()), "--directory", modules]);
  renameSync(join(modules, "package"), join(modules, "npm"));
}

async function buildDistroless(work: string, debian: string): Promise<void> {
  const root = join(work, "distroless");
  for (const folder of ["tmp", "home/nonroot", "nodejs/bin"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const name of distrolessPackages) await unpackDebian(debian, name, root);
  copyCertificates(debian, root);
  addUser(root, "nonroot", 65532);
  copyFileSync(nodeBinary(), join(root, "nodejs/bin/node"));
  await fromFolder(root, baseImages.distroless, [
    "USER 65532",
    "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
    "WORKDIR /home/nonroot",
    'ENTRYPOINT ["/nodejs/bin/node"]',
  ]);
}

async function unpackDebian(debian: string, name: string, root: string): Promise<void> {
  const [file] = globSync(join(debian, `var/cache/apt/archives/${name}_*.deb`));
  if (file === undefined) throw new Error(`debootstrap has not fetched ${name}`);
  await run("dpkg-deb", ["--extract", file, root]);
}

async function buildK6(work: string, debian: string): Promise<void> {
  const root = join(work, "k6");
  for (const folder of ["tmp", "home/k6", "usr/bin"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  // The real one is an Alpine, where these are busybox as well.
  await unpackDebian(debian, "busybox-static", root);
  for (const name of ["sh", "cat", "rm"]) symlinkSync("busybox", join(root, "bin", name));
  copyFileSync(join(programsFolder(), "k6"), join(root, "usr/bin/k6"));
  copyCertificates(debian, root);
  addUser(root, "k6", 12345);
  await fromFolder(root, baseImages.k6, ["USER 12345", "WORKDIR /home/k6", 'ENTRYPOINT ["k6"]']);
}

function copyCertificates(debian: string, root: string): void {
  const file = "etc/ssl/certs/ca-certificates.crt";
  mkdirSync(dirname(join(root, file)), { recursive: true });
  copyFileSync(join(debian, file), join(root, file));
}

function addUser(root: string, name: string, id: number): void {
  mkdirSync(join(root, "etc"), { recursive: true });
  const users = ["root:x:0:0:root:/root:/sbin/nologin", `${name}:x:${id}:${id}::/home/${name}:`];
  writeFileSync(join(root, "etc/passwd"), `${users.join("\n")}\n`);
  writeFileSync(join(root, "etc/group"), `root:x:0:\n${name}:x:${id}:\n`);
}

/** Makes an image of a folder, on another one or on nothing. */
async function fromFolder(
  root: string,
  name: string,
  settings: string[],
  base = "scratch",
): Promise<void> {
  const dockerfile = `${root}.Dockerfile`;
  const lines = [
    `FROM ${base}`,
    "COPY . /",
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...settings,
  ];
  writeFileSync(dockerfile, `${lines.join("\n")}\n`);
  await buildBase({ name: standIn(name), dockerfile, context: root });
}
