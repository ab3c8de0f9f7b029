import * as assert from "uvu/assert";
import packageJson from "../../../../server/package.json" with { type: "json" };
import { ask, post, type Answer } from "../../../support/ask.ts";
import {
  modelServer,
  withServer,
  type ModelServer,
} from "../../../../tools/support/model-server.ts";
import { linear, lookup, sumAndDifference, zipMap } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("inference");
let server: ModelServer;
let model: string;

test.before(async () => {
  server = await modelServer(sumAndDifference());
  model = `${server.url}/v2/models/test`;
});

test.after(() => server.end());

const a = { name: "a", shape: [1, 2], datatype: "INT32", data: [1, 2] };
const b = { name: "b", shape: [1, 2], datatype: "INT32", data: [10, 20] };
const sum = { name: "sum", datatype: "INT32", shape: [1, 2], data: [11, 22] };
const difference = { name: "difference", datatype: "INT32", shape: [1, 2], data: [-9, -18] };

const infer = (body: unknown) => post(`${model}/infer`, body);

const refusal = ({ status, type, body }: Answer) => {
  assert.is(type, "application/json");
  return [status, (body as { error: string }).error];
};

test("the server says its name and version, with and without a slash", async () => {
  const { version } = packageJson;
  const expected = { name: "intendant", version, extensions: ["binary_tensor_data"] };
  for (const path of ["/v2", "/v2/"]) {
    const { status, type, body } = await ask(`${server.url}${path}`);
    assert.equal([status, type, body], [200, "application/json", expected]);
  }
});

test("a live server is live, and ready once its model is", async () => {
  assert.equal((await ask(`${server.url}/v2/health/live`)).body, { live: true });
  const { status, body } = await ask(`${server.url}/v2/health/ready`);
  assert.equal([status, body], [200, { live: true, ready: true }]);
});

test("the model describes itself, with and without its version", async () => {
  const spec = (name: string) => ({ name, datatype: "INT32", shape: [-1, 2] });
  for (const path of ["", "/versions/1"]) {
    const { status, body } = await ask(`${model}${path}`);
    assert.is(status, 200);
    assert.equal(body, {
      name: "test",
      versions: ["1"],
      platform: "onnx_onnxv1",
      inputs: [spec("a"), spec("b")],
      outputs: [spec("sum"), spec("difference")],
    });
    const ready = await ask(`${model}${path}/ready`);
    assert.equal([ready.status, ready.body], [200, { name: "test", ready: true }]);
  }
});

test("a slash at the end of a path changes nothing", async () => {
  for (const path of ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/test/ready"]) {
    const without = await ask(`${server.url}${path}`);
    const { status, body } = await ask(`${server.url}${path}/`);
    assert.equal([status, body], [200, without.body], path);
  }
  const { status } = await post(`${model}/infer/`, { inputs: [a, b] });
  assert.is(status, 200);
});

test("an inference answers all outputs", async () => {
  for (const path of ["", "/versions/1"]) {
    const { status, type, body } = await post(`${model}${path}/infer`, { inputs: [a, b] });
    assert.equal([status, type], [200, "application/json"]);
    const expected = { model_name: "test", model_version: "1", outputs: [sum, difference] };
    assert.equal(body, expected);
  }
});

test("the id comes back", async () => {
  const { body } = await infer({ id: "42", inputs: [a, b] });
  assert.is((body as { id: string }).id, "42");
});

test("inputs may come in any order, and only the outputs that are asked for come back", async () => {
  const { body } = await infer({ inputs: [b, a], outputs: [{ name: "difference" }] });
  assert.equal((body as { outputs: unknown }).outputs, [difference]);
});

test("outputs come in the order in which they are asked for", async () => {
  const { body } = await infer({
    inputs: [a, b],
    outputs: [{ name: "difference" }, { name: "sum" }],
  });
  assert.equal((body as { outputs: unknown }).outputs, [difference, sum]);
});

test("an empty list of outputs means all of them", async () => {
  const { body } = await infer({ inputs: [a, b], outputs: [] });
  assert.equal((body as { outputs: unknown }).outputs, [sum, difference]);
});

test("unknown parameters and fields are ignored", async () => {
  const parameters = { priority: 1, sequence_id: "a", timeout: 0.5, sequence_start: true };
  const { status, body } = await infer({
    parameters,
    extra: null,
    inputs: [{ ...a, parameters: {}, extra: 1 }, b],
    outputs: [{ name: "sum", parameters: { binary_data: false } }],
  });
  assert.is(status, 200);
  assert.equal((body as { outputs: unknown }).outputs, [sum]);
});

