import { Agent, request } from "node:http";
import { json } from "node:stream/consumers";
import * as assert from "uvu/assert";
import { ask } from "../../../support/ask.ts";
import { withServer } from "../../../../tools/support/model-server.ts";
import {
  centred,
  intents,
  labels,
  lookup,
  probabilities,
} from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("concurrency", 60_000);

/** Sends requests over many connections at once. */
function client() {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  const send = async (url: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
    const outgoing = request(url, { agent, method: body ? "POST" : "GET" }, (incoming) => {
      json(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, body }), reject);
    });
    outgoing.on("error", reject).end(body && JSON.stringify(body));
    return promise;
  };
  return { send, close: () => agent.destroy() };
}

const rowsPerRun = async (ops: string): Promise<{ runs: number; rows: number }> => {
  const { body } = await ask(`${ops}/metrics`);
  const value = (name: string) =>
    Number(new RegExp(`^intendant_server_batch_rows_${name} (\\d+)$`, "m").exec(String(body))?.[1]);
  return { runs: value("count"), rows: value("sum") };
};

for (const execution of ["inline", "thread"]) {
  test(`2,000 requests at once are each answered with their own answer, ${execution}`, async () => {
    await withServer(
      intents(),
      async (server) => {
        const { send, close } = client();
        const infer = `${server.url}/v2/models/test/infer`;
        const sentences = ["bonjour", "au revoir", "hein ?"];
        const expected = (row: number) =>
          labels.map((intent, column) => ({ intent, probability: probabilities[row]?.[column] }));

        const asks = Array.from({ length: 2000 }, async (_, index) => {
          const rows = Array.from({ length: 1 + (index % 3) }, (_, row) => (index + row) % 3);
          const data = rows.map((row) => sentences[row]);
          const sentence = { name: "sentence", datatype: "BYTES", shape: [rows.length], data };
          if (index % 4 === 0) {
            const query = encodeURIComponent(sentences[rows[0] ?? 0] ?? "");
            const { status, body } = await send(`${server.url}/api/intent?sentence=${query}`);
            assert.is(status, 200);
            assert.equal(body, expected(rows[0] ?? 0));
          } else if (index % 4 === 1) {
            const { status, body } = await send(infer, { id: `${index}`, inputs: [sentence] });
            assert.is(status, 200);
            assert.equal(body, {
              model_name: "test",
              model_version: "1",
              id: `${index}`,
              outputs: [
                {
                  name: "label",
                  datatype: "BYTES",
                  shape: [rows.length],
                  data: rows.map((row) => labels[row]),
                },
                {
                  name: "probabilities",
                  datatype: "FP32",
                  shape: [rows.length, 3],
                  data: rows.flatMap((row) => probabilities[row]),
                },
              ],
            });
          } else if (index % 4 === 2) {
            const outputs = [{ name: "label" }];
            const { status, body } = await send(infer, { inputs: [sentence], outputs });
            assert.is(status, 200);
            assert.equal(
              (body as { outputs: [{ data: unknown }] }).outputs[0].data,
              rows.map((row) => labels[row]),
            );
          } else {
            const bad = { ...sentence, data: [...data.slice(1), index] };
            const { status, body } = await send(infer, { inputs: [bad] });
            assert.is(status, 400);
            assert.match((body as { error: string }).error, `is ${index}; BYTES takes text`);
          }
        });
        await Promise.all(asks);

        const { runs, rows } = await rowsPerRun(server.ops);
        assert.ok(
          runs < rows / 2,
          `${rows} rows took ${runs} runs, so requests did not share them`,
        );
        close();
      },
      { EXECUTION: execution },
    );
  });

  test(`inputs that the model refuses fail alone among 500, ${execution}`, async () => {
    await withServer(
      lookup(),
      async (server) => {
        const { send, close } = client();
        const asks = Array.from({ length: 500 }, async (_, index) => {
          const id = index % 50 === 49 ? 1000 + index : index % 10;
          const input = { name: "id", datatype: "INT64", shape: [1], data: [id] };
          const { status, body } = await send(`${server.url}/v2/models/test/infer`, {
            inputs: [input],
          });
          if (id >= 1000) {
            assert.is(status, 400);
            assert.match((body as { error: string }).error, `idx=${id} `);
          } else {
            assert.equal((body as { outputs: [{ data: unknown }] }).outputs[0].data, [100 + id]);
          }
        });
        await Promise.all(asks);
        close();
      },
      { EXECUTION: execution },
    );
  });
}

test("a model whose rows depend on each other never sees two requests in one run", async () => {
  await withServer(centred(), async (server) => {
    const { send, close } = client();
    const asks = Array.from({ length: 200 }, async (_, index) => {
      const x = { name: "x", datatype: "FP32", shape: [2, 2], data: [index, 0, -index, 0] };
      const { body } = await send(`${server.url}/v2/models/test/infer`, { inputs: [x] });
      assert.equal((body as { outputs: unknown }).outputs, [{ ...x, name: "y" }]);
    });
    await Promise.all(asks);
    assert.is((await rowsPerRun(server.ops)).runs, 200);
    close();
  });
});

test.run();
