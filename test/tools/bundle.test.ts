import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as assert from "uvu/assert";
import type { Environment } from "../../server/src/process/environment.ts";
import { ask } from "../support/ask.ts";
import { serverProcess, type ServerProcess } from "../../tools/support/server-process.ts";
import { suite } from "../support/suite.ts";

const test = suite("tools/bundle", 30_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-bundle-"));
const out = join(folder, "out");
const listing = join(folder, "loaded");
const listLoaded = join(folder, "list-loaded.mjs");

test.before(() => {
  execFileSync(process.execPath, ["tools/bundle.ts", "server", out], { stdio: "inherit" });
  writeFileSync(
    listLoaded,
    `import { appendFileSync } from "node:fs";
     import { registerHooks } from "node:module";
     registerHooks({
       load(url, context, next) {
         appendFileSync(${JSON.stringify(listing)}, url + "\\n");
         return next(url, context);
       },
     });`,
  );
});

test.after(() => rmSync(folder, { recursive: true }));

test("answers, and loads nothing that is off", async () => {
  await withBundle({}, async ({ url, ops }) => {
    assert.is((await ask(`${url}/api/intent?sentence=bonjour`)).status, 200);
    assert.is((await ask(`${url}/openapi.json`)).status, 200);
    assert.is((await ask(`${ops}/metrics`)).status, 200);
    assert.equal(loaded(), imports("main.js"));
  });
});

test("loads the model's thread and the page about the API when they are asked for", async () => {
  await withBundle({ EXECUTION: "thread" }, async ({ url }) => {
    assert.is((await ask(`${url}/api/intent?sentence=bonjour`)).status, 200);
    assert.ok(loaded().has("worker.js"));
    const before = loaded().size;
    const page = await ask(`${url}/api/docs`);
    assert.is(page.status, 200);
    assert.match(page.body as string, "swagger-ui-bundle.js");
    assert.is((await ask(`${url}/api/docs/swagger-ui-bundle.js`)).status, 200);
    assert.ok(loaded().size > before);
  });
});

test("names the packages that are in it, for an inventory", () => {
  const named = globSync("packages/*/package.json", { cwd: out }).map(
    (file) => JSON.parse(readFileSync(join(out, file), "utf8")) as Record<string, string>,
  );
  const versions = Object.fromEntries(named.map(({ name, version }) => [name, version]));
  const { dependencies } = JSON.parse(readFileSync("server/package.json", "utf8"));
  for (const name of ["koa", "pino", "@koa/router"]) {
    assert.is(versions[name], dependencies[name], name);
  }
  assert.not.ok("esbuild" in versions);
  assert.ok(named.every(({ license }) => license));
});

for (const [architecture, machine] of [
  ["amd64", 0x3e],
  ["arm64", 0xb7],
] as const) {
  test(`brings the ONNX runtime's library for ${architecture}, and no other`, () => {
    const folder = join(out, architecture);
    execFileSync(process.execPath, ["tools/bundle.ts", "server", folder, architecture]);
    const [library = "", ...others] = globSync("node_modules/**/libonnxruntime.so*", {
      cwd: folder,
    });
    assert.equal(others, []);
    // The header of an ELF file says for which machine it is.
    assert.is(readFileSync(join(folder, library)).readUInt16LE(18), machine);
  });
}

test("says which architectures there are", () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["tools/bundle.ts", "server", join(out, "mips"), "mips"],
    { encoding: "utf8" },
  );
  assert.is(status, 2);
  assert.match(stderr, /\[amd64\|arm64\]/);
});

/** Lets a test use a server that runs from the bundle, with the French model. */
async function withBundle(
  environment: Environment,
  use: (server: ServerProcess) => Promise<void>,
): Promise<void> {
  writeFileSync(listing, "");
  const server = await serverProcess(
    {
      MODEL_PATH: "model/intent-fr.onnx",
      DRAIN_SECONDS: "0",
      NODE_OPTIONS: `--import=${listLoaded}`,
      ...environment,
    },
    undefined,
    join(out, "main.js"),
  );
  try {
    await server.logged("Serving the model");
    await use(server);
  } finally {
    server.kill("SIGKILL");
    await server.ended;
  }
}

const files = () => globSync("*.js", { cwd: out });

/** Files of the bundle that the server has loaded so far. */
function loaded(): Set<string> {
  const urls = readFileSync(listing, "utf8").split("\n");
  const names = files().filter((file) => urls.some((url) => url.endsWith(`/out/${file}`)));
  return new Set(names.toSorted());
}

/** A file of the bundle and what it always imports, directly or not. */
function imports(file: string): Set<string> {
  const found = new Set([file]);
  for (const name of found) {
    const code = readFileSync(join(out, name), "utf8");
    for (const [, path = ""] of code.matchAll(/(?:from|import) ?"(\.\/[^"]+\.js)"/g)) {
      found.add(basename(path));
    }
  }
  return new Set([...found].toSorted());
}

test.run();
