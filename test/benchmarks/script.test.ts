import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as assert from "uvu/assert";
import type { Plan } from "../../benchmarks/contract.ts";
import { suite } from "../support/suite.ts";
import { runScenarios, measured, type Outcome } from "../../tools/bench/lib/scenarios.ts";
import { good, inferenceServer, intentServer } from "../support/target-server.ts";

const test = suite("A file of the user's", 60_000);

const folder = mkdtempSync(join(tmpdir(), "intendant-files-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Writes a file, in which the address of the image's module becomes that of the source. */
function written(name: string, text: string): string {
  const path = join(folder, name);
  const source = resolve("benchmarks/scenarios/script.ts");
  writeFileSync(path, text.replaceAll("/benchmarks/script.ts", source));
  return path;
}

const whole = `
  import { ask, measured } from "/benchmarks/script.ts";
  import { sleep } from "k6";
  export { setup, teardown, handleSummary } from "/benchmarks/script.ts";
  export const options = measured({ vus: 3, iterations: 30 });
  export default function () { ask(); sleep(0.05); }
`;

const nobody = "http://127.0.0.1:1";

async function ran(url: string, path: string): Promise<Outcome> {
  const plan: Plan = { url, model: "m", duration: 2, load: { scenario: "Script", path } };
  return runScenarios({ PLAN: JSON.stringify(plan) });
}

test("puts the load on that it describes, and is measured", async () => {
  const target = await intentServer(
    (number, _request, response) => response.end(number === 7 ? "[]" : good),
    ({ url }, response) => {
      if (url !== "/metrics") return response.end('["fr-FR"]');
      const cpu = target.requests.length * 0.001;
      const rest = "process_start_time_seconds 1\nprocess_resident_memory_bytes 5";
      return response.end(`process_cpu_seconds_total ${cpu}\n${rest}`);
    },
  );
  const path = written("good.js", whole);
  const measurement = await measured(
    target.url,
    2,
    { scenario: "Script", path },
    {
      pods: [target.url],
    },
  );
  await target.close();
  assert.is(target.requests.length, 30);
  assert.equal([measurement.requests, measurement.errors, measurement.failedChecks], [30, 0, 1]);
  assert.is(measurement.cpuPerRequest, 1000);
  assert.ok(measurement.latency!.p99 >= measurement.latency!.p50);
  const counted = measurement.series!.buckets.reduce((sum, [, , , requests]) => sum + requests, 0);
  assert.is(counted, 30);
});

test("gets the address, the payloads and the length, and can be TypeScript", async () => {
  const target = await inferenceServer(metadata, (_number, _request, response) => {
    response.end(JSON.stringify({ outputs: [{ name: "y", data: [1] }] }));
  });
  const text = `
    import { ask, duration, measured, model, payload, url } from "/benchmarks/script.ts";
    export { handleSummary } from "/benchmarks/script.ts";
    export const options = measured({ scenarios: { later: {
      executor: "per-vu-iterations", vus: 1, iterations: 2, startTime: "1s",
    } } });
    export default function (): void {
      console.log([url, model, duration, JSON.stringify(payload())].join(" "));
      ask();
    }
  `;
  const lines = [1, 2, 3].map((value) => bodyOf(value));
  const payloads = written("payloads.jsonl", lines.join("\n"));
  const path = written("typed.ts", text);
  const load = { scenario: "Script", path } as const;
  const plan: Plan = { url: target.url, model: "a-model", duration: 4, load, payloads };
  const { code, output, message } = await runScenarios({ PLAN: JSON.stringify(plan) });
  await target.close();
  assert.is(code, 0, output);
  assert.match(output, `${target.url} a-model 4 {`);
  const { requests, series } = JSON.parse(message);
  assert.is(requests, 2);
  assert.is(series.buckets.length, 4);
});

const bad: [string, string, RegExp][] = [
  [
    "has no measurement",
    `import { ask } from "/benchmarks/script.ts"; export default function () { ask(); }`,
    /left no measurement; a script exports handleSummary of \/benchmarks\/script.ts/,
  ],
  [
    "asks in another way",
    `export { handleSummary } from "/benchmarks/script.ts"; export default function () {}`,
    /The script sent no request; it has to call ask\(\)/,
  ],
  [
    "has options of its own",
    `import { ask } from "/benchmarks/script.ts";
     export { handleSummary } from "/benchmarks/script.ts";
     export default function () { ask(); }`,
    /it has to export options = measured/,
  ],
  ["is no script", "export default function () {", /SyntaxError|Unexpected/],
];

for (const [what, text, message] of bad) {
  test(`fails when it ${what}`, async () => {
    const target = await intentServer((_number, _request, response) => response.end(good));
    const outcome = await ran(target.url, written("bad.js", text));
    await target.close();
    assert.is.not(outcome.code, 0);
    assert.match(outcome.output, message);
    assert.is(outcome.message, "");
  });
}

test("fails when it is not there", async () => {
  const { code, output, message } = await ran(nobody, "/nowhere/load.js");
  assert.is.not(code, 0);
  assert.match(output, /\/nowhere\/load.js/);
  assert.is(message, "");
});

const metadata = {
  name: "a-model",
  inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
};
const bodyOf = (value: number) =>
  JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [1], data: [value] }] });
