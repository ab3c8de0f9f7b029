import { eventually } from "../e2e/world.ts";
import type { Operator } from "./operator.ts";
import { isEffect, type Passage } from "./proxy.ts";
import { underTraffic, type Scenario } from "./scenario.ts";
import { withOperator, type Stage } from "./stage.ts";

/** Seconds within which another operator has to act. */
const longestTakeover = 20;

/** Two operators, of which one at most acts. */
export const leaders: Scenario[] = [
  {
    title: "the leading one of two operators is frozen in the middle of a rollout, and thawed",
    run: (stage, round) =>
      underTraffic(stage, round, () =>
        withOperator(stage.operator("faults-a"), async (first) => {
          await stage.settled();
          await eventually("it leads", 60, async () => first.hasLogged("Became leader"));
          return withOperator(stage.operator("faults-b"), (second) =>
            changedHands(stage, first, second),
          );
        }),
      ),
  },
];

async function changedHands(stage: Stage, first: Operator, second: Operator): Promise<string> {
  await eventually("the other one waits", 60, async () => second.proxy.passages.some(isForLease));
  const frozen = frozenAtFirstEffect(first);
  await stage.change();
  const frozenAt = await frozen;
  const takenOver = await eventually("the other one leads", longestTakeover, async () =>
    tookOver(second, "faults-b"),
  );
  await stage.settled();
  const written = first.proxy.effects.length;
  first.leaveEnded();
  first.thaw();
  await first.ended;
  const late = first.proxy.effects.slice(written);
  if (late.length > 0) {
    const what = late.map(({ verb, resource, name }) => `${verb} ${resource} ${name}`);
    throw new Error(`the one that was thawed still wrote: ${what.join(", ")}`);
  }
  if (second.proxy.effects.some(({ at }) => at < takenOver)) {
    throw new Error("the other one wrote before it led");
  }
  const seconds = ((takenOver - frozenAt) / 1000).toFixed(1);
  return `taken over after ${seconds} s; the old one wrote nothing more`;
}

/**
 * Freezes an operator while it waits for the answer to its next effect, which it finds when it is
 * thawed: nothing else stands between it and the effect after that. Resolves with the time.
 */
function frozenAtFirstEffect(operator: Operator): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  operator.proxy.after = (passage) => {
    if (!isEffect(passage)) return;
    operator.freeze();
    operator.proxy.heal();
    resolve(performance.now());
  };
  return promise;
}

function isForLease({ resource }: Pick<Passage, "resource">): boolean {
  return resource === "leases";
}

/** When an operator took the lease, if it did. */
function tookOver({ proxy }: Operator, identity: string): number | undefined {
  const taken = proxy.passages.find(
    ({ verb, resource, body, status }) =>
      isForLease({ resource }) &&
      verb === "update" &&
      status === 200 &&
      body.includes(`"holderIdentity":"${identity}"`),
  );
  return taken?.at;
}
