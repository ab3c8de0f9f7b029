import type { Gate } from "./gate.ts";

/** What a rollout is decided on. */
export interface RolloutInput {
  /** The revision that the spec asks for; undefined while that cannot be said. */
  desired: string | undefined;
  /** The revision that receives traffic now; undefined when there is none. */
  current: string | undefined;
  /** Whether the current revision ever answered, and still has its Deployment. */
  established: boolean;
  /** Whether nothing may change. */
  paused: boolean;
  /** Whether the desired revision may take over from an established one. */
  gate: Gate["state"] | undefined;
  /** Revisions with a Deployment, the newest first. */
  existing: string[];
  /** How many old or refused revisions are kept. */
  historyLimit: number;
}

/** Which revision receives traffic, which one is next, and what happens to the others. */
export interface Rollout {
  desired: string | undefined;
  current: string | undefined;
  /** Receives traffic once the plan has been carried out. */
  serving: string | undefined;
  /** Is being brought up beside it. */
  candidate: string | undefined;
  /** Was brought up beside it, and will not receive traffic. */
  refused: string | undefined;
  /** Are kept without pods. */
  retired: string[];
  /** Their Deployments are removed. */
  superseded: string[];
}

/**
 * Decides a rollout.
 *
 * A changed revision receives traffic when all its pods are available and its gate is open, and
 * never takes anything from the serving one before. While it cannot be said what the spec asks for,
 * everything stays. A Deployment loses its pods only once another one has been seen to receive
 * traffic.
 */
export function decideRollout(input: RolloutInput): Rollout {
  const { desired, current, paused, gate } = input;
  const serving = isNext(input) ? desired : current;
  const isBeside = serving !== desired && !paused;
  const refused = isBeside && gate === "refused" ? desired : undefined;
  return {
    desired,
    current,
    serving,
    candidate: isBeside && refused === undefined ? desired : undefined,
    refused,
    ...history(input, refused),
  };
}

/** Nothing answers yet, or the desired revision may take over. */
function isNext({ desired, current, established, paused, gate }: RolloutInput): boolean {
  if (desired === undefined || paused) return false;
  return current === undefined || !established || gate === "open";
}

function history(
  { desired, current, existing, historyLimit }: RolloutInput,
  refused: string | undefined,
): Pick<Rollout, "retired" | "superseded"> {
  if (desired === undefined) return { retired: [], superseded: [] };
  const others = existing.filter((revision) => revision !== desired && revision !== current);
  // What was refused a moment ago is looked at more often than what served long ago.
  const idle = refused !== undefined && existing.includes(refused) ? [refused, ...others] : others;
  return { retired: idle.slice(0, historyLimit), superseded: idle.slice(historyLimit) };
}
