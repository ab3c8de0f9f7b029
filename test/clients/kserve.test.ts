import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { echoed, everyDatatype, extremes, served, type Served } from "./served.ts";
import { session, type Session } from "./session.ts";

const test = suite<{ server: Served; client: Session }>("KServe's InferenceRESTClient", 120_000);

test.before(async (context) => {
  context.server = await served(everyDatatype());
  context.client = await session("kserve_rest");
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
  server,
}) => {
  assert.equal(await client.call("health", server.url, "test"), {
    live: true,
    ready: true,
    model: true,
    unknown: false,
  });
});

test("sends and gets every datatype as bytes", async ({ client, server }) => {
  const answer = await client.call("infer", server.url, "test", binary(true), outputs(true));
  assert.equal(answer, { id: "7", model: "test", outputs: echoed() });
});

test("sends and gets JSON", async ({ client, server }) => {
  // The client itself refuses to write 16 bit floats as JSON.
  const inputs = binary(false).map((tensor) =>
    tensor.name === "FP16" ? { ...tensor, binary: true } : tensor,
  );
  const wanted = outputs(false).map((output) =>
    output.name === "FP16_out" ? { ...output, binary: true } : output,
  );
  const answer = await client.call("infer", server.url, "test", inputs, wanted);
  assert.equal(answer, { id: "7", model: "test", outputs: echoed() });
});

test("sends a dictionary and gets all outputs", async ({ client, server }) => {
  const body = { inputs: extremes.filter(({ name }) => !name.endsWith("64")) };
  const exact = { shape: [1, 2], data: [1, 2] };
  for (const name of ["UINT64", "INT64", "FP64"])
    body.inputs.push({ name, datatype: name, ...exact });
  const answer = await client.call("infer_dictionary", server.url, "test", body);
  const read = Object.fromEntries(
    body.inputs.map(({ name, data }) => [
      `${name}_out`,
      name.endsWith("INT64") ? data.map(String) : data,
    ]),
  );
  assert.equal(answer, read);
});

test("raises what the server says", async ({ client, server }) => {
  const refusal = String(await client.call("refusal", server.url, "test", binary(true).slice(1)));
  assert.match(refusal, /^Input "BOOL" is missing.*, '400 Bad Request' for url/);
  const unknown = String(await client.call("refusal", server.url, "other", binary(true)));
  assert.match(unknown, 'There is no model "other" here');
});

test.run();
