import * as assert from "uvu/assert";
import { readPlan } from "../../benchmarks/scenarios/plan.ts";
import { suite } from "../support/suite.ts";

const test = suite("A plan");

const users = { scenario: "Users", users: 10, thinkTime: { min: 1, max: 5 } };
const rate = { scenario: "Rate", rate: 50 };
const plan = { url: "http://intent-fr.demo.svc", model: "intent-fr", duration: 30, load: users };

for (const load of [users, rate, { ...users, thinkTime: { min: 0, max: 0 } }]) {
  test(`is taken as it is, with ${JSON.stringify(load)}`, () => {
    assert.equal(readPlan(JSON.stringify({ ...plan, load })), { ...plan, load });
  });
}

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
    "PLAN: load must be an object with scenario Users or Rate, but is missing",
  ],
  [
    "a scenario that does not exist",
    { ...plan, load: { scenario: "Capacity" } },
    'PLAN: load.scenario must be Users or Rate, but is "Capacity"',
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
