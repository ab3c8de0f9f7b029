import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { echoed, everyDatatype, extremes, served, type Served } from "./served.ts";
import { session, type Session } from "./session.ts";

const test = suite<{ server: Served; client: Session }>("tritonclient.grpc", 120_000);

test.before(async (context) => {
  context.server = await served(everyDatatype());
  context.client = await session("triton_grpc");
});

test.after(async ({ server, client }) => {
  await client.end();
  server.kill("SIGTERM");
});

test("finds the server and its model live and ready", async ({ client, server }) => {
  assert.equal(await client.call("health", server.grpc, "test"), {
    live: true,
    ready: true,
    model: true,
    version: true,
  });
});

test("reads what the server is and what the model takes", async ({ client, server }) => {
  const { server: about, model } = (await client.call("metadata", server.grpc, "test")) as Record<
    string,
    Record<string, unknown>
  >;
  assert.is(about?.["name"], "intendant");
  assert.is(model?.["platform"], "onnx_onnxv1");
  assert.equal(
    model?.["inputs"],
    // In JSON protocol buffers write 64 bit integers as texts.
    extremes.map(({ name }) => ({ name, datatype: name, shape: ["-1", "2"] })),
  );
});

test("sends and gets every datatype", async ({ client, server }) => {
  const { outputs } = await infer(client, server, extremes);
  assert.equal(outputs, echoed());
});

test("gets only the outputs that it asks for, and its id", async ({ client, server }) => {
  const wanted = ["INT64_out", "BYTES_out"];
  const answer = await infer(client, server, extremes, {
    outputs: wanted,
    options: { request_id: "no. 7" },
  });
  assert.equal(Object.keys(answer.outputs), wanted);
  assert.is(answer.id, "no. 7");
});

for (const algorithm of ["gzip", "deflate"]) {
  test(`compresses requests with ${algorithm}`, async ({ client, server }) => {
    const options = { compression_algorithm: algorithm };
    const { outputs } = await infer(client, server, extremes, { outputs: null, options: options });
    assert.equal(outputs, echoed());
  });
}

for (const way of ["infer_at_once", "infer_aio"]) {
  test(`gets the right answer to each of fifty requests with ${way}`, async ({
    client,
    server,
  }) => {
    const sets = Array.from({ length: 50 }, (_, index) =>
      extremes.map((tensor) =>
        tensor.name === "INT32" ? { ...tensor, data: [index, -index] } : tensor,
      ),
    );
    const answers = (await client.call(way, server.grpc, "test", sets)) as Answer[];
    assert.equal(
      answers.map(({ outputs }) => outputs),
      sets.map((set) => echoed(set)),
    );
  });
}

test("takes tensors without elements", async ({ client, server }) => {
  const empty = extremes.map((tensor) => ({ ...tensor, shape: [0, 2], data: [] }));
  assert.equal((await infer(client, server, empty)).outputs, echoed(empty));
});

test("raises what the server says", async ({ client, server }) => {
  const refusal = (model: string, inputs: unknown, wanted?: unknown) =>
    client.call("refusal", server.grpc, model, inputs, wanted) as Promise<Refusal>;
  assert.equal(await refusal("other", extremes), {
    status: "StatusCode.NOT_FOUND",
    message: 'There is no model "other" here; this server has "test"',
  });
  const missing = await refusal("test", extremes.slice(1));
  assert.is(missing.status, "StatusCode.INVALID_ARGUMENT");
  assert.match(missing.message, 'Input "BOOL" is missing');
  const unknown = await refusal("test", extremes, ["nothing"]);
  assert.is(unknown.status, "StatusCode.INVALID_ARGUMENT");
  assert.match(unknown.message, "nothing");
});

test.run();

interface Answer {
  id: string;
  outputs: Record<string, unknown>;
}

interface Refusal {
  status: string;
  message: string;
}

async function infer(
  client: Session,
  { grpc }: Served,
  inputs: unknown,
  { outputs = null, options = {} }: { outputs?: unknown; options?: object } = {},
): Promise<Answer> {
  return (await client.call("infer", grpc, "test", inputs, outputs, options)) as Answer;
}
