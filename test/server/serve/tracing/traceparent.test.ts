import * as assert from "uvu/assert";
import { traceFields } from "../../../../server/src/serve/tracing/traceparent.ts";
import { ask, post } from "../../../support/ask.ts";
import { grpcClient } from "../../../support/grpc-client.ts";
import { withServer } from "../../../../tools/support/model-server.ts";
import { linear } from "../../../../tools/support/models.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("traceparent");

const trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
const span_id = "00f067aa0ba902b7";
const fields = { trace_id, span_id };
const traceparent = `00-${trace_id}-${span_id}-01`;

const read: [title: string, header: unknown, fields: object | undefined][] = [
  ["a sampled one", traceparent, fields],
  ["one that is not sampled", `00-${trace_id}-${span_id}-00`, fields],
  ["one of a later version", `01-${trace_id}-${span_id}-01`, fields],
  ["one of a later version with more", `cc-${trace_id}-${span_id}-01-what-comes`, fields],
  ["none", undefined, undefined],
  ["an empty one", "", undefined],
  ["one of version ff", `ff-${trace_id}-${span_id}-01`, undefined],
  ["version 00 with more", `${traceparent}-more`, undefined],
  ["a later version with more but no hyphen", `01-${trace_id}-${span_id}-01more`, undefined],
  ["capital letters", traceparent.toUpperCase(), undefined],
  ["a trace of zeros", `00-${"0".repeat(32)}-${span_id}-01`, undefined],
  ["a span of zeros", `00-${trace_id}-${"0".repeat(16)}-01`, undefined],
  ["a short trace", `00-${trace_id.slice(1)}-${span_id}-01`, undefined],
  ["no flags", `00-${trace_id}-${span_id}`, undefined],
  ["a line break", `${traceparent}\n`, undefined],
  ["two of them", `${traceparent}, ${traceparent}`, undefined],
  ["several of them", [traceparent], undefined],
];

for (const [title, header, expected] of read) {
  test(`of ${title} is ${expected ? "read" : "dropped"}`, () => {
    assert.equal(traceFields(header), expected);
  });
}

test("stands in the log of a request, without tracing", async () => {
  await withServer(
    linear(),
    async ({ url, log }) => {
      await ask(`${url}/v2`, { headers: { traceparent } });
      await ask(`${url}/v2`, { headers: { traceparent: "00-nonsense" } });
      const [traced, other] = log.filter(({ msg }) => msg === "Answered a request");
      assert.is(traced?.["trace_id"], trace_id);
      assert.is(traced?.["span_id"], span_id);
      assert.is(other?.["trace_id"], undefined);
    },
    { LOG_LEVEL: "debug" },
  );
});

test("stands in the log of a call, without tracing", async () => {
  await withServer(
    linear(),
    async ({ grpc, log }) => {
      const client = grpcClient(grpc);
      await client.call("ServerLive", {}, { metadata: { traceparent } });
      client.close();
      const line = log.find(({ msg }) => msg === "Answered a call");
      assert.is(line?.["trace_id"], trace_id);
    },
    { LOG_LEVEL: "debug", GRPC_PORT: "0" },
  );
});

test("requests are not logged unless at the level debug", async () => {
  await withServer(linear(), async ({ url, log }) => {
    await post(`${url}/v2/models/test/infer`, {});
    assert.not(log.some(({ msg }) => msg.startsWith("Answered")));
  });
});

test.run();
