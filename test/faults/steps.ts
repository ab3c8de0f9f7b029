import { isDeepStrictEqual } from "node:util";
import { eventually } from "../e2e/world.ts";
import type { Operator } from "./operator.ts";
import { isEffect, type Interference } from "./proxy.ts";
import { together, underTraffic, type Finding, type Round, type Scenario } from "./scenario.ts";
import { settings, withOperator, type Spec, type Stage, type State } from "./stage.ts";

/** Milliseconds without an effect after which an operator counts as having done its work. */
const quiet = 1_500;

/** What is rolled out: `historyLimit` decides what becomes of the old revision. */
const open = (number: number, historyLimit: number): Spec => ({
  ...settings(number % 2),
  rollout: { gate: "None", deadline: "5m", historyLimit },
});

/** A rollout with a benchmark in it. */
const gated = (number: number): Spec => ({
  ...settings(number % 2),
  slo: { p95: "10s", errorRate: "0%" },
  benchmark: { scenario: "Rate", rate: "5/s", duration: "5s", warmUp: "0s" },
  rollout: { gate: "SLO", deadline: "5m", historyLimit: 1 },
});

/** The operator ends at any moment of a rollout. */
export const steps: Scenario[] = [
  {
    title: "the operator is killed before each write of a rollout that removes the old revision",
    run: (stage, round) =>
      atEachStep(stage, round, { moment: "before", spec: (number) => open(number, 0) }),
  },
  {
    title: "the operator is killed after each write of a rollout that keeps the old revision",
    isLong: true,
    run: (stage, round) =>
      atEachStep(stage, round, { moment: "after", spec: (number) => open(number, 1) }),
  },
  {
    title: "the operator is killed before each write of a rollout behind a gate",
    isLong: true,
    run: (stage, round) => atEachStep(stage, round, { moment: "before", spec: gated }),
  },
  {
    title: "the operator is killed after each write of a rollout behind a gate",
    isLong: true,
    run: (stage, round) => atEachStep(stage, round, { moment: "after", spec: gated }),
  },
];

interface Variant {
  /** When a write is on its way, or when the operator would learn that it was done. */
  moment: "before" | "after";
  /** Even numbers are the one spec, odd ones the other. */
  spec: (number: number) => Spec;
}

function atEachStep(stage: Stage, round: Round, variant: Variant): Promise<Finding> {
  return withOperator(stage.operator(), async (operator) => {
    const undisturbed = await referenceRollouts(stage, operator, variant);
    const { writes } = undisturbed;
    // A sample is one in the middle of what the rollout does, another one for each moment.
    const sample = variant.moment === "before" ? Math.ceil(writes / 2) : 2;
    const share = { ...round, requests: Math.ceil(round.requests / (round.all ? writes : 1)) };
    const findings: Finding[] = [];
    // One rollout may take more writes than another, so the end is a rollout without a kill.
    for (let number = 1; round.all || number <= writes; number += 1) {
      if (!round.all && number !== sample) continue;
      const step = { operator, variant, number, turn: findings.length, undisturbed };
      let wasKilled = false;
      const finding = await underTraffic(stage, share, async () => {
        wasKilled = await killedAt(stage, step);
        return "";
      });
      findings.push(finding);
      if (!wasKilled) break;
    }
    const kills = round.all ? findings.length - 1 : findings.length;
    if (kills < (round.all ? 2 : 1)) throw new Error(`the operator was killed only ${kills} times`);
    return together(findings, `killed at ${kills} of ${writes} writes; the same end each time`);
  });
}

interface Undisturbed {
  /** How many writes a rollout takes. */
  writes: number;
  /** What rollouts to the one and to the other spec end in. */
  ends: State[];
}

/** Rollouts there and back in which nothing goes wrong. */
async function referenceRollouts(
  stage: Stage,
  operator: Operator,
  { spec }: Variant,
): Promise<Undisturbed> {
  const ends: State[] = [];
  let before = 0;
  // The first one still finds what others have left.
  for (const number of [1, 0, 1]) {
    await isQuiet(operator);
    before = operator.proxy.effects.length;
    await stage.apply(spec(number));
    ends[number] = await stage.settled();
    await isQuiet(operator);
  }
  return { writes: operator.proxy.effects.length - before, ends };
}

interface Step {
  operator: Operator;
  variant: Variant;
  /** Which write. */
  number: number;
  /** Rollouts go there and back by turns. */
  turn: number;
  undisturbed: Undisturbed;
}

/** One rollout with one kill; false when the rollout had fewer writes than that. */
async function killedAt(stage: Stage, step: Step): Promise<boolean> {
  const { operator, variant, number, turn, undisturbed } = step;
  const { moment, spec } = variant;
  await isQuiet(operator);
  const kill = killing(operator, number);
  operator.proxy[moment] = kill.interference;
  await stage.apply(spec(turn));
  const end = await stage.settled();
  await isQuiet(operator);
  operator.proxy.heal();
  const expected = undisturbed.ends[turn % 2];
  if (!isDeepStrictEqual(end, expected)) {
    const [is, should] = [end, expected].map((state) => JSON.stringify(state));
    throw new Error(`killed ${moment} write ${number}, it ended in ${is} instead of ${should}`);
  }
  return kill.hasHappened();
}

function killing(operator: Operator, number: number) {
  let count = 0;
  const interference: Interference = (passage) => {
    if (!isEffect(passage)) return undefined;
    count += 1;
    if (count !== number) return undefined;
    operator.kill();
    return "lost";
  };
  return { interference, hasHappened: () => count >= number };
}

/** Waits until an operator has led for a while without writing anything. */
async function isQuiet(operator: Operator): Promise<void> {
  const { proxy } = operator;
  const asked = performance.now();
  await eventually("the operator has nothing to write", 60, async () => {
    const last = Math.max(asked, proxy.effects.at(-1)?.at ?? 0);
    return operator.hasLogged("Became leader") && performance.now() - last > quiet;
  });
}
