import { since, underTraffic, type Scenario } from "./scenario.ts";
import { withOperator } from "./stage.ts";

/** What users do all day. */
export const rollouts: Scenario[] = [
  {
    title: "a rollout, and the rollback to what was before",
    run: (stage, round) =>
      underTraffic(stage, round, () =>
        withOperator(stage.operator(), async () => {
          const before = await stage.settled();
          const { spec } = await stage.model();
          const started = performance.now();
          await stage.change();
          await stage.settled();
          const there = since(started);
          const returned = performance.now();
          await stage.apply(spec);
          const { revision } = await stage.settled();
          if (revision !== before.revision) {
            throw new Error(`the same spec is revision ${revision}, not ${before.revision}`);
          }
          return `there in ${there}, back in ${since(returned)}`;
        }),
      ),
  },
];
