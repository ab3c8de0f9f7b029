import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { ask } from "../support/ask.ts";
import { suite } from "../support/suite.ts";
import { everyDatatype, served, type Served } from "./served.ts";

const test = suite<{ server: Served; numbers: Served }>("curl", 60_000);

test.before(async (context) => {
  context.server = await served("model/intent-fr.onnx", { MODEL_NAME: "intent-fr" });
  context.numbers = await served(everyDatatype());
});

test.after(({ server, numbers }) => {
  server.kill("SIGTERM");
  numbers.kill("SIGTERM");
});

const requests = [...readFileSync("README.md", "utf8").matchAll(/`(GET|POST) (\/(?:api|v2)\S*)`/g)];

test("the README names requests", () => {
  assert.ok(requests.length >= 5, `${requests.length} requests were found`);
});

test("gets every address that the README names", async ({ server }) => {
  for (const [, method, path = ""] of requests) {
    if (method !== "GET") continue;
    const { status } = await curl(`'${server.url}${path}'`);
    assert.is(status, 200, path);
  }
});

for (const which of ["server", "numbers"] as const) {
  test(`the examples of the OpenAPI document work when pasted (${which})`, async (context) => {
    const { url } = context[which];
    const document = (await ask(`${url}/openapi.json`)).body as OpenApi;
    for (const { command, expected } of commands(document, url)) {
      const { status, body } = await curl(command);
      assert.is(status, 200, command);
      if (expected !== undefined) assert.equal(JSON.parse(body), expected, command);
    }
  });
}

test("sends a compressed body and asks for a compressed answer", async ({ server }) => {
  const sentence = {
    name: "sentence",
    datatype: "BYTES",
    shape: [1],
    data: ["un train pour Lyon"],
  };
  const body = JSON.stringify({ inputs: [sentence] });
  const { stdout } = await shell(
    `printf %s ${quoted(body)} | gzip | curl -sS --compressed -D - -H 'Content-Encoding: gzip' ` +
      `-H 'Content-Type: application/json' --data-binary @- ${server.url}/v2/models/intent-fr/infer`,
  );
  assert.match(stdout, /^HTTP\/1\.1 200 OK/);
  assert.match(stdout, /"find-train"/);
});

test("sends a file of JSON without saying what it is", async ({ server }) => {
  const sentence = {
    name: "sentence",
    datatype: "BYTES",
    shape: [1],
    data: ["un train pour Lyon"],
  };
  const body = JSON.stringify({ inputs: [sentence] });
  const { status } = await curl(
    `-H 'Content-Type:' -d ${quoted(body)} ${server.url}/v2/models/intent-fr/infer`,
  );
  assert.is(status, 200);
  // What curl says when it is told nothing.
  const form = await curl(`-d ${quoted(body)} ${server.url}/v2/models/intent-fr/infer`);
  assert.is(form.status, 415);
  assert.match(form.body, "application/json");
});

test.run();

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; example?: unknown }[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

type Content = Record<string, { example?: unknown }>;

/** What a person makes of the examples in the document, with what shall be answered. */
function commands({ paths }: OpenApi, url: string): { command: string; expected: unknown }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const query = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === "query" && parameter.example !== undefined)
        .map(({ name, example }) => `--data-urlencode ${quoted(`${name}=${String(example)}`)}`);
      const get = query.length > 0 ? ["-G", ...query] : [];
      const example = operation.requestBody?.content["application/json"]?.example;
      if (operation.requestBody) assert.ok(example, `${path} has no example`);
      const post = example
        ? ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(example))}`]
        : [];
      return {
        command: [...get, ...post, `-X ${method.toUpperCase()}`, quoted(url + path)].join(" "),
        expected: operation.responses["200"]?.content?.["application/json"]?.example,
      };
    }),
  );
}

async function curl(command: string): Promise<{ status: number; body: string }> {
  const { stdout } = await shell(`curl -sS -w '\\n%{http_code}' ${command}`);
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end)), body: stdout.slice(0, end) };
}

const shell = (command: string) =>
  promisify(execFile)("sh", ["-c", command], { maxBuffer: 2 ** 26 });

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
