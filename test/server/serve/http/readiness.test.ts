import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { pino } from "pino";
import * as assert from "uvu/assert";
import { parse } from "valibot";
import { modelStatus } from "../../../../server/src/contract/ops-schemas.ts";
import type { Readiness } from "../../../../server/src/contract/ops.ts";
import { createOps, type Parts } from "../../../../server/src/serve/http/app.ts";
import { listen } from "../../../../server/src/serve/http/listen.ts";
import { createMetrics } from "../../../../server/src/serve/service/metrics.ts";
import { processor } from "../../../../server/src/process/processor.ts";
import { Service } from "../../../../server/src/serve/service/service.ts";
import { ask } from "../../../support/ask.ts";
import { withServer } from "../../../../tools/support/model-server.ts";
import { identity, intents, zipMap } from "../../../../tools/support/models.ts";
import { onnx, type Graph } from "../../../../tools/support/onnx.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("readiness");
const french = readFileSync("model/intent-fr.onnx");
const silent = pino({ level: "silent" });
const digestOf = (file: Uint8Array) => createHash("sha256").update(file).digest("hex");

const unchanged: Graph = {
  inputs: [{ name: "x", type: "float", shape: ["N"] }],
  outputs: [{ name: "y", type: "float", shape: ["N"] }],
  nodes: [{ operator: "Identity", inputs: ["x"], outputs: ["y"] }],
};

const unknownOperator = (domain?: string) => {
  const node = { operator: "Frobnicate", inputs: ["x"], outputs: ["y"] };
  return onnx({ ...unchanged, nodes: [{ ...node, ...(domain && { domain }) }] });
};

const onlyMaps = onnx({
  inputs: [{ name: "x", type: "float", shape: ["N", 1] }],
  outputs: [{ name: "maps", shape: [] }],
  nodes: [
    {
      operator: "ZipMap",
      domain: "ai.onnx.ml",
      inputs: ["x"],
      outputs: ["maps"],
      attributes: { classlabels_strings: { strings: ["yes"] } },
    },
  ],
});

type Unready = Extract<Readiness, { ready: false }>;

const another = "ab".repeat(32);

const reasons: Record<string, string> = {
  "a file that is not there": "ModelNotFound",
  "another digest": "DigestMismatch",
};

const unusable: [what: string, file: Uint8Array | undefined, why: RegExp, sha256?: string][] = [
  ["a file that is not there", undefined, /^Could not read the model .*: there is no such file$/],
  [
    "an empty file",
    Buffer.alloc(0),
    /ONNX Runtime loads: it has no graph, so it is not an ONNX file; put the whole file there, as it was exported$/,
  ],
  [
    "a page of HTML",
    Buffer.from("<html>Not found</html>"),
    /is not a model that ONNX Runtime loads: the file is truncated or not an ONNX file; put the whole file there, as it was exported$/,
  ],
  [
    "a truncated file",
    french.subarray(0, french.length / 2),
    /is not a model that ONNX Runtime loads: the file is truncated or not an ONNX file; put the whole file there, as it was exported$/,
  ],
  ["a file with a wrong byte", corrupted(french), /is not a model that ONNX Runtime loads: /],
  ["another digest", french, /^The SHA-256 of .* is [0-9a-f]{64}, expected (ab){32}$/, another],
  [
    "an unknown operator",
    unknownOperator(),
    /loads: it needs operator Frobnicate, which opset 17 does not have; export it with standard/,
  ],
  [
    "an operator of a domain of its own",
    unknownOperator("com.example"),
    /loads: it needs operator Frobnicate of domain com.example, which ONNX Runtime does not have; /,
  ],
  [
    "operators that are too new",
    onnx({ ...unchanged, opset: 99 }),
    /loads: it uses opset 99 of ai.onnx, and ONNX Runtime has up to (\d+); export it with opset \1$/,
  ],
  [
    "a format that is too new",
    onnx({ ...unchanged, ir: 99 }),
    /loads: its IR version is 99, and ONNX Runtime reads up to (\d+); save it with ir_version \1$/,
  ],
  ["no tensor among its outputs", onlyMaps, /has no tensor among its outputs; .*zipmap=False$/],
  [
    "a task without labels",
    intents({ metadata: { task: "intent-classification" } }),
    /needs "labels" in metadata_props/,
  ],
];

/** Breaks the graph's length, which is what a lost byte does as well. */
function corrupted(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  copy.fill(0xff, 200, 240);
  return copy;
}

for (const [what, file, expected, sha256] of unusable) {
  test(`${what} leaves the server alive, not ready, and with one line that says why`, async () => {
    await withServer(
      file,
      async (server) => {
        assert.is((await ask(`${server.ops}/livez`)).status, 200);
        assert.equal((await ask(`${server.url}/v2/health/live`)).body, { live: true });

        const { status, body } = await ask(`${server.ops}/readyz`);
        const { ready, reason, message } = body as Unready;
        assert.equal([status, ready], [503, false]);
        assert.is(reason, reasons[what] ?? "ModelLoadFailed");
        assert.match(message, expected);
        const startup = await ask(`${server.ops}/startupz`);
        assert.equal([startup.status, startup.body], [200, "started\n"]);
        const [line, ...more] = server.log.filter(({ level }) => level !== "info");
        const [msg] = line?.msg.split("; check MODEL_") ?? [];
        assert.equal([line?.level, msg], ["error", "Could not load the model"]);
        const logged = line?.["err"] as Error | undefined;
        assert.ok(logged?.message.startsWith(message), logged?.message);
        assert.equal(more, []);
      },
      { MODEL_SHA256: sha256 },
    );
  });
}

