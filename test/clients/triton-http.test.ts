import * as assert from "uvu/assert";
import { sumAndDifference } from "../../tools/support/models.ts";
import { suite } from "../support/suite.ts";
import { echoed, everyDatatype, extremes, served, withServed, type Served } from "./served.ts";
import { session, type Session } from "./session.ts";

const test = suite<{ server: Served; client: Session; url: string }>("tritonclient.http", 120_000);

test.before(async (context) => {
  context.server = await served(everyDatatype());
  context.client = await session("triton_http");
  context.url = context.server.url.replace("http://", "");
});

test.after(async ({ server, client }) => {
  await client.end();
  server.kill("SIGTERM");
});

const binary = (isBinary: boolean) => extremes.map((tensor) => ({ ...tensor, binary: isBinary }));
const outputs = (isBinary: boolean) =>
  extremes.map(({ name }) => ({ name: `${name}_out`, binary: isBinary }));

test("finds the server and its model live and ready, and no other model", async ({
  client,
  url,
}) => {
  assert.equal(await client.call("health", url, "test"), {
    live: true,
    ready: true,
    model: true,
    version: true,
    unknown: false,
  });
});

test("reads what the server can do and what the model takes", async ({ client, url }) => {
  const { server, model } = (await client.call("metadata", url, "test")) as Record<
    string,
    Record<string, unknown>
  >;
  assert.is(server?.["name"], "intendant");
  assert.match(String(server?.["extensions"]), "binary_tensor_data");
  assert.is(model?.["platform"], "onnx_onnxv1");
  assert.equal(
    model?.["inputs"],
    extremes.map(({ name }) => ({ name, datatype: name, shape: [-1, 2] })),
  );
});

test("sends and gets every datatype as bytes, unless told otherwise", async ({ client, url }) => {
  const { outputs } = await infer(client, url, extremes);
  assert.equal(outputs, echoed(extremes, { binary: true }));
});

test("sends and gets every datatype as JSON", async ({ client, url }) => {
  const answer = await infer(client, url, binary(false), { outputs: outputs(false) });
  assert.equal(answer.outputs, echoed(extremes, { binary: false }));
});

test("sends JSON and gets bytes, and the other way round", async ({ client, url }) => {
  const toBytes = await infer(client, url, binary(false), { outputs: outputs(true) });
  assert.equal(toBytes.outputs, echoed(extremes, { binary: true }));
  const toJson = await infer(client, url, binary(true), { outputs: outputs(false) });
  assert.equal(toJson.outputs, echoed(extremes, { binary: false }));
});

test("mixes both in one request and one answer", async ({ client, url }) => {
  const isBinary = (index: number) => index % 2 === 0;
  const inputs = extremes.map((tensor, index) => ({ ...tensor, binary: isBinary(index) }));
  const wanted = extremes.map(({ name }, index) => ({
    name: `${name}_out`,
    binary: isBinary(index + 1),
  }));
  const answer = await infer(client, url, inputs, { outputs: wanted });
  const expected = echoed();
  for (const { name, binary } of wanted) {
    assert.equal(answer.outputs[name], { ...(expected[name] as object), binary });
  }
});

test("gets only the outputs that it asks for, and its id", async ({ client, url }) => {
  const wanted = [
    { name: "INT64_out", binary: false },
    { name: "BYTES_out", binary: true },
  ];
  const answer = await infer(client, url, extremes, {
    outputs: wanted,
    options: { request_id: "no. 7" },
  });
  assert.equal(Object.keys(answer.outputs), ["INT64_out", "BYTES_out"]);
  assert.is(answer.id, "no. 7");
});

