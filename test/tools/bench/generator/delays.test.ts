import * as assert from "uvu/assert";
import { delay, delayingServer, knownLatency } from "../../../../tools/bench/generator/delays.ts";
import { figures, type Percentiles } from "../../../../tools/bench/generator/samples.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("The known delays");

for (const [first, count] of [
  [0, 100],
  [57, 100],
  [1234, 130],
  [5000, 4000],
] as const) {
  test(`have the known percentiles in ${count} answers from number ${first} on`, () => {
    const samples = Array.from({ length: count }, (_, index) => ({
      at: 0,
      latency: delay(first + index),
    }));
    const found = figures(samples, { from: 0, seconds: 1 });
    for (const [name, known] of Object.entries(knownLatency())) {
      const value = found[name as keyof Percentiles];
      assert.ok(Math.abs(value - known) <= 0.02 * known, `${name} is ${value}, not ${known}`);
    }
  });
}

test("are those of the answers, the same for each generator, and of nothing else", async () => {
  const server = await delayingServer();
  const languages = await fetch(`${server.url}/api/intent-supported-languages`);
  assert.equal(await languages.json(), ["fr-FR"]);
  for (const [generator, number] of [
    ["one", 0],
    ["one", 1],
    ["another", 0],
    ["one", 2],
    ["another", 1],
  ] as const) {
    const began = performance.now();
    const headers = { "user-agent": generator };
    const answer = await fetch(`${server.url}/api/intent?sentence=a`, { headers });
    assert.equal(await answer.json(), [{ intent: "purchase", probability: 1 }]);
    // Timers of Node count whole milliseconds.
    assert.ok(performance.now() - began >= delay(number) - 1, `${generator}, ${number}`);
  }
  await server.close();
});

test.run();
