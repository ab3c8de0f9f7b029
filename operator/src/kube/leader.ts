import type { V1Lease } from "@kubernetes/client-node";
import type { Api } from "./api.ts";
import { sleep, systemClock, type Clock } from "./clock.ts";
import { isConflict } from "./errors.ts";
import { kinds, type Wire } from "./resource.ts";

/** One candidate among the replicas of the operator. */
export interface LeaderElection {
  /** Resolves when this one leads; rejects only when the signal is aborted. */
  acquire(signal?: AbortSignal): Promise<void>;
  /** Gives the leadership up, so that another one need not wait for the lease to expire. */
  release(): Promise<void>;
  isLeader(): boolean;
}

/** The lease to compete for; times in milliseconds. */
export interface LeaderElectionOptions {
  api: Api;
  name: string;
  namespace: string;
  /** Unlike any other candidate's: the name of the pod. */
  identity: string;
  /** How long others wait after the last renewal before they take over, 15,000 unless said. */
  leaseDuration?: number;
  /** How long renewals may fail before the leadership is given up, 10,000 unless said. */
  renewDeadline?: number;
  /** Pause between two attempts, 2,000 unless said. */
  retryPeriod?: number;
  /** Somebody else may lead from now on; end the process. */
  onLost: () => void;
  log: { warn(fields: object, message: string): void };
  clock?: Clock;
  random?: () => number;
}

type Lease = Wire<V1Lease>;

/**
 * Leader election by a Lease, by the rules of client-go, so that both can compete for one. Clocks
 * of other machines are not trusted: a lease expires when it has not changed for its duration by
 * the clock of this one.
 */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { api, name, namespace, identity, onLost, log } = options;
  const { leaseDuration = 15_000, renewDeadline = 10_000, retryPeriod = 2_000 } = options;
  const { clock = systemClock, random = Math.random } = options;
  const ending = new AbortController();
  let seen: Lease | undefined;
  /** When `seen` last changed. */
  let seenAt = clock.now();
  /** Whether the lease may have changed since it was seen. */
  let stale = true;
  /** Until when this one leads, unless it renews. */
  let deadline = -Infinity;
  let cancelDeadline = () => {};
  let renewing = Promise.resolve();

  const isMine = () => seen?.spec?.holderIdentity === identity;

  /** Milliseconds until somebody else's lease expires; 0 when nobody else has it. */
  function takenFor(): number {
    const { holderIdentity, leaseDurationSeconds } = seen?.spec ?? {};
    if (!holderIdentity || isMine()) return 0;
    const duration = leaseDurationSeconds ? leaseDurationSeconds * 1000 : leaseDuration;
    return Math.max(0, seenAt + duration - clock.now());
  }

  const isTaken = () => takenFor() > 0;

  /** Milliseconds until the next attempt to take the lease: the moment it expires, if that is sooner. */
  function untilNextAttempt(): number {
    // With jitter, so that candidates that were started together do not collide for ever.
    const pause = retryPeriod * (1 + 0.2 * random());
    return Math.min(pause, takenFor() || pause);
  }

  function observe(lease: Lease | undefined): void {
    if (signature(lease) !== signature(seen)) seenAt = clock.now();
    seen = lease;
  }

  /** Takes or renews the lease; false while somebody else has it. */
  async function attempt(): Promise<boolean> {
    // Counted from before the requests: nobody can have seen the renewal earlier.
    const started = clock.now();
    if (stale) observe(await api.read<Lease>(kinds.lease, namespace, name));
    if (isTaken()) return false;
    stale = true;
    const lease = claim();
    observe(await (seen ? api.replace(kinds.lease, lease) : api.create(kinds.lease, lease)));
    stale = false;
    if (!ending.signal.aborted) leadUntil(started + renewDeadline);
    return true;
  }

  async function tried(): Promise<boolean> {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error)) log.warn({ err: error }, "Could not take or renew the leadership");
      return false;
    }
  }

  function claim(): Lease {
    const now = microTime();
    const { acquireTime, leaseTransitions = 0 } = seen?.spec ?? {};
    return {
      metadata: seen?.metadata ?? { name, namespace },
      spec: {
        ...seen?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseDuration / 1000),
        acquireTime: (isMine() && acquireTime) || now,
        renewTime: now,
        leaseTransitions: !seen || isMine() ? leaseTransitions : leaseTransitions + 1,
      },
    };
  }

  function leadUntil(time: number): void {
    cancelDeadline();
    deadline = time;
    cancelDeadline = clock.after(time - clock.now(), lose);
  }

  function lose(): void {
    if (ending.signal.aborted) return;
    resign();
    onLost();
  }

  function resign(): void {
    ending.abort();
    cancelDeadline();
    deadline = -Infinity;
  }

  async function renew(): Promise<void> {
    while (!ending.signal.aborted) {
      await sleep(clock, retryPeriod, ending.signal);
      if (!ending.signal.aborted && !(await tried()) && isTaken()) lose();
    }
  }

  async function release(): Promise<void> {
    resign();
    // A renewal under way would otherwise overtake the release.
    await renewing;
    try {
      if (stale) observe(await api.read<Lease>(kinds.lease, namespace, name));
      if (!isMine()) return;
      const { holderIdentity: _, ...spec } = claim().spec ?? {};
      const lease = { ...seen, spec: { ...spec, leaseDurationSeconds: 1 } };
      observe(await api.replace<Lease>(kinds.lease, lease));
    } catch (error) {
      log.warn({ err: error }, "Could not release the leadership; it expires by itself");
    }
  }

  return {
    async acquire(signal) {
      signal?.throwIfAborted();
      while (!(await tried())) {
        await sleep(clock, untilNextAttempt(), signal);
        signal?.throwIfAborted();
      }
      renewing = renew();
      if (!signal?.aborted) return;
      await release();
      signal.throwIfAborted();
    },
    release,
    isLeader: () => clock.now() < deadline,
  };
}

function signature(lease: Lease | undefined): string {
  const { holderIdentity, acquireTime, renewTime } = lease?.spec ?? {};
  return `${holderIdentity} ${acquireTime} ${renewTime}`;
}

/** Now, with the six digits after the second that a MicroTime must have. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