for (const algorithm of ["gzip", "deflate"]) {
  test(`compresses requests and answers with ${algorithm}`, async ({ client, url }) => {
    const options = {
      request_compression_algorithm: algorithm,
      response_compression_algorithm: algorithm,
    };
    const bytes = await infer(client, url, extremes, { outputs: null, options: options });
    assert.equal(bytes.outputs, echoed(extremes, { binary: true }));
    const json = await infer(client, url, binary(false), {
      outputs: outputs(false),
      options: options,
    });
    assert.equal(json.outputs, echoed(extremes, { binary: false }));
  });
}

for (const way of ["infer_at_once", "infer_aio"]) {
  test(`gets the right answer to each of fifty requests with ${way}`, async ({ client, url }) => {
    const sets = Array.from({ length: 50 }, (_, index) =>
      extremes.map((tensor) =>
        tensor.name === "INT32" ? { ...tensor, data: [index, -index] } : tensor,
      ),
    );
    const answers = (await client.call(way, url, "test", sets)) as Answer[];
    assert.equal(
      answers.map(({ outputs }) => outputs),
      sets.map((set) => echoed(set, { binary: true })),
    );
  });
}

test("takes tensors without elements", async ({ client, url }) => {
  const empty = extremes.map((tensor) => ({ ...tensor, shape: [0, 2], data: [] }));
  assert.equal((await infer(client, url, empty)).outputs, echoed(empty, { binary: true }));
  const asJson = empty.map((tensor) => ({ ...tensor, binary: false }));
  assert.equal(
    (await infer(client, url, asJson, { outputs: outputs(false) })).outputs,
    echoed(empty, { binary: false }),
  );
});

test("raises what the server says", async ({ client, url }) => {
  const refusal = (model: string, inputs: unknown, wanted?: unknown) =>
    client.call("refusal", url, model, inputs, wanted) as Promise<Refusal>;
  assert.equal(await refusal("other", extremes), {
    status: "404",
    message: 'There is no model "other" here; this server has "test"',
  });
  const missing = await refusal("test", extremes.slice(1));
  assert.is(missing.status, "400");
  assert.match(missing.message, 'Input "BOOL" is missing');
  const unknown = await refusal("test", extremes, [{ name: "nothing", binary: true }]);
  assert.is(unknown.status, "400");
  assert.match(unknown.message, "nothing");
  const changed = (name: string, change: object) =>
    extremes.map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor));
  const shape = await refusal("test", changed("FP32", { shape: [2], data: [1, 2] }));
  assert.is(shape.status, "400");
  assert.match(shape.message, 'Input "FP32" has the shape [2]; the model takes [-1, 2]');
  const type = await refusal("test", changed("FP32", { datatype: "FP64" }));
  assert.is(type.status, "400");
  assert.match(type.message, 'Input "FP32" has the datatype "FP64"; the model takes FP32');
});

test("runs the example of two inputs and two outputs that its documentation is about", async ({
  client,
}) => {
  const data = Array.from({ length: 16 }, (_, index) => index);
  const input = { datatype: "INT32", shape: [1, 16] };
  const inputs = [
    { name: "a", ...input, data, binary: false },
    { name: "b", ...input, data: data.map(() => 1), binary: true },
  ];
  const wanted = [
    { name: "sum", binary: true },
    { name: "difference", binary: false },
  ];
  const expected = {
    sum: { ...input, data: data.map((value) => value + 1), binary: true },
    difference: { ...input, data: data.map((value) => value - 1), binary: false },
  };
  await withServed(sumAndDifference(["N", 16]), async (server) => {
    const url = server.url.replace("http://", "");
    assert.equal((await infer(client, url, inputs, { outputs: wanted })).outputs, expected);
  });
});

test.run();

interface Answer {
  id: string | null;
  outputs: Record<string, unknown>;
}

interface Refusal {
  status: string;
  message: string;
}

async function infer(
  client: Session,
  url: string,
  inputs: unknown,
  { outputs = null, options = {} }: { outputs?: unknown; options?: object } = {},
): Promise<Answer> {
  return (await client.call("infer", url, "test", inputs, outputs, options)) as Answer;
}
