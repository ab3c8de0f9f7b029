/**
 * Answers on port 9090 for all simulated pods, as a model server that is ready does.
 *
 *   node tools/bench/operator/model-servers.ts
 */
import { createServer } from "node:http";

const description = {
  sha256: "ab".repeat(32),
  inputs: [{ name: "sentence", datatype: "BYTES", shape: [-1, 1] }],
  outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 8] }],
};

createServer((request, response) => {
  response.end(request.url === "/model" ? JSON.stringify(description) : "ready\n");
}).listen(9090, "0.0.0.0");