test("without a model everything but health answers that it is not ready", async () => {
  await withServer(undefined, async (server) => {
    const notReady = { error: 'The model "test" is not ready; try again later' };
    for (const path of [
      "/api/intent?sentence=a",
      "/v2/models/test",
      "/openapi.json",
      "/api/docs",
    ]) {
      const { status, headers, body } = await ask(`${server.url}${path}`);
      assert.equal([status, headers.get("Retry-After"), body], [503, "1", notReady], path);
    }
    const post = await ask(`${server.url}/v2/models/test/infer`, { method: "POST", body: "{}" });
    assert.equal([post.status, post.body], [503, notReady]);
    for (const path of ["/api/health", "/v2/health/ready", "/v2/models/test/ready"]) {
      const { status, headers, body } = await ask(`${server.url}${path}`);
      assert.equal([status, headers.get("Retry-After")], [503, "1"], path);
      assert.match((body as { error: string }).error, "there is no such file");
    }
    assert.is((await ask(`${server.ops}/model`)).status, 503);
  });
});

test("a file with the expected digest is served", async () => {
  await withServer(
    french,
    async (server) => {
      const { status, body } = await ask(`${server.ops}/readyz`);
      assert.equal([status, body], [200, { ready: true }]);
      assert.equal((await ask(`${server.url}/api/health`)).body, { status: "ok" });
    },
    { MODEL_SHA256: digestOf(french) },
  );
});

test("a server that is still loading has not started", async () => {
  const service = new Service("test");
  const ops = createOps({ service, metrics: createMetrics(), log: silent } as Parts);
  const listener = await listen(ops.callback(), { port: 0 });
  const url = `http://localhost:${listener.port}`;
  const answers = async () => {
    const found = await Promise.all(["/startupz", "/readyz"].map((path) => ask(url + path)));
    return found.map(({ status, body }) => [status, body]);
  };
  const loading = { reason: "Loading", message: "The model is being loaded" } as const;
  assert.equal(await answers(), [
    [503, `${loading.message}\n`],
    [503, { ready: false, ...loading }],
  ]);
  assert.is((await ask(`${url}/livez`)).status, 200);
  const broken = { reason: "Reloading", message: "The model does not run" } as const;
  service.fail(broken);
  assert.equal(await answers(), [
    [200, "started\n"],
    [503, { ready: false, ...broken }],
  ]);
  await listener.close();
});

test("the ops port tells what the operator wants to know about the model", async () => {
  const file = intents();
  await withServer(file, async (server) => {
    const { status, type, body } = await ask(`${server.ops}/model`);
    assert.equal([status, type], [200, "application/json"]);
    const { loadSeconds, warmUpSeconds, memory, node, ...rest } = body as Record<string, unknown>;
    assert.equal(node, processor() === undefined ? undefined : { cpu: processor() });
    // What the operator reads of it.
    const { name: _, languages: __, ...known } = body as Record<string, unknown>;
    const { resident: ___, ...amounts } = memory as Record<string, number>;
    assert.equal(parse(modelStatus, body), { ...known, memory: amounts });
    const { atRest = 0, resident = 0, peak = 0 } = memory as Record<string, number>;
    assert.ok(atRest > 1e6 && resident > 1e6 && peak >= Math.max(atRest, resident), String(memory));
    assert.ok(Number(loadSeconds) > 0 && Number(warmUpSeconds) > 0);
    assert.equal(rest, {
      name: "test",
      sha256: digestOf(file),
      sizeBytes: file.length,
      opset: 17,
      inputs: [{ name: "sentence", datatype: "BYTES", shape: [-1] }],
      outputs: [
        { name: "label", datatype: "BYTES", shape: [-1] },
        { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
      ],
      labels: ["greet", "leave", "other"],
      languages: ["fr-FR"],
    });
  });
});

test("a model that is no classifier has neither labels nor languages", async () => {
  for (const file of [identity("float"), zipMap()]) {
    await withServer(file, async (server) => {
      const { body } = await ask(`${server.ops}/model`);
      assert.not("labels" in (body as object));
      assert.not("languages" in (body as object));
    });
  }
});

test("the ops port has nothing else", async () => {
  await withServer(identity("float"), async (server) => {
    const sentence =
      "No route for /api/health; the routes are /livez, /startupz, /readyz, /metrics, /model, /traffic, /capture";
    const { status, body } = await ask(`${server.ops}/api/health`);
    assert.equal([status, body], [404, { error: sentence }]);
  });
});

test.run();
