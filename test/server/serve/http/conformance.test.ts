import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { run, type Result } from "../../../../tools/conformance/run.ts";
import {
  createTarget,
  send,
  type Answer,
  type Target,
} from "../../../../tools/conformance/target.ts";
import { withServer } from "../../../../tools/support/model-server.ts";
import {
  identity,
  linear,
  lookup,
  sumAndDifference,
  zipMap,
} from "../../../../tools/support/models.ts";
import { elementTypes, type ElementType } from "../../../../tools/support/onnx.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("conformance", 60_000);

const types = (Object.keys(elementTypes) as ElementType[]).filter((type) => type !== "complex64");
const models: [what: string, file: Buffer][] = [
  ["the French classifier", readFileSync("model/intent-fr.onnx")],
  ["two inputs and two outputs", sumAndDifference()],
  ["a fixed number of rows", linear(1)],
  ["a table that refuses most inputs", lookup()],
  ["an output that is no tensor", zipMap()],
  ...types.map((type): [string, Buffer] => [`tensors of ${type}`, identity(type, ["N", 2])]),
];

const results = async (target: Target): Promise<Result[]> => Array.fromAsync(run(target));

const failures = (all: Result[]) =>
  all.filter(({ outcome }) => outcome === "FAIL").map(({ title, reason }) => `${title}: ${reason}`);

for (const [what, file] of models) {
  test(`a model with ${what} is served as the protocol says`, async () => {
    await withServer(file, async ({ url }) => {
      const all = await results(await createTarget(url, "test"));
      assert.equal(failures(all), []);
    });
  });
}

test("the cases that a model cannot show are few, and other models show them", async () => {
  const shown = new Set<string>();
  const skipped = new Set<string>();
  for (const file of [sumAndDifference(), identity("int64")]) {
    await withServer(file, async ({ url }) => {
      for (const { title, outcome } of await results(await createTarget(url, "test"))) {
        (outcome === "skip" ? skipped : shown).add(title);
      }
    });
  }
  assert.equal(
    [...skipped].filter((title) => !shown.has(title)),
    [],
  );
});

/** Changes what a server answers; `path` is what was asked for. */
type Change = (answer: Answer, path: string) => Partial<Answer>;

/** Tries the cases on a server that changes the answers of ours, whose metadata are known. */
async function resultsWith(file: Buffer, change: Change): Promise<Result[]> {
  let all: Result[] = [];
  await withServer(file, async ({ url }) => {
    const target = await createTarget(url, "test");
    const between = createServer((request, response) => {
      const forward = async () => {
        const { method = "GET", url: path = "/" } = request;
        const headers = { ...request.headers } as Record<string, string>;
        const isAnnounced = Number(headers["content-length"]) > 2 ** 30;
        const body = isAnnounced || method === "GET" ? undefined : await buffer(request);
        const answer = await send(url + path, { method, headers, body });
        const changed = { ...answer, ...change(answer, path) };
        response.writeHead(changed.status, without("content-length", changed.headers));
        response.end(changed.body);
      };
      void forward();
    });
    await new Promise<void>((resolve) => between.listen(0, resolve));
    const { port } = between.address() as AddressInfo;
    all = await results({ ...target, url: `http://localhost:${port}` });
    between.closeAllConnections();
    between.close();
  });
  return all;
}

const twoByTwo = sumAndDifference();

const titlesOf = (outcome: Result["outcome"], all: Result[]) =>
  all.filter((result) => result.outcome === outcome).map(({ title }) => title);

const failedTitles = async (file: Buffer, change: Change) =>
  titlesOf("FAIL", await resultsWith(file, change));

/** A header less. */
const without = (name: string, { [name]: _dropped, ...headers }: IncomingHttpHeaders) => headers;

test("a server that is unchanged on the way passes all the same", async () => {
  assert.equal(await failedTitles(sumAndDifference(), () => ({})), []);
});

test("a server that says yes to everything has nothing but its word", async () => {
  const yes = await resultsWith(twoByTwo, () => ({ status: 200, body: Buffer.from("{}") }));
  assert.equal(titlesOf("ok", yes), [
    "GET /v2/health/live answers 200",
    "GET /v2/health/ready answers 200",
    "GET /v2/models/{model}/ready answers 200",
    "GET /v2/models/{model}/versions/{version}/ready answers 200",
    "the content type is application/json, which KServe's client compares",
  ]);
});

test("no case holds on a server that fails at everything", async () => {
  for (const file of [twoByTwo, identity("int64")]) {
    const no = await resultsWith(file, () => ({ status: 500, body: Buffer.from("Oops") }));
    assert.equal(titlesOf("ok", no), []);
  }
});