test("null means the same as nothing where a field may be left out", async () => {
  const nothing = { id: null, parameters: null, outputs: null };
  const { body } = await infer({ ...nothing, inputs: [{ ...a, parameters: null }, b] });
  const expected = { model_name: "test", model_version: "1", outputs: [sum, difference] };
  assert.equal(body, expected);
});

test("nested data mean the same as flat ones", async () => {
  const { body } = await infer({ inputs: [{ ...a, data: [[1, 2]] }, b] });
  assert.equal((body as { outputs: unknown }).outputs, [sum, difference]);
});

test("no content type and one with a charset are JSON", async () => {
  const body = Buffer.from(JSON.stringify({ inputs: [a, b] }));
  assert.is((await ask(`${model}/infer`, { method: "POST", body })).status, 200);
  const { status } = await post(
    `${model}/infer`,
    body.toString(),
    "application/json; charset=utf-8",
  );
  assert.is(status, 200);
});

const bad: [what: string, body: unknown, sentence: string | RegExp][] = [
  ["nothing", "", /^The body is not JSON: /],
  ["half an object", '{"inputs":', /^The body is not JSON: /],
  ["NaN", '{"inputs":[NaN]}', /^The body is not JSON: /],
  ["null", "null", "The body is not a JSON object"],
  ["an array", [], "The body is not a JSON object"],
  ["no inputs", {}, 'inputs is not an array; it needs "a", "b"'],
  ["inputs that are an object", { inputs: { a: 1 } }, 'inputs is not an array; it needs "a", "b"'],
  ["an input that is null", { inputs: [null] }, "inputs[0] is not a JSON object"],
  ["an input that is an array", { inputs: [[]] }, "inputs[0] is not a JSON object"],
  ["one input too few", { inputs: [a] }, 'Input "b" is missing; inputs needs "a", "b"'],
  ["an empty list of inputs", { inputs: [] }, 'Input "a" is missing; inputs needs "a", "b"'],
  ["an input twice", { inputs: [a, b, a] }, 'The input "a" is given twice'],
  [
    "an input without a name",
    { inputs: [{ ...a, name: undefined }] },
    'inputs[0].name is missing; the model has "a", "b"',
  ],
  [
    "an unknown input",
    { inputs: [a, b, { ...a, name: "c" }] },
    'inputs[2].name is "c"; the model has "a", "b"',
  ],
  [
    "a name of digits",
    '{"inputs":[{"name":1234567890}]}',
    'inputs[0].name is 1234567890; the model has "a", "b"',
  ],
  [
    "an input named __proto__",
    '{"inputs":[{"name":"__proto__"}]}',
    'inputs[0].name is "__proto__"; the model has "a", "b"',
  ],
  ["an id that is a number", { id: 1, inputs: [a, b] }, "id is not a string"],
  [
    "outputs that are a text",
    { inputs: [a, b], outputs: "sum" },
    'outputs is not an array; it needs "sum", "difference"',
  ],
  [
    "an unknown output",
    { inputs: [a, b], outputs: [{ name: "a" }] },
    'outputs[0].name is "a"; the model has "sum", "difference"',
  ],
  [
    "an output twice",
    { inputs: [a, b], outputs: [{ name: "sum" }, { name: "sum" }] },
    'The output "sum" is given twice',
  ],
  [
    "parameters that are a number",
    { inputs: [{ ...a, parameters: 1 }, b] },
    "inputs[0]: parameters is not a JSON object",
  ],
  [
    "a parameter that is an array",
    { parameters: { priority: [1] }, inputs: [a, b] },
    'The request: the parameter "priority" is an array of 1; it takes a text, a number or a boolean',
  ],
  [
    "a parameter that is null",
    { inputs: [a, b], outputs: [{ name: "sum", parameters: { class: null } }] },
    'outputs[0]: the parameter "class" is null; it takes a text, a number or a boolean',
  ],
  [
    "a wish for binary outputs that is a number",
    { parameters: { binary_data_output: 1 }, inputs: [a, b] },
    'The request: the parameter "binary_data_output" is 1; it takes true or false',
  ],
  [
    "a wish for one binary output that is a text",
    { inputs: [a, b], outputs: [{ name: "sum", parameters: { binary_data: "yes" } }] },
    'outputs[0]: the parameter "binary_data" is "yes"; it takes true or false',
  ],
  [
    "a binary tensor that did not come",
    { inputs: [{ ...a, parameters: { binary_data_size: 8 } }, b] },
    "inputs[0] is a binary tensor; send its bytes behind the JSON, and the length of the JSON as Inference-Header-Content-Length",
  ],
  [
    "another datatype",
    { inputs: [a, { ...b, datatype: "INT64" }] },
    'Input "b" has the datatype "INT64"; the model takes INT32',
  ],
  [
    "another shape",
    { inputs: [a, { ...b, shape: [2] }] },
    'Input "b" has the shape [2]; the model takes [-1, 2], where -1 is any size',
  ],
  [
    "a value that is null",
    { inputs: [a, { ...b, data: [1, null] }] },
    /^Input "b": element 1 of data is null; INT32 takes whole numbers from -2147483648/,
  ],
];

