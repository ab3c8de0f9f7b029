import { spawn } from "node:child_process";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { only, rendered } from "./helm.ts";

const test = suite("helm test", 20_000);

const eight = Array.from({ length: 8 }, (_, index) => ({
  intent: `intent-${index}`,
  probability: 0.125,
}));

const inference = (objects = rendered()) => only("Pod", objects, "intendant-test");

/** Runs the container's own arguments against a server on the loopback. */
async function asked(answer: RequestListener, seconds: string) {
  const [container] = inference().spec.containers;
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = [...container.args.slice(0, -2), address, seconds];
  const child = spawn(process.execPath, args, { env: {}, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  server.closeAllConnections();
  server.close();
  return { code, output, address };
}

test("serves a model first, then asks it, and removes both", () => {
  const objects = rendered();
  for (const [{ metadata }, weight] of [
    [only("ModelDeployment", objects), "0"],
    [inference(objects), "1"],
  ] as const) {
    const { annotations } = metadata;
    assert.is(annotations["helm.sh/hook"], "test");
    assert.is(annotations["helm.sh/hook-weight"], weight);
    assert.is(annotations["helm.sh/hook-delete-policy"], "before-hook-creation,hook-succeeded");
  }
});

for (const [watchNamespaces, namespace] of [
  [[], "intendant-system"],
  [["one", "two"], "one"],
] as const) {
  test(`serves the model where the operator may, watching ${watchNamespaces.join() || "all"}`, () => {
    const objects = rendered({ watchNamespaces });
    assert.is(only("ModelDeployment", objects).metadata.namespace, namespace);
    const { metadata, spec } = inference(objects);
    assert.is(metadata.namespace, "intendant-system");
    const [{ args, command, image }] = spec.containers;
    assert.equal(args.slice(-2), [`http://intendant-test.${namespace}.svc`, "180"]);
    assert.equal(command, ["/nodejs/bin/node"]);
    assert.is(image, "docker.io/intendant/server:0.1.0");
  });
}

test("prints the eight probabilities", async () => {
  const paths: string[] = [];
  const { code, output } = await asked((request, response) => {
    paths.push(decodeURIComponent(request.url ?? ""));
    response.end(JSON.stringify(eight));
  }, "5");
  assert.is(code, 0, output);
  assert.match(output, "0.1250 intent-7");
  assert.match(paths[0] ?? "", /^\/api\/intent\?sentence=Trouve-moi un hôtel/);
});

test("waits until the model is there", async () => {
  let requests = 0;
  const { code, output } = await asked((_request, response) => {
    requests += 1;
    if (requests > 1) response.end(JSON.stringify(eight));
    else response.writeHead(503).end();
  }, "10");
  assert.is(code, 0, output);
  assert.is(requests, 2);
});

const failures: [string, RequestListener, string][] = [
  [
    "an error",
    (_request, response) => response.writeHead(500).end('{"error":"broken"}'),
    'status 500: {"error":"broken"}',
  ],
  [
    "seven probabilities",
    (_request, response) => response.end(JSON.stringify(eight.slice(1))),
    "not eight probabilities that add up to 1",
  ],
  ["nothing", (request) => request.socket.destroy(), "other side closed"],
];

for (const [what, answer, message] of failures) {
  test(`fails with a sentence when there is only ${what}`, async () => {
    const { code, output, address } = await asked(answer, "0");
    assert.is(code, 1);
    assert.match(output, `${address} did not answer within 0 s; in the end: ${message}`);
  });
}

test.run();
