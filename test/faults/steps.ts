import { isDeepStrictEqual } from "node:util";
import { eventually } from "../e2e/world.ts";
import type { Operator } from "./operator.ts";
import { isEffect, type Interference } from "./proxy.ts";
import { together, underTraffic, type Finding, type Round, type Scenario } from "./scenario.ts";
import { withOperator, type Stage, type State } from "./stage.ts";

/** Milliseconds without an effect after which an operator counts as having done its work. */
const quiet = 1_500;

/** The operator ends at any moment of a rollout. */
export const steps: Scenario[] = [
  {
    title: "the operator is killed before each of its writes of a rollout",
    run: (stage, round) => atEachStep(stage, round, "before"),
  },
  {
    title: "the operator is killed after each of its writes of a rollout",
    run: (stage, round) => atEachStep(stage, round, "after"),
  },
];

function atEachStep(stage: Stage, round: Round, moment: Moment): Promise<Finding> {
  return withOperator(stage.operator(), async (operator) => {
    const undisturbed = await referenceRollouts(stage, operator);
    const { writes } = undisturbed;
    // A sample has the first one, one in the middle and the last but one, in turn for both moments.
    const sample = moment === "before" ? [1, Math.ceil(writes / 2)] : [2, writes - 1];
    const findings: Finding[] = [];
    // One rollout may take more writes than another, so the end is a rollout without a kill.
    for (let number = 1; ; number += 1) {
      if (!round.all && number > writes) break;
      if (!round.all && !sample.includes(number)) continue;
      const step = { operator, moment, number, turn: findings.length, undisturbed };
      let wasKilled = false;
      const finding = await underTraffic(stage, round, async () => {
        wasKilled = await killedAt(stage, step);
        return "";
      });
      if (!wasKilled) break;
      findings.push(finding);
    }
    if (findings.length === 0) throw new Error("the operator was never killed");
    const which = round.all ? `each of ${findings.length}` : `${findings.length} of ${writes}`;
    return together(findings, `at ${which} writes; the end was the same each time`);
  });
}

type Moment = "before" | "after";

interface Undisturbed {
  /** How many writes a rollout takes. */
  writes: number;
  /** What rollouts to the one and to the other spec end in. */
  ends: State[];
}

/** Two rollouts, there and back, in which nothing goes wrong. */
async function referenceRollouts(stage: Stage, operator: Operator): Promise<Undisturbed> {
  await stage.settled();
  const { proxy } = operator;
  const ends: State[] = [];
  let writes = 0;
  for (const number of [0, 1]) {
    await isQuiet(operator);
    const before = proxy.effects.length;
    await stage.alternate(number);
    ends.push(await stage.settled());
    await isQuiet(operator);
    writes = proxy.effects.length - before;
  }
  return { writes, ends };
}

interface Step {
  operator: Operator;
  moment: Moment;
  /** Which write. */
  number: number;
  /** Rollouts go there and back by turns. */
  turn: number;
  undisturbed: Undisturbed;
}

/** One rollout with one kill; false when the rollout had fewer writes than that. */
async function killedAt(stage: Stage, step: Step): Promise<boolean> {
  const { operator, moment, number, turn, undisturbed } = step;
  const { proxy } = operator;
  await isQuiet(operator);
  const kill = killing(operator, number);
  proxy[moment] = kill.interference;
  await stage.alternate(turn);
  const end = await stage.settled();
  await isQuiet(operator);
  proxy.heal();
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
    return operator.hasLogged("Started to lead") && performance.now() - last > quiet;
  });
}
