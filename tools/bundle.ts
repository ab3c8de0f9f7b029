/**
 * Bundles a component into a folder that needs nothing but Node:
 *
 *   node tools/bundle.ts server OUTDIR [ARCHITECTURE]
 *   node tools/bundle.ts operator OUTDIR
 *
 * The architecture is this machine's unless given: amd64 or arm64, as images call them.
 *
 * The main file is OUTDIR/main.js. What cannot be part of it (the ONNX runtime's library, files
 * that are read when asked for) lies beside it.
 */
import {
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";

const { resolve } = createRequire(import.meta.url);

/** What Node calls an architecture, by what images call it. */
const nodeArchitectures: Record<string, string> = {
  "": process.arch,
  amd64: "x64",
  arm64: "arm64",
};

const requireForModules = `import { createRequire as requireForBundle } from "node:module";
const require = requireForBundle(import.meta.url);`;

/**
 * Turns `import … from "node:http"` into a `require`. An import reads everything that the module
 * exports, among it WebSocket, and for that Node loads its whole fetch: 13 MiB and 40 ms.
 */
const httpByRequire: Plugin = {
  name: "http-by-require",
  setup(bundler) {
    const namespace = "required";
    bundler.onResolve({ filter: /^(node:)?http$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = require("${path}");`,
    }));
  },
};

/** What a component consists of. */
interface Component {
  /** Sources by the name of the file that each becomes, without its ending. */
  entries: Record<string, string>;
  /** Copies what cannot be bundled. */
  copyBeside: (out: string, arch: string) => void;
}

const components: Record<string, Component> = {
  operator: { entries: { main: "operator/src/main.ts" }, copyBeside: () => undefined },
  server: {
    entries: {
      main: "server/src/serve/main.ts",
      worker: "server/src/model/worker.ts",
      capture: "server/src/capture/worker.ts",
      fetch: "server/src/fetch/main.ts",
      enrich: "server/src/enrich/main.ts",
      export: "server/src/export/main.ts",
    },
    copyBeside: (out, arch) => {
      copyRuntime(join(out, "node_modules"), arch);
      copySwagger(out);
      for (const file of globSync("server/src/serve/grpc/*.proto")) {
        copyFileSync(file, join(out, basename(file)));
      }
    },
  },
};

await main(process.argv.slice(2));

async function main([component = "", out = "", architecture = ""]: string[]): Promise<void> {
  const { entries, copyBeside } = components[component] ?? {};
  const arch = nodeArchitectures[architecture];
  if (!entries || !copyBeside || !out || !arch) {
    const names = Object.keys(components).join("|");
    console.error(`Usage: node tools/bundle.ts ${names} OUTDIR [amd64|arm64]`);
    process.exit(2);
  }
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const sources = await bundle(entries, out);
  copyBeside(out, arch);
  namePackages(sources, join(out, "packages"));
  // Node takes main.js for an ES module only if told so.
  writeFileSync(join(out, "package.json"), `${JSON.stringify({ type: "module" })}\n`);
}

/** Bundles sources, and gives the files of which something is in the bundle. */
async function bundle(entries: Record<string, string>, out: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: entries,
    outdir: out,
    bundle: true,
    // What is imported when it is asked for becomes a file of its own.
    splitting: true,
    chunkNames: "[name]-[hash]",
    platform: "node",
    target: "node24",
    format: "esm",
    // Half the memory of the operator is its code, so less code is less memory. Errors are told
    // apart, and logged, by their class's name, so names stay; keepNames would do that at a price
    // for every function that is made while serving.
    minifySyntax: true,
    minifyWhitespace: true,
    // Node prints the line in which an error was thrown.
    lineLimit: 160,
    legalComments: "external",
    logLevel: "warning",
    metafile: true,
    external: ["onnxruntime-node", "onnxruntime-common"],
    // Its ES modules make a require of their own, which finds nothing beside the bundle.
    alias: {
      "@opentelemetry/otlp-grpc-exporter-base": resolve("@opentelemetry/otlp-grpc-exporter-base"),
    },
    // CommonJS packages in an ES module: they call require() and read __dirname.
    define: { __dirname: "import.meta.dirname" },
    banner: { js: requireForModules },
    plugins: [httpByRequire],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([source]) => source);
}

/**
 * Writes the name, version and licence of each package that is in the bundle to the place where a
 * scanner of the image looks for them.
 */
function namePackages(sources: string[], to: string): void {
  const folders = sources.flatMap(
    (source) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(source)?.[0] ?? [],
  );
  for (const folder of new Set(folders)) {
    const { name, version, license } = manifest(folder);
    const named = join(to, `${name.replace("/", "+")}@${version}`);
    mkdirSync(named, { recursive: true });
    writeFileSync(join(named, "package.json"), `${JSON.stringify({ name, version, license })}\n`);
  }
}

/** What a package says of itself. */
function manifest(folder: string): { name: string; version: string; license?: string } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** The ONNX runtime: the JavaScript and the library of one platform, 46 of 290 MB. */
function copyRuntime(modules: string, arch: string): void {
  // dist/index.js lies two folders below the package's own folder.
  const from = dirname(dirname(resolve("onnxruntime-node")));
  const to = join(modules, "onnxruntime-node");
  const library = join("bin", "napi-v6", process.platform, arch);
  copyScripts(join(from, "dist"), join(to, "dist"));
  cpSync(join(from, library), join(to, library), { recursive: true });
  copyFileSync(join(from, "package.json"), join(to, "package.json"));

  const common = dirname(dirname(dirname(resolve("onnxruntime-common"))));
  const toCommon = join(modules, "onnxruntime-common");
  for (const kind of ["cjs", "esm"]) {
    copyScripts(join(common, "dist", kind), join(toCommon, "dist", kind));
  }
  copyFileSync(join(common, "package.json"), join(toCommon, "package.json"));
}

/** A package's JavaScript and what says how to read it; no maps, no types. */
function copyScripts(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from)) {
    if (/\.js$|^package\.json$/.test(file)) copyFileSync(join(from, file), join(to, file));
  }
}

/** What the page with the API's documentation consists of. */
function copySwagger(out: string): void {
  const folder = dirname(resolve("swagger-ui-dist/package.json"));
  const scripts = ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"];
  // A scanner of the image reads the last one.
  const files = [...scripts, "package.json"];
  mkdirSync(join(out, "swagger-ui"));
  for (const file of files) copyFileSync(join(folder, file), join(out, "swagger-ui", file));
  const template = join(dirname(resolve("koa2-swagger-ui")), "index.hbs");
  copyFileSync(template, join(out, basename(template)));
}
