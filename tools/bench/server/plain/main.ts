/**
 * The plain limit: Node's HTTP server and ONNX Runtime with nothing around them, one run for each
 * request. It checks next to nothing and is no server for others; what it costs is what Intendant's
 * server is compared with.
 *
 *   MODEL_PATH=model/intent-fr.onnx PORT=8080 node tools/bench/server/plain/main.ts
 *
 * A model with an input of strings answers `GET /api/intent?sentence=…`; any other model of one
 * input of 32 bit floats answers `POST /v2/models/<any name>/infer`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { InferenceSession, Tensor } from "onnxruntime-node";

/** Answers one request with a value to send as JSON. */
type Answer = (request: IncomingMessage) => Promise<unknown>;

const { MODEL_PATH = "model/intent-fr.onnx", PORT = "8080" } = process.env;
const session = await InferenceSession.create(MODEL_PATH, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});
const [input] = session.inputMetadata;
const [output] = session.outputNames;
if (!input?.isTensor || !output) throw new Error(`${MODEL_PATH} has no tensor as its first input`);
const { name, type, shape } = input;

/** ONNX Runtime for Node does not say what a model's file says about itself. */
const labels = [
  "purchase",
  "find-restaurant",
  "irrelevant",
  "find-hotel",
  "provide-showtimes",
  "find-around-me",
  "find-train",
  "find-flight",
];

const intent: Answer = async ({ url = "" }) => {
  const sentence = new URLSearchParams(url.slice(url.indexOf("?"))).get("sentence") ?? "";
  const sentences = new Tensor("string", [sentence], shape.length === 1 ? [1] : [1, 1]);
  const { probabilities } = await session.run({ [name]: sentences }, ["probabilities"]);
  const values = (probabilities as Tensor).data as Float32Array;
  return labels.map((label, index) => ({ intent: label, probability: values[index] }));
};

const infer: Answer = async (request) => {
  const { inputs } = JSON.parse(await text(request)) as {
    inputs: [{ shape: number[]; data: number[] }];
  };
  const [rows] = inputs;
  const feeds = { [name]: new Tensor("float32", Float32Array.from(rows.data), rows.shape) };
  const { [output]: result } = await session.run(feeds, [output]);
  const { dims, data: values } = result as Tensor;
  const outputs = [
    { name: output, datatype: "FP32", shape: dims, data: Array.from(values as Float32Array) },
  ];
  return { model_name: "plain", model_version: "1", outputs };
};

const answer = type === "string" ? intent : infer;

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.stringify(await answer(request));
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

function text(request: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => resolve(Buffer.concat(chunks).toString()));
  request.on("error", reject);
  return promise;
}

createServer((request, response) => void handle(request, response)).listen(
  Number(PORT),
  "127.0.0.1",
);
