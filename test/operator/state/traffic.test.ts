import * as assert from "uvu/assert";
import { TrafficMeter, type Traffic } from "../../../operator/src/state/traffic.ts";
import { suite } from "../../support/suite.ts";

const test = suite("traffic");

/** Requests and seconds of uptime of a pod; null where it does not answer. */
type Said = [requests: number, uptime: number] | null;

const quiet = (seconds: number): Traffic => ({ state: "Quiet", milliseconds: seconds * 1000 });
const busy: Traffic = { state: "Busy" };
const unknown = (pod: string): Traffic => ({ state: "Unknown", pod });

/** Rounds five seconds apart, at most one request per second allowed; the last verdict counts. */
const cases: [title: string, rounds: Record<string, Said>[], last: Traffic | undefined][] = [
  ["one answer is no rate", [{ a: [9, 100] }], undefined],
  ["two answers are one", [{ a: [9, 100] }, { a: [14, 105] }], quiet(0)],
  ["as much as is allowed is quiet", [{ a: [0, 0] }, { a: [5, 5] }, { a: [10, 10] }], quiet(5)],
  ["more than that is busy", [{ a: [0, 0] }, { a: [6, 5] }], busy],
  [
    "pods are counted together",
    [
      { a: [0, 0], b: [0, 0] },
      { a: [3, 5], b: [3, 5] },
    ],
    busy,
  ],
  ["no pods are quiet at once", [{}], quiet(0)],
  ["and stay so", [{}, {}, {}], quiet(10)],
  [
    "a quiet time begins anew after a busy moment",
    [
      { a: [0, 0] },
      { a: [0, 5] },
      { a: [0, 10] },
      { a: [90, 15] },
      { a: [90, 20] },
      { a: [90, 25] },
    ],
    quiet(5),
  ],
  [
    "a new pod has a moment to tell",
    [{ a: [0, 0] }, { a: [0, 5] }, { a: [0, 10], b: null }, { a: [0, 15], b: null }],
    quiet(10),
  ],
  [
    "one that never tells counts as busy",
    [{ a: [0, 0], b: null }, ...[5, 10, 15, 20].map((at) => ({ a: [0, at] as Said, b: null }))],
    unknown("b"),
  ],
  [
    "so does the only one",
    [{ b: null }, { b: null }, { b: null }, { b: null }, { b: null }],
    unknown("b"),
  ],
  [
    "one that misses an answer is not forgotten",
    [{ a: [0, 0] }, { a: [0, 5] }, { a: null }, { a: null }],
    quiet(10),
  ],
  ["nor is what it is asked", [{ a: [0, 0] }, { a: [500, 5] }, { a: null }, { a: null }], busy],
  [
    "until it has missed too many",
    [{ a: [0, 0] }, { a: [0, 5] }, { a: null }, { a: null }, { a: null }, { a: null }],
    unknown("a"),
  ],
  [
    "other pods' requests count although one is silent",
    [{ a: [0, 0], b: null }, ...[1, 2, 3, 4].map((n) => ({ a: [90 * n, 5 * n] as Said, b: null }))],
    busy,
  ],
  [
    "a server that was started anew has not taken requests back",
    [{ a: [900, 100] }, { a: [900, 105] }, { a: [2, 1] }, { a: [4, 6] }],
    quiet(10),
  ],
  [
    "an answer out of a cache is no standstill",
    [{ a: [0, 0] }, { a: [50, 5] }, { a: [50, 5] }],
    busy,
  ],
  [
    "pods that replace all others take over what was known",
    [{ a: [0, 0] }, { a: [90, 5] }, { b: [0, 0] }],
    busy,
  ],
  [
    "until they tell themselves",
    [{ a: [0, 0] }, { a: [90, 5] }, { b: [0, 0] }, { b: [0, 5] }],
    quiet(0),
  ],
  [
    "without an answer in time a quiet time is over",
    [
      { a: [0, 0] },
      { a: [0, 5] },
      { a: null },
      { a: null },
      { a: null },
      { a: null },
      { a: [0, 35] },
    ],
    quiet(0),
  ],
];

for (const [title, rounds, last] of cases) {
  test(title, () => {
    const meter = new TrafficMeter(1);
    const verdicts = rounds.map((pods, index) => {
      const counts = Object.entries(pods).map(
        ([pod, said]) =>
          [pod, said ? { requests: said[0], uptimeSeconds: said[1] } : undefined] as const,
      );
      return meter.round(new Map(counts), { now: index * 5_000, patience: 15_000 });
    });
    assert.equal(verdicts.at(-1), last);
  });
}

test("no request at all may be too many", () => {
  const meter = new TrafficMeter(0);
  const ask = (requests: number, now: number) =>
    meter.round(new Map([["a", { requests, uptimeSeconds: now / 1000 }]]), {
      now,
      patience: 15_000,
    });
  ask(0, 0);
  assert.equal(ask(0, 5_000), quiet(0));
  assert.equal(ask(1, 10_000), busy);
});

test.run();
