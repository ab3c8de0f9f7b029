import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as assert from "uvu/assert";
import type { Environment } from "../../server/src/config.ts";
import { ask } from "../support/ask.ts";
import { serverProcess, type ServerProcess } from "../support/server-process.ts";
import { suite } from "../support/suite.ts";

const test = suite("scripts/bundle", 30_000);
const folder = mkdtempSync(join(tmpdir(), "intendant-bundle-"));
const out = join(folder, "out");
const listing = join(folder, "loaded");
const listLoaded = join(folder, "list-loaded.mjs");

test.before(() => {
  execFileSync(process.execPath, ["scripts/bundle.ts", "server", out], { stdio: "inherit" });
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
