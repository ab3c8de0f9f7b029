import * as assert from "uvu/assert";
import { readPlan } from "../../benchmarks/scenarios/plan.ts";
import { suite } from "../support/suite.ts";

const test = suite("A plan");

const users = { scenario: "Users", users: 10, thinkTime: { min: 1, max: 5 } };
const rate = { scenario: "Rate", rate: 50 };
const plan = { url: "http://intent-fr.demo.svc", model: "intent-fr", duration: 30, load: users };

const capacity = {
  scenario: "Capacity",
  slo: { p95: 120, errorRate: 0.001 },
  replicas: 2,
  resolution: 0.05,
  stepSeconds: 5,
};
const script = { scenario: "Script", path: "/scripts/load.js" };
const good = [
  users,
  { ...users, thinkTime: { min: 0, max: 0 } },
  rate,
  { ...rate, ramp: 2 },
  capacity,
  { ...capacity, slo: {}, start: 0.5, limit: 900 },
  script,
];

for (const load of good) {
  test(`is taken as it is, with ${JSON.stringify(load)}`, () => {
    assert.equal(readPlan(JSON.stringify({ ...plan, load })), { ...plan, load });
  });
}

test("may have a warm-up, payloads and the pods' addresses", () => {
  const more = {
    ...plan,
    warmUp: 5,
    payloads: "/payloads/a.jsonl",
    capture: true,
    pods: ["http://10.2.0.7:9090"],
  };
  assert.equal(readPlan(JSON.stringify(more)), more);
});

test("may have an address that ends with a slash", () => {
  assert.is(readPlan(JSON.stringify({ ...plan, url: "http://a.b/" })).url, "http://a.b");
});

const refused: [string, object | string, string][] = [
  ["no JSON", "{", 'PLAN is not a JSON object: "{"'],
  ["a list", "[1]", 'PLAN is not a JSON object: "[1]"'],
  ["null", "null", 'PLAN is not a JSON object: "null"'],
  [
    "no address",
    { ...plan, url: undefined },
    "PLAN: url must be a base address such as http://intent-fr.demo.svc, but is missing",
  ],
  [
    "an address without http",
    { ...plan, url: "intent-fr.demo.svc" },
    'PLAN: url must be a base address such as http://intent-fr.demo.svc, but is "intent-fr.demo.svc"',
  ],
  ["no model", { ...plan, model: "" }, 'PLAN: model must be the name of the model, but is ""'],
  [
    "a duration with a unit",
    { ...plan, duration: "30s" },
    'PLAN: duration must be a number of seconds above 0, but is "30s"',
  ],
  [
    "no duration",
    { ...plan, duration: 0 },
    "PLAN: duration must be a number of seconds above 0, but is 0",
  ],
  [
    "no load",
    { ...plan, load: undefined },
    "PLAN: load must be an object with scenario Users, Rate, Capacity or Script, but is missing",
  ],
  [
    "a scenario that does not exist",
    { ...plan, load: { scenario: "Spike" } },
    'PLAN: load.scenario must be Users, Rate, Capacity or Script, but is "Spike"',
  ],
  [
    "half a user",
    { ...plan, load: { ...users, users: 0.5 } },
    "PLAN: load.users must be a whole number above 0, but is 0.5",
  ],
  [
    "users who do not think",
    { ...plan, load: { ...users, thinkTime: undefined } },
    "PLAN: load.thinkTime must be an object with min and max in seconds, but is missing",
  ],
  [
    "users who think backwards",
    { ...plan, load: { ...users, thinkTime: { min: 5, max: 1 } } },
    'PLAN: load.thinkTime must be seconds from 0 with min at most max, but is {"min":5,"max":1}',
  ],
  [
    "no rate",
    { ...plan, load: { ...rate, rate: "50/s" } },
    'PLAN: load.rate must be a whole number of requests per second above 0, but is "50/s"',
  ],
  [
    "a warm-up of minus one second",
    { ...plan, warmUp: -1 },
    "PLAN: warmUp must be a number of seconds from 0, but is -1",
  ],
  [
    "payloads that are not in a file",
    { ...plan, payloads: "[]" },
    'PLAN: payloads must be the absolute path of a file of JSON lines, but is "[]"',
  ],
  [
    "a word about capture",
    { ...plan, capture: "yes" },
    'PLAN: capture must be true or false, but is "yes"',
  ],
  [
    "pods without their ports' addresses",
    { ...plan, pods: ["10.2.0.7"] },
    'PLAN: pods must be a list of addresses such as http://10.2.0.7:9090, but is ["10.2.0.7"]',
  ],
  [
    "a ramp with a unit",
    { ...plan, load: { ...rate, ramp: "2s" } },
    'PLAN: load.ramp must be a number of seconds from 0, but is "2s"',
  ],
  [
    "a capacity without an SLO",
    { ...plan, load: { ...capacity, slo: undefined } },
    "PLAN: load.slo must be an object with p95 in milliseconds, errorRate, or both, but is missing",
  ],
  [
    "an SLO with a unit",
    { ...plan, load: { ...capacity, slo: { p95: "120ms" } } },
    'PLAN: load.slo.p95 must be a number of milliseconds above 0, but is "120ms"',
  ],
  [
    "an error rate in percent",
    { ...plan, load: { ...capacity, slo: { errorRate: 1 } } },
    "PLAN: load.slo.errorRate must be a share from 0 to below 1, but is 1",
  ],
  [
    "a capacity of no replicas",
    { ...plan, load: { ...capacity, replicas: 0 } },
    "PLAN: load.replicas must be a whole number above 0, but is 0",
  ],
  [
    "a limit of nothing",
    { ...plan, load: { ...capacity, limit: 0 } },
    "PLAN: load.limit must be a number of requests per second above 0, but is 0",
  ],
  [
    "a resolution in percent",
    { ...plan, load: { ...capacity, resolution: 5 } },
    "PLAN: load.resolution must be a share above 0 and at most 0.5, but is 5",
  ],
  [
    "no length of a step",
    { ...plan, load: { ...capacity, stepSeconds: undefined } },
    "PLAN: load.stepSeconds must be a number of seconds above 0, but is missing",
  ],
  [
    "a script somewhere",
    { ...plan, load: { ...script, path: "load.js" } },
    'PLAN: load.path must be the absolute path of a k6 script, but is "load.js"',
  ],
];

for (const [what, wrong, message] of refused) {
  test(`is refused with ${what}`, () => {
    const text = typeof wrong === "string" ? wrong : JSON.stringify(wrong);
    assert.throws(
      () => readPlan(text),
      (error: Error) => error.message === message,
    );
  });
}

test("is missed when there is none", () => {
  assert.throws(() => readPlan(undefined), /^PLAN is not set/);
});

test.run();
