import { writeFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import * as assert from "uvu/assert";
import { ask, post } from "../../../support/ask.ts";
import { withServer } from "../../../../tools/support/model-server.ts";
import { linear } from "../../../../tools/support/models.ts";
import { onnx } from "../../../../tools/support/onnx.ts";
import type { Problem } from "../../../../server/src/contract/problem.ts";
import { suite } from "../../../support/suite.ts";
import { until } from "../../../../tools/support/until.ts";

const test = suite("where a model runs", 60_000);

const input = (rows: number) => ({
  inputs: [{ name: "x", datatype: "FP32", shape: [rows, 1, 1], data: Array(rows).fill(1) }],
});

test("a model with short runs stays in the thread that answers requests", async () => {
  await withServer(linear(), async ({ log }) => {
    assert.is(log.at(-1)?.["execution"], "inline");
  });
});

test("a model with long runs gets a thread, and nothing waits for them but who asked", async () => {
  await withServer(products(60), async ({ url, ops, log }) => {
    assert.is(log.at(-1)?.["execution"], "thread");
    const order: string[] = [];
    const infer = post(`${url}/v2/models/test/infer`, input(40)).then((answer) => {
      order.push("run");
      return answer;
    });
    for (const path of [`${ops}/livez`, `${ops}/metrics`, `${url}/v2`]) {
      const { status } = await ask(path);
      order.push(String(status));
    }
    assert.is((await infer).status, 200);
    assert.equal(order, ["200", "200", "200", "run"]);
  });
});

test("a client that goes away while it waits costs no run", async () => {
  await withServer(
    products(60),
    async ({ url, ops }) => {
      const infer = `${url}/v2/models/test/infer`;
      const metric = async (name: string) => {
        const { body } = await ask(`${ops}/metrics`);
        return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(String(body))?.[1]);
      };
      // Long enough for a busy server to notice meanwhile who leaves.
      const running = post(infer, input(400));
      // Before the other one is sent, which could overtake it.
      while ((await metric("intendant_server_requests_in_flight")) < 1);
      const leaving = new AbortController();
      const left = fetch(infer, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(input(3)),
        signal: leaving.signal,
      }).catch((error: Error) => error.name);
      while ((await metric("intendant_server_requests_in_flight")) < 2);
      leaving.abort();
      assert.is(await left, "AbortError");
      assert.is((await running).status, 200);
      assert.is((await post(infer, input(2))).status, 200);
      assert.is(await metric("intendant_server_batch_rows_sum"), 402);
    },
    { MAX_QUEUE_MS: "60000" },
  );
});

test("a model whose runs become long moves without losing a request", async () => {
  await withServer(products(1), async ({ url, log }) => {
    assert.is(log.at(-1)?.["execution"], "inline");
    const moved = () => log.find(({ msg }) => msg.startsWith("Moved the model to a thread"));
    const infer = async () => {
      const { status, body } = await post(`${url}/v2/models/test/infer`, input(64));
      assert.is(status, 200);
      return (body as { outputs: unknown }).outputs;
    };
    const first = await infer();
    while (!moved()) assert.equal(await infer(), first);
    assert.equal(await infer(), first);
  });
});

test("a thread that ends makes the server not ready until there is another one", async () => {
  const worker = new Promise<Worker>((resolve) => process.once("worker", resolve));
  await withServer(
    linear(),
    async ({ url, ops, log }) => {
      const said = async (text: string) => until(() => log.some(({ msg }) => msg === text));
      await (await worker).terminate();
      await said("The model stopped working; loading it again");
      await said("Loaded the model again");
      assert.is((await ask(`${ops}/readyz`)).status, 200);
      const x = { name: "x", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] };
      assert.is((await post(`${url}/v2/models/test/infer`, { inputs: [x] })).status, 200);
    },
    { EXECUTION: "thread" },
  );
});

test("a thread that cannot be started again leaves its reason in the readiness", async () => {
  const worker = new Promise<Worker>((resolve) => process.once("worker", resolve));
  await withServer(
    linear(),
    async ({ url, ops, log, file }) => {
      writeFileSync(file, linear(1));
      await (await worker).terminate();
      await until(() =>
        log.some(({ err }) => (err as Error | undefined)?.message.includes(", expected ")),
      );
      const { status, body } = await ask(`${ops}/readyz`);
      assert.is(status, 503);
      assert.match((body as Problem).message, /^The SHA-256 of .* is \w{64}, expected \w{64}$/);
      const x = { name: "x", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] };
      const answer = await post(`${url}/v2/models/test/infer`, { inputs: [x] });
      assert.is(answer.status, 503);
      assert.is(answer.headers.get("Retry-After"), "1");
    },
    { EXECUTION: "thread" },
  );
});

test("the choice can be made beforehand, and the answers are the same", async () => {
  const answers: unknown[] = [];
  for (const execution of ["inline", "thread"]) {
    await withServer(
      products(1),
      async ({ url, log }) => {
        assert.is(log.at(-1)?.["execution"], execution);
        const { body } = await post(`${url}/v2/models/test/infer`, input(2));
        answers.push((body as { outputs: unknown }).outputs);
      },
      { EXECUTION: execution },
    );
  }
  assert.equal(answers[0], answers[1]);
});

/** A model that multiplies matrices one after another, so that a row takes a while. */
function products(count: number): Buffer {
  const [rows, columns] = [64, 512];
  const names = Array.from({ length: count + 1 }, (_, index) => `product${index}`);
  return onnx({
    inputs: [{ name: "x", type: "float", shape: ["N", 1, 1] }],
    outputs: [{ name: "y", type: "float", shape: ["N", 1, 1] }],
    nodes: [
      { operator: "Add", inputs: ["x", "start"], outputs: ["product0"] },
      ...names.slice(1).map((name, index) => ({
        operator: "MatMul",
        inputs: [names[index] ?? "", "factor"],
        outputs: [name],
      })),
      {
        operator: "ReduceMean",
        inputs: [names.at(-1) ?? ""],
        outputs: ["y"],
        attributes: { axes: { ints: [1, 2] } },
      },
    ],
    constants: {
      start: { shape: [1, rows, columns], data: new Float32Array(rows * columns).fill(0.01) },
      factor: { shape: [columns, columns], data: new Float32Array(columns ** 2).fill(0.002) },
    },
  });
}

test.run();
