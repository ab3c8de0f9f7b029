import { eventually } from "../e2e/world.ts";
import type { Operator } from "./operator.ts";
import type { Interference, Refusal } from "./proxy.ts";
import { since, underTraffic, type Finding, type Round, type Scenario } from "./scenario.ts";
import { withOperator, type Stage } from "./stage.ts";

/** What the API server answers on a bad day. */
const refusals: Refusal[] = [
  { status: 409, reason: "Conflict" },
  { status: 429, reason: "TooManyRequests", retryAfter: 1 },
  { status: 500, reason: "InternalError" },
  { status: 503, reason: "ServiceUnavailable", retryAfter: 1 },
];

/** What happens between the operator and the API server, in the middle of a rollout. */
export const wire: Scenario[] = [
  {
    title: "every third request to the API server is refused with 409, 429, 500 or 503",
    run: (stage, round) =>
      duringRollout(stage, round, async ({ proxy }) => {
        let refused = 0;
        proxy.before = everyThird(() => refusals[refused++ % refusals.length]);
        return async () => `${refused} requests were refused`;
      }),
  },
  {
    title: "every third answer of the API server is lost",
    run: (stage, round) =>
      duringRollout(stage, round, async ({ proxy }) => {
        let lost = 0;
        proxy.after = everyThird(() => {
          lost += 1;
          return "lost";
        });
        return async () => `${lost} answers were lost`;
      }),
  },
  {
    title: "all watches are cut, again and again",
    run: (stage, round) =>
      duringRollout(stage, round, async ({ proxy }) => {
        let cuts = 0;
        const timer = setInterval(() => {
          cuts += proxy.watches;
          proxy.cutWatches();
        }, 500);
        return async () => {
          clearInterval(timer);
          return `${cuts} watches were cut`;
        };
      }),
  },
  {
    title: "all watches hang",
    run: (stage, round) =>
      duringRollout(stage, round, async ({ proxy }) => {
        const muted = proxy.watches;
        proxy.muteWatches();
        return async () => `${muted} watches hung`;
      }),
  },
];

function everyThird(fate: Interference): Interference {
  let count = 0;
  return (passage) => {
    count += 1;
    return count % 3 === 0 ? fate(passage) : undefined;
  };
}

/** Lets something go wrong from the moment before a rollout until it has ended nevertheless. */
function duringRollout(
  stage: Stage,
  round: Round,
  fault: (operator: Operator) => Promise<() => Promise<string>>,
): Promise<Finding> {
  return underTraffic(stage, round, () =>
    withOperator(stage.operator(), async (operator) => {
      await stage.settled();
      await eventually("the operator watches", 60, async () => operator.proxy.watches >= 6);
      const mended = await fault(operator);
      const started = performance.now();
      await stage.change();
      await stage.settled(240);
      return `${await mended()}; rolled out in ${since(started)}`;
    }),
  );
}