for (const [what, body, sentence] of bad) {
  test(`refuses ${what} with a sentence`, async () => {
    const [status, error] = refusal(await infer(body));
    assert.is(status, 400);
    if (typeof sentence === "string") assert.is(error, sentence);
    else assert.match(String(error), sentence);
  });
}

test("refuses a body that is not UTF-8", async () => {
  const body = Buffer.from([0x22, 0xe9, 0x22]);
  const answer = await ask(`${model}/infer`, { method: "POST", body });
  assert.equal(refusal(answer), [400, "The body is not UTF-8; send JSON in UTF-8"]);
});

test("refuses what is not sent as JSON", async () => {
  const [status, error] = refusal(
    await post(`${model}/infer`, "a=1", "application/x-www-form-urlencoded"),
  );
  assert.is(status, 415);
  assert.is(
    error,
    "The content type is application/x-www-form-urlencoded; send JSON as application/json, or with binary tensors as application/octet-stream with Inference-Header-Content-Length",
  );
});

const nowhere: [method: string, path: string, status: number, sentence: string][] = [
  ["GET", "/v2/models/other", 404, 'There is no model "other" here; this server has "test"'],
  ["POST", "/v2/models/other/infer", 404, 'There is no model "other" here; this server has "test"'],
  ["GET", "/v2/models/%zz", 404, 'There is no model "%zz" here; this server has "test"'],
  ["GET", "/v2/models/test/versions/2", 404, '"test" has no version "2"; there is only "1"'],
  ["POST", "/v2/models/test/versions/2/infer", 404, '"test" has no version "2"; there is only "1"'],
  ["GET", "/v2/models", 404, "No route for /v2/models; see /api/docs"],
  ["GET", "/", 404, "No route for /; see /api/docs"],
  ["GET", "/v2/models/test/infer", 405, "GET is not allowed on /v2/models/test/infer; use POST"],
  ["DELETE", "/v2/models/test", 405, "DELETE is not allowed on /v2/models/test; use HEAD, GET"],
  ["OPTIONS", "/v2", 405, "OPTIONS is not allowed on /v2; use HEAD, GET"],
];

for (const [method, path, status, sentence] of nowhere) {
  test(`answers ${status} to ${method} ${path}`, async () => {
    assert.equal(refusal(await ask(`${server.url}${path}`, { method })), [status, sentence]);
  });
}

test("an input that only the model itself can refuse is refused with its reason", async () => {
  await withServer(lookup(), async (other) => {
    const url = `${other.url}/v2/models/test/infer`;
    const id = { name: "id", datatype: "INT64", shape: [2], data: [3, 10] };
    const [status, error] = refusal(await post(url, { inputs: [id] }));
    assert.is(status, 400);
    assert.match(String(error), /^The model does not take this input: indices element out of data/);
    assert.equal(new Set(other.log.map(({ level }) => level)), new Set(["info"]));
  });
});

test("a model with a fixed number of rows takes just that number", async () => {
  await withServer(linear(1), async (other) => {
    const url = `${other.url}/v2/models/test/infer`;
    const x = { name: "x", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] };
    const { body } = await post(url, { inputs: [x] });
    const y = { name: "y", datatype: "FP32", shape: [1, 3], data: [15, 26, 37] };
    assert.equal((body as { outputs: unknown }).outputs, [y]);
    const twice = { ...x, shape: [2, 4], data: [...x.data, ...x.data] };
    const sentence = 'Input "x" has the shape [2, 4]; the model takes [1, 4]';
    assert.equal(refusal(await post(url, { inputs: [twice] })), [400, sentence]);
  });
});

test("an output that is not a tensor cannot be asked for, the others can", async () => {
  await withServer(zipMap(), async (other) => {
    const url = `${other.url}/v2/models/test/infer`;
    const x = { name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] };
    const { status, body } = await post(url, { inputs: [x] });
    assert.is(status, 200);
    assert.equal((body as { outputs: unknown }).outputs, [{ ...x, name: "scores" }]);
    const answer = await post(url, { inputs: [x], outputs: [{ name: "maps" }] });
    assert.equal(refusal(answer), [
      400,
      'The output "maps" is not a tensor, so it cannot be returned; request "scores", or convert models of scikit-learn with zipmap=False',
    ]);
    const warning = other.log.find(({ level }) => level === "warn");
    assert.equal(warning?.["outputs"], ["maps"]);
  });
});

test.run();
