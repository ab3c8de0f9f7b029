/** What a rollout is decided on. */
export interface Situation {
  /** The revision that the spec asks for; undefined while that cannot be said. */
  desired: string | undefined;
  /** The revision that gets the traffic now; undefined when there is none. */
  current: string | undefined;
  /** Whether the current revision ever answered, and still has its Deployment. */
  established: boolean;
  /** Whether the desired revision has as many available pods as serve now. */
  complete: boolean;
  /** Revisions with a Deployment. */
  existing: string[];
}

/** Which revision gets the traffic, which one is next, and which ones go. */
export interface Rollout {
  desired: string | undefined;
  current: string | undefined;
  /** Gets the traffic once the plan has been carried out. */
  serving: string | undefined;
  /** Is being brought up beside it. */
  candidate: string | undefined;
  /** Their Deployments are removed. */
  superseded: string[];
}

/**
 * Decides a rollout.
 *
 * A changed revision gets the traffic when all its pods are available, and never takes anything
 * from the serving one before. While it cannot be said what the spec asks for, everything stays.
 * A Deployment goes only once another one has been seen to get the traffic.
 */
export function rollout(situation: Situation): Rollout {
  const { desired, current, existing } = situation;
  const serving = isNext(situation) ? desired : current;
  return {
    desired,
    current,
    serving,
    candidate: serving === desired ? undefined : desired,
    superseded:
      desired === undefined
        ? []
        : existing.filter((revision) => revision !== desired && revision !== current),
  };
}

/** Nothing answers yet, or the desired revision can take over. */
function isNext({ desired, current, established, complete }: Situation): boolean {
  return desired !== undefined && (current === undefined || !established || complete);
}