/** Changes the JSON of successful inferences. */
const inJson =
  (change: (json: Record<string, unknown>) => unknown): Change =>
  ({ status, headers, body }, path) => {
    const isJson = status === 200 && headers["content-type"] === "application/json";
    if (!isJson || !path.endsWith("/infer")) return {};
    const json = JSON.parse(body.toString()) as Record<string, unknown>;
    return { body: Buffer.from(JSON.stringify(change(json))) };
  };

const trouble: [what: string, file: Buffer, change: Change, titles: string[]][] = [
  [
    "adds a charset",
    twoByTwo,
    ({ headers }) =>
      headers["content-type"] === "application/json"
        ? { headers: { ...headers, "content-type": "application/json; charset=utf-8" } }
        : {},
    [
      "the content type is application/json, which KServe's client compares",
      "errors come as application/json, which KServe's client compares",
    ],
  ],
  [
    "forgets the id",
    twoByTwo,
    inJson((json) => ({ ...json, id: undefined })),
    ["the id comes back"],
  ],
  [
    "rounds integers of 64 bits",
    identity("int64"),
    inJson((json) => json),
    ["64 bit integers keep all their digits"],
  ],
  [
    "has no Allow with 405",
    twoByTwo,
    ({ headers }) => ({ headers: without("allow", headers) }),
    ["another method is answered with 405 and Allow"],
  ],
  [
    "calls a missing model a bad request",
    twoByTwo,
    ({ status }, path) => (status === 404 && path.includes("/models/") ? { status: 400 } : {}),
    ["an unknown model is answered with 404"],
  ],
  [
    "says nothing about health",
    twoByTwo,
    (_, path) => (path.startsWith("/v2/health/") ? { body: Buffer.alloc(0) } : {}),
    [
      'the server says {"live": true}, which KServe\'s client reads',
      'the server says {"ready": true}, which KServe\'s client reads',
    ],
  ],
  [
    "loses the last byte of binary tensors",
    twoByTwo,
    ({ headers, body }) =>
      headers["inference-header-content-length"] ? { body: body.subarray(0, -1) } : {},
    [
      "all outputs are binary when the request asks for that",
      "one output is binary when it asks for that",
    ],
  ],
];

for (const [what, file, change, titles] of trouble) {
  test(`a server that ${what} is told apart`, async () => {
    assert.equal(await failedTitles(file, change), titles);
  });
}

test("a wrong number in an answer is found wherever two answers are compared", async () => {
  let count = 0;
  const isOdd = inJson(({ outputs, ...rest }) => ({
    ...rest,
    outputs: (outputs as { data: number[] }[]).map(({ data, ...output }) => ({
      ...output,
      data: data.map((value) => value + (count++ % 7)),
    })),
  }));
  const titles = await failedTitles(twoByTwo, isOdd);
  for (const title of [
    "nested data mean the same as flat ones",
    "inputs may come in any order",
    "binary inputs mean the same as JSON",
    "binary inputs and JSON may be mixed",
    "a request may be compressed with gzip",
  ])
    assert.ok(titles.includes(title), title);
});

const execute = promisify(execFile);

/** Runs the command as a person does. */
async function command(...options: string[]): Promise<{ code: number; output: string }> {
  try {
    const { stdout } = await execute(process.execPath, ["tools/conformance/main.ts", ...options]);
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

test("the command tells by its exit code whether the cases held", async () => {
  const folder = mkdtempSync(join(tmpdir(), "intendant-conformance-"));
  const inputs = join(folder, "request.json");
  const id = { name: "id", shape: [2], datatype: "INT64", data: [[3], [4]] };
  await withServer(lookup(), async ({ url }) => {
    const served = ["--url", `${url}/`, "--model", "test"];
    const made = await command(...served, "--strict");
    assert.match(made.output, /^ok {3}required {2}GET \/v2\/health\/live answers 200$/m);
    assert.match(made.output, /^\d+ ok, 0 failed, \d+ skipped$/m);
    assert.is(made.code, 0);
    writeFileSync(inputs, JSON.stringify({ inputs: [id] }));
    assert.is((await command(...served, "--inputs", inputs)).code, 0);
    // The model has ten rows only.
    writeFileSync(inputs, JSON.stringify({ inputs: [{ ...id, data: [3, 10] }] }));
    const refused = await command(...served, "--inputs", inputs);
    assert.match(
      refused.output,
      /^FAIL required {2}the id comes back: expected a status of 200, /m,
    );
    assert.is(refused.code, 1);
    const unknown = await command("--url", url, "--model", "other");
    assert.match(
      unknown.output,
      "The cases could not be tried: expected a status of 200, found 404",
    );
    assert.is(unknown.code, 2);
  });
  rmSync(folder, { recursive: true });
});

test("the command explains itself", async () => {
  const { code, output } = await command("--help");
  assert.equal([code, output.includes("--inputs FILE")], [0, true]);
  assert.is((await command("--url", "http://localhost:1")).code, 2);
});

test.run();
