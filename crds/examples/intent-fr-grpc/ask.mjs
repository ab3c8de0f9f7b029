/**
 * Asks a model over gRPC what a sentence is about, as any client of the Open Inference Protocol can.
 *
 *   node crds/examples/intent-fr-grpc/ask.mjs HOST:PORT MODEL SENTENCE
 */
import { credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const [address, model, sentence] = process.argv.slice(2);
if (!sentence) throw new Error("usage: ask.mjs HOST:PORT MODEL SENTENCE");

const definition = loadSync("server/src/serve/grpc/inference.proto", { keepCase: true });
const { GRPCInferenceService } = loadPackageDefinition(definition).inference;
const client = new GRPCInferenceService(address, credentials.createInsecure());
const bytes_contents = [Buffer.from(sentence)];
const request = {
  model_name: model,
  inputs: [{ name: "sentence", datatype: "BYTES", shape: [1], contents: { bytes_contents } }],
  outputs: [{ name: "label" }],
};

// It waits as long for the port to be open.
const deadline = Date.now() + 30_000;
client.waitForReady(deadline, (late) => {
  if (late) throw late;
  client.ModelInfer(request, { deadline }, (error, answer) => {
    if (error) throw error;
    const [label] = answer.outputs;
    console.log(label.contents.bytes_contents[0].toString());
    client.close();
  });
});
