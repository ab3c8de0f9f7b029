/**
 * Asks a model over gRPC what a sentence is about, as any client of the Open Inference Protocol can.
 *
 *   node crds/examples/intent-fr-grpc/ask.ts HOST:PORT MODEL SENTENCE
 */
import { credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const [address, model, sentence] = process.argv.slice(2);
if (!address || !model || !sentence) throw new Error("usage: ask.ts HOST:PORT MODEL SENTENCE");

const { inference } = loadPackageDefinition(
  loadSync("server/src/grpc/inference.proto", { keepCase: true }),
) as any;
const client = new inference.GRPCInferenceService(address, credentials.createInsecure());
const bytes_contents = [Buffer.from(sentence)];
const request = {
  model_name: model,
  inputs: [{ name: "sentence", datatype: "BYTES", shape: [1], contents: { bytes_contents } }],
  outputs: [{ name: "label" }],
};

// Until then it waits for the port to be open.
const options = { deadline: Date.now() + 30_000 };
client.waitForReady(options.deadline, (late: Error | undefined) => {
  if (late) throw late;
  client.ModelInfer(request, options, (error: Error | null, answer: any) => {
    if (error) throw error;
    console.log(`${answer.outputs[0].contents.bytes_contents[0]}`);
    client.close();
  });
});
