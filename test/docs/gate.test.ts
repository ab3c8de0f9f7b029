import * as assert from "uvu/assert";
import type { ModelDeployment } from "../../operator/src/api/model-deployment.ts";
import { intentFr } from "../operator/fixtures.ts";
import { suite } from "../support/suite.ts";
import { withKubectl } from "./kubectl.ts";

const test = suite("The gate for a pipeline", 60_000);

/** A model with these conditions, written `Type=Status=Reason`; each message names its type. */
function model(conditions: string, observedGeneration = 1): ModelDeployment {
  const lines = conditions.split(" ").map((line) => {
    const [type = "", status, reason = ""] = line.split("=");
    return {
      type,
      status: status as "True" | "False" | "Unknown",
      reason,
      message: `why ${type}`,
      observedGeneration,
      lastTransitionTime: "2026-10-01T12:00:00Z",
    };
  });
  return intentFr({}, { observedGeneration, conditions: lines });
}

/** The same after somebody has changed its spec. */
function later({ metadata, ...rest }: ModelDeployment): ModelDeployment {
  return { ...rest, metadata: { ...metadata, generation: 2 } };
}

const serving = "Ready=True=Serving Reconciling=False=Settled Stalled=False=NoProblem";
const met = model(`${serving} Benchmarked=True=Measured WithinSLO=True=Met`);
const running = model(`${serving} Benchmarked=False=Running WithinSLO=Unknown=NotMeasured`);

/** The old revision serves on with its figures while the new generation is brought up. */
function rollingOut(): ModelDeployment {
  const edited = later(met);
  const reconciling = model("Reconciling=True=RollingOut Stalled=False=NoProblem", 2);
  const [ready, , , ...figures] = edited.status?.conditions ?? [];
  const [first, ...rest] = reconciling.status?.conditions ?? [];
  const conditions = [ready, first, ...rest, ...figures].flatMap((found) => found ?? []);
  return { ...edited, status: { observedGeneration: 2, conditions } };
}

/** The new generation serves; its measurement is under way, or over. */
function after(conditions: string): ModelDeployment {
  return later(model(`${serving} ${conditions}`, 2));
}

const gate = (models: () => ModelDeployment[], ...args: string[]) =>
  withKubectl(models, "docs/guides/gate.sh", args);

const ends: [string, string, number, string][] = [
  ["a kept SLO", "Benchmarked=True=Measured WithinSLO=True=Met", 0, "why WithinSLO"],
  ["a missed SLO", "Benchmarked=True=Measured WithinSLO=False=Missed", 1, "why WithinSLO"],
  [
    "a measurement that is not valid",
    "Benchmarked=False=GeneratorKilled WithinSLO=Unknown=NotMeasured",
    2,
    "why Benchmarked",
  ],
  ["no SLO", "Benchmarked=True=Measured WithinSLO=Unknown=NoSLO", 2, "why WithinSLO"],
  ["no benchmark", "Benchmarked=False=NotRequested WithinSLO=Unknown=NoSLO", 2, "why Benchmarked"],
];
for (const [what, conditions, code, message] of ends) {
  test(`ends with ${code} for ${what}, and says why`, async () => {
    const outcome = await gate(
      () => [model(`${serving} ${conditions}`)],
      "intent-fr",
      "60",
      "-n",
      "demo",
    );
    assert.equal(outcome, { code, stdout: `${message}\n`, stderr: "" });
  });
}

test("ends with 1 when a candidate was refused for its SLO, and with 3 for any other trouble", async () => {
  const refused = (reason: string) =>
    model(
      `Ready=False=RollingOut Stalled=True=${reason} Benchmarked=True=Measured WithinSLO=True=Met`,
    );
  for (const [reason, code] of [
    ["SLOMissed", 1],
    ["ModelNotFound", 3],
  ] as const) {
    const outcome = await gate(() => [refused(reason)], "intent-fr", "60", "-n", "demo");
    assert.equal(outcome, { code, stdout: "why Stalled\n", stderr: "" });
  }
});

test("waits for the new generation, its pods and its measurement", async () => {
  const answers = [
    later(met),
    rollingOut(),
    ...["Queued", "Waiting", "Stale", "Running"].map((reason) =>
      after(`Benchmarked=False=${reason} WithinSLO=Unknown=NotMeasured`),
    ),
  ];
  const measured = after("Benchmarked=True=Measured WithinSLO=True=Met");
  const outcome = await gate(() => [answers.shift() ?? measured], "intent-fr", "60", "-n", "demo");
  assert.is(outcome.code, 0);
  assert.is(answers.length, 0);
});

test("ends with 4 when nothing came of it in time", async () => {
  const { code, stderr } = await gate(() => [running], "intent-fr", "0", "-n", "demo");
  assert.is(code, 4);
  assert.match(stderr, /^not within 0 s; generation and status: 1 1 Ready=True=Serving=1= /);
});

test("ends with 4 while there is no status", async () => {
  assert.is((await gate(() => [intentFr()], "intent-fr", "0", "-n", "demo")).code, 4);
});

const mistakes: [string, string[], RegExp][] = [
  ["a name that is not there", ["other", "60", "-n", "demo"], /NotFound/],
  ["no name", [], /^usage: gate\.sh NAME/],
  ["a time that is not one", ["intent-fr", "5m"], /^"5m" is not a number of seconds; usage/],
];
for (const [what, args, message] of mistakes) {
  test(`ends with 5 for ${what}`, async () => {
    const { code, stderr } = await gate(() => [met], ...args);
    assert.is(code, 5);
    assert.match(stderr, message);
  });
}

const waits: [string, ModelDeployment, number][] = [
  ["takes a condition of the present generation", met, 0],
  ["takes none of an earlier generation", later(met), 1],
  ["takes none of the revision that serves on", rollingOut(), 1],
  ["takes none that is Unknown", running, 1],
];
for (const [what, subject, code] of waits) {
  test(`kubectl wait ${what}`, async () => {
    const args = [
      "wait",
      "--for=condition=WithinSLO",
      "mdep/intent-fr",
      "-n",
      "demo",
      "--timeout=1s",
    ];
    const outcome = await withKubectl(() => [subject], "kubectl", args);
    assert.is(outcome.code, code, outcome.stderr);
    if (code === 1) assert.match(outcome.stderr, /timed out waiting for the condition/);
  });
}

test.run();
