import * as assert from "uvu/assert";
import { pino } from "pino";
import { createApi, type Parts } from "../../../../server/src/serve/http/app.ts";
import { Unavailable } from "../../../../server/src/process/errors.ts";
import { listen } from "../../../../server/src/serve/http/listen.ts";
import { createMetrics } from "../../../../server/src/serve/service/metrics.ts";
import { Service, type Serving } from "../../../../server/src/serve/service/service.ts";
import { post, type Answer } from "../../../support/ask.ts";
import type { LogLine } from "../../../../tools/support/model-server.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("errors");

/** What the API answers, logs and counts when an inference ends with this error. */
async function failing(error: Error): Promise<{ answer: Answer; log: LogLine[]; counted: string }> {
  const service = new Service("test");
  service.serve({
    description: { name: "test", sha256: "", inputs: [], outputs: [] },
    batcher: {
      infer: async () => {
        throw error;
      },
    },
  } as unknown as Serving);
  const log: LogLine[] = [];
  const write = (line: string) => void log.push(JSON.parse(line) as LogLine);
  const metrics = createMetrics();
  const parts: Parts = {
    service,
    metrics,
    log: pino({}, { write }),
    maxSentenceLength: 10,
    swaggerFolder: "",
  };
  const api = await listen(createApi(parts).callback(), { port: 0 });
  const answer = await post(`http://localhost:${api.port}/v2/models/test/infer`, { inputs: [] });
  await api.close();
  const counted = await metrics.registry.getSingleMetricAsString("intendant_server_errors_total");
  return { answer, log, counted };
}

test("an error that nobody expected is logged once and not shown", async () => {
  const { answer, log, counted } = await failing(new Error("the password is secret"));
  assert.is(answer.status, 500);
  assert.equal(answer.body, { error: "Internal error; see the server log" });
  assert.is(log.length, 1);
  assert.is(log[0]?.msg, "Request failed");
  assert.is(log[0]?.["path"], "/v2/models/test/infer");
  assert.match(JSON.stringify(log[0]?.["err"]), "the password is secret");
  assert.match(counted, 'intendant_server_errors_total{class="failed"} 1');
});

test("a server with too much to do says when to come again, and logs nothing", async () => {
  const { answer, log, counted } = await failing(new Unavailable("Too many requests"));
  assert.is(answer.status, 503);
  assert.is(answer.headers.get("Retry-After"), "1");
  assert.equal(answer.body, { error: "Too many requests" });
  assert.equal(log, []);
  assert.match(counted, 'intendant_server_errors_total{class="unavailable"} 1');
});

test.run();