const rate = { scenario: "Rate", rate: 20 } as const;

test("of payloads is asked line by line, as it stands there", async () => {
  const bodies: string[] = [];
  const target = await inferenceServer(metadata, (_number, request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      bodies.push(body);
      response.end(JSON.stringify({ outputs: [{ name: "y", data: [1] }] }));
    });
  });
  const lines = [1, 2, 3].map(bodyOf);
  const payloads = written("lines.jsonl", `${lines.join("\n")}\n`);
  const { requests, errors, failedChecks } = await measured(target.url, 1, rate, { payloads });
  await target.close();
  assert.equal([requests, errors, failedChecks], [bodies.length, 0, 0]);
  for (const line of lines) {
    const count = bodies.filter((body) => body === line).length;
    assert.ok(count >= 6 && count <= 8, `${line} was asked ${count} times`);
  }
});

test("of sentences is asked of an intent classifier", async () => {
  const target = await intentServer((_number, _request, response) => response.end(good));
  const payloads = written("sentences.jsonl", '{"sentence":"à demain & merci"}\n');
  const { requests, errors } = await measured(target.url, 1, rate, { payloads });
  await target.close();
  assert.ok(requests > 0 && errors === 0);
  const asked = new URL(target.requests[0]!.url!, target.url).searchParams.get("sentence");
  assert.is(asked, "à demain & merci");
});

const wrongPayloads: [string, string, RegExp][] = [
  ["is not JSON", `${bodyOf(1)}\n{"inputs": [`, /wrong.jsonl, line 2 is not a JSON object/],
  ["has sentences for another model", '{"sentence":"a"}', /a-model is not an intent classifier/],
];

for (const [what, text, message] of wrongPayloads) {
  test(`of payloads ends before the load when it ${what}`, async () => {
    const target = await inferenceServer(metadata, (_number, _request, response) => response.end());
    const payloads = written("wrong.jsonl", text);
    const plan: Plan = { url: target.url, model: "a-model", duration: 1, load: rate, payloads };
    const { code, output, message: left } = await runScenarios({ PLAN: JSON.stringify(plan) });
    await target.close();
    assert.is(code, 107);
    assert.match(output, message);
    assert.equal([target.requests.length, left], [0, ""]);
  });
}

test("of payloads that is not there is named", async () => {
  const payloads = "/nowhere/payloads.jsonl";
  const plan: Plan = { url: nobody, model: "m", duration: 1, load: rate, payloads };
  const { code, output } = await runScenarios({ PLAN: JSON.stringify(plan) });
  assert.is(code, 107);
  assert.match(output, "Could not read the payloads in /nowhere/payloads.jsonl");
});

test.run();
