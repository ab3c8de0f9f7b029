import * as assert from "uvu/assert";
import { growth, type Sample } from "../../../../tools/bench/soak/memory.ts";
import { problems } from "../../../../tools/bench/soak/report.ts";
import type { Outcome } from "../../../../tools/bench/soak/soak.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("memory");

/** A hundred samples whose memory grows by so many bytes a request, with garbage on top. */
function samples(rss: number, heap: number): Sample[] {
  const garbage = (index: number) => ((index * 7919) % 100) * 10_000;
  return Array.from({ length: 101 }, (_, index) => ({
    requests: index * 10_000,
    rss: 1e8 + index * 10_000 * rss,
    heap: 3e7 + index * 10_000 * heap + garbage(index),
    files: 29,
  }));
}

const sent = { intent: 94, json: 1, binary: 1, compressed: 1, refused: 1, aborted: 1, about: 1 };
const outcome = (changes: Partial<Outcome>): Outcome => ({
  seconds: 1,
  samples: samples(0, 0),
  sent,
  busy: 0,
  wrong: 0,
  complaints: [],
  ...changes,
});

test("growth is what a line through the samples rises by with each request", () => {
  assert.is(growth(samples(24, 0), "rss"), 24);
  assert.ok(Math.abs(growth(samples(0, 40), "heap") - 40) < 1);
});

test("garbage that comes and goes is no growth", () => {
  assert.equal(problems(outcome({})), []);
});

test("an object left behind by each request is trouble", () => {
  assert.match(String(problems(outcome({ samples: samples(0, 40) }))), /^heap grew by .* bytes/);
  assert.match(String(problems(outcome({ samples: samples(24, 0) }))), /^rss grew by 24.0 bytes/);
  assert.equal(problems(outcome({ samples: samples(24, 0) }), { isWarm: false }), []);
});

test("what is needed once, in the first half, is none", () => {
  const grown = samples(0, 0).map((sample, index) =>
    index < 50 ? { ...sample, rss: sample.rss / 2 } : sample,
  );
  assert.equal(problems(outcome({ samples: grown })), []);
});

test("files that stay open and wrong answers are trouble", () => {
  const last = { ...(samples(0, 0).at(-1) as Sample), files: 31 };
  const open = outcome({ samples: [...samples(0, 0), last] });
  assert.equal(problems(open), ["2 files stayed open"]);
  const wrong = outcome({ wrong: 1, complaints: ["json Un train pour Pau ?: 500"] });
  assert.equal(problems(wrong), ["Wrong answers: 1", "json Un train pour Pau ?: 500"]);
});

test("a server that refuses every fiftieth request is trouble, one that refuses one is not", () => {
  assert.equal(problems(outcome({ busy: 1 })), []);
  assert.equal(problems(outcome({ busy: 2 })), ["2 requests were refused"]);
});

test.run();
