import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as assert from "uvu/assert";
import { ask, post, type Answer } from "../../../support/ask.ts";
import { withServer } from "../../../../tools/support/model-server.ts";
import { identity, intents, linear, sumAndDifference } from "../../../../tools/support/models.ts";
import type { ElementType } from "../../../../tools/support/onnx.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("openapi", 30_000);

const inferRequest = "#/components/schemas/InferRequest";

interface Document {
  openapi: string;
  info: { title: string };
  servers: unknown;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; example: string }[];
  requestBody?: { content: Record<string, { schema: unknown; example?: unknown }> };
  responses: Record<
    string,
    { content: Record<string, { schema: { $ref: string }; example?: unknown }> }
  >;
}

const types: ElementType[] = ["bool", "int64", "uint8", "float16", "float", "string"];
const models: [what: string, file: Buffer][] = [
  ["the French classifier", readFileSync("model/intent-fr.onnx")],
  ["a small classifier", intents()],
  ["a linear model", linear()],
  ["a model with a fixed number of rows", linear(1)],
  ["two inputs and outputs", sumAndDifference()],
  ...types.map((type): [string, Buffer] => [type, identity(type, ["N", 2])]),
];

async function documentOf(url: string): Promise<Document> {
  const { status, type, body } = await ask(`${url}/openapi.json`);
  assert.equal([status, type], [200, "application/json"]);
  return body as Document;
}

/** Says why a value does not fit a schema of the document; nothing when it does. */
function validator(document: Document) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, "document");
  return (reference: string, value: unknown): string | undefined =>
    ajv.validate({ $ref: `document${reference}` }, value) ? undefined : ajv.errorsText();
}

/** Sends an operation with the examples of the document. */
async function send(
  url: string,
  path: string,
  method: string,
  operation: Operation,
): Promise<Answer> {
  const query = new URLSearchParams(
    operation.parameters
      ?.filter((parameter) => parameter.in === "query")
      .map(({ name, example }) => [name, example] as [string, string]),
  );
  const example = operation.requestBody?.content["application/json"]?.example;
  if (method === "post") return post(`${url}${path}`, example);
  return ask(`${url}${path}${query.size > 0 ? `?${query.toString()}` : ""}`);
}

for (const [what, file] of models) {
  test(`every example for ${what} works, and the answers are as described`, async () => {
    await withServer(file, async ({ url }) => {
      const document = await documentOf(url);
      const invalid = validator(document);
      assert.is(document.openapi, "3.1.0");
      for (const [path, methods] of Object.entries(document.paths)) {
        for (const [method, operation] of Object.entries(methods)) {
          const { status, type, body } = await send(url, path, method, operation);
          assert.equal([status, type], [200, "application/json"], `${method} ${path}`);
          const answer = operation.responses["200"]?.content["application/json"];
          const reference = String(answer?.schema.$ref);
          assert.is(invalid(reference, body), undefined, path);
          if (answer?.example) assert.is(invalid(reference, answer.example), undefined, path);
          const request = operation.requestBody?.content["application/json"];
          if (request) assert.is(invalid(inferRequest, request.example), undefined);
        }
      }
    });
  });
}

test("whatever is asked may be kept from being captured", async () => {
  await withServer(intents(), async ({ url }) => {
    const { paths } = await documentOf(url);
    const [intent, infer] = [
      paths["/api/intent"]?.["get"],
      paths["/v2/models/test/infer"]?.["post"],
    ];
    for (const operation of [intent, infer]) {
      const header = operation?.parameters?.find(
        (parameter) => parameter.in === "header" && parameter.name === "intendant-capture",
      );
      assert.match(JSON.stringify(header), '"enum":["none"]');
    }
  });
});

test("what the schema does not allow, the server refuses as the schema describes", async () => {
  await withServer(sumAndDifference(), async ({ url }) => {
    const document = await documentOf(url);
    const invalid = validator(document);
    const { example } =
      document.paths["/v2/models/test/infer"]?.["post"]?.requestBody?.content["application/json"] ??
      {};
    const { inputs } = example as { inputs: [Record<string, unknown>, Record<string, unknown>] };
    const [a, b] = inputs;
    const wrong: Record<string, unknown>[] = [
      {},
      { inputs: [a] },
      { inputs: [a, { ...b, name: "c" }] },
      { inputs: [a, { ...b, datatype: "FP32" }] },
      { inputs: [a, { ...b, shape: [1, 3] }] },
      { inputs: [a, { ...b, shape: [2] }] },
      { inputs: [a, { ...b, data: [1, null] }] },
      { inputs: [a, { ...b, data: [1, 1.5] }] },
      { inputs: [a, { ...b, data: [1, 2_147_483_648] }] },
      { inputs, id: 1 },
      { inputs, parameters: { priority: {} } },
      { inputs, parameters: { binary_data_output: "yes" } },
      { inputs, outputs: [{ name: "sum", parameters: { binary_data: 1 } }] },
      { inputs, outputs: [{ name: "a" }] },
    ];
    for (const body of wrong) {
      assert.ok(invalid(inferRequest, body), JSON.stringify(body));
      const answer = await post(`${url}/v2/models/test/infer`, body);
      assert.is(answer.status, 400);
      assert.is(invalid("#/components/schemas/Error", answer.body), undefined);
    }
  });
});

test("binary tensors are described both ways, with their header", async () => {
  await withServer(sumAndDifference(), async ({ url }) => {
    const { paths } = await documentOf(url);
    const methods = paths["/v2/models/test/infer"] as Record<string, Operation>;
    const { parameters, requestBody, responses } = methods["post"] as Operation;
    const types = ["application/json", "application/octet-stream"];
    assert.equal(Object.keys(requestBody?.content ?? {}), types);
    assert.equal(Object.keys(responses["200"]?.content ?? {}), types);
    const example = requestBody?.content["application/json"]?.example as object;
    const body = { ...example, parameters: { binary_data_output: true } };
    const answer = await post(`${url}/v2/models/test/infer`, body);
    assert.equal([answer.status, answer.type], [200, types[1]]);
    const header = "Inference-Header-Content-Length";
    assert.ok(answer.headers.has(header));
    assert.is(parameters?.[0]?.name, header);
  });
});

test("an input of thousands of values has no example, which nobody could read", async () => {
  await withServer(identity("float", ["N", 2000]), async ({ url }) => {
    const { paths } = await documentOf(url);
    const { content } = paths["/v2/models/test/infer"]?.["post"]?.requestBody ?? {};
    assert.equal(Object.keys(content?.["application/json"] ?? {}), ["schema"]);
  });
});

test("every operation has a name of its own", async () => {
  await withServer(intents(), async ({ url }) => {
    const { paths } = await documentOf(url);
    const names = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    assert.is(new Set(names).size, names.length);
  });
});

test.run();
