import type { V1Lease } from "@kubernetes/client-node";
import type { Api } from "./api.ts";
import { sleep, systemClock, type Clock } from "./clock.ts";
import { isConflict } from "./errors.ts";
import { kinds, type Wire } from "./resource.ts";

/** Which one of the replicas of the operator acts. */
export interface Leadership {
  /** Resolves when this one leads; rejects only when the signal is aborted. */
  acquire(signal?: AbortSignal): Promise<void>;
  /** Gives the leadership up, so that another one need not wait for the lease to expire. */
  release(): Promise<void>;
  isLeader(): boolean;
}

/** The lease to compete for; times in milliseconds. */
export interface LeaderElectionOptions {
  api: Pick<Api, "create" | "read" | "replace">;
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
  /** Another candidate may lead from now on; end the process. */
  onLost: () => void;
  log: { warn(fields: object, message: string): void };
  clock?: Clock;
  random?: () => number;
}

type Lease = Wire<V1Lease>;

type State =
  | { name: "candidate" }
  /** Until the time of the clock, unless the lease is renewed; `cancel` ends the watch on that. */
  | { name: "leader"; until: number; cancel: () => void }
  /** Lost or released; there is no way back. */
  | { name: "resigned" };

/**
 * Leader election by a Lease, by the rules of client-go, so that both can compete for one
 * (https://pkg.go.dev/k8s.io/client-go/tools/leaderelection). Clocks of other machines are not
 * trusted: a lease expires when it has not changed for its duration by the clock of this one.
 */
export class LeaderElection implements Leadership {
  readonly #options: LeaderElectionOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #leaseDuration: number;
  readonly #renewDeadline: number;
  readonly #retryPeriod: number;
  readonly #resigning = new AbortController();
  #state: State = { name: "candidate" };
  /** The lease as it was read or written last. */
  #seen: Lease | undefined;
  /** When `#seen` last changed. */
  #seenAt: number;
  /** Whether the lease may have changed since it was seen. */
  #isStale = true;
  #renewing = Promise.resolve();

  constructor(options: LeaderElectionOptions) {
    const { leaseDuration = 15_000, renewDeadline = 10_000, retryPeriod = 2_000 } = options;
    const { clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#leaseDuration = leaseDuration;
    this.#renewDeadline = renewDeadline;
    this.#retryPeriod = retryPeriod;
    this.#clock = clock;
    this.#random = random;
    this.#seenAt = clock.now();
  }

  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    while (!(await this.#tryToHold())) {
      await sleep(this.#clock, this.#untilNextAttempt(), signal);
      signal?.throwIfAborted();
    }
    this.#renewing = this.#renew();
    if (!signal?.aborted) return;
    await this.release();
    signal.throwIfAborted();
  }

  async release(): Promise<void> {
    this.#resign();
    // A renewal under way would otherwise overtake the release.
    await this.#renewing;
    try {
      if (this.#isStale) await this.#read();
      if (!this.#isMine()) return;
      const { holderIdentity: _, ...spec } = this.#claim().spec ?? {};
      const lease = { ...this.#seen, spec: { ...spec, leaseDurationSeconds: 1 } };
      this.#observe(await this.#options.api.replace<Lease>(kinds.lease, lease));
    } catch (error) {
      const message = "Could not release the leadership; it expires by itself";
      this.#options.log.warn({ err: error }, message);
    }
  }

  isLeader(): boolean {
    return this.#state.name === "leader" && this.#clock.now() < this.#state.until;
  }

  async #renew(): Promise<void> {
    const { signal } = this.#resigning;
    while (!signal.aborted) {
      await sleep(this.#clock, this.#retryPeriod, signal);
      if (!signal.aborted && !(await this.#tryToHold()) && this.#takenFor() > 0) this.#lose();
    }
  }

  async #tryToHold(): Promise<boolean> {
    try {
      return await this.#hold();
    } catch (error) {
      if (!isConflict(error)) {
        this.#options.log.warn({ err: error }, "Could not take or renew the leadership");
      }
      return false;
    }
  }

  /** Takes or renews the lease; false while another candidate has it. */
  async #hold(): Promise<boolean> {
    const { api } = this.#options;
    // Counted from before the requests: no other candidate can have seen the renewal earlier.
    const started = this.#clock.now();
    if (this.#isStale) await this.#read();
    if (this.#takenFor() > 0) return false;
    this.#isStale = true;
    const lease = this.#claim();
    const isNew = this.#seen === undefined;
    this.#observe(await (isNew ? api.create(kinds.lease, lease) : api.replace(kinds.lease, lease)));
    this.#isStale = false;
    this.#leadUntil(started + this.#renewDeadline);
    return true;
  }

  #leadUntil(until: number): void {
    if (this.#state.name === "resigned") return;
    this.#cancelDeadline();
    const cancel = this.#clock.after(until - this.#clock.now(), () => this.#lose());
    this.#state = { name: "leader", until, cancel };
  }

  #lose(): void {
    if (this.#state.name === "resigned") return;
    this.#resign();
    this.#options.onLost();
  }

  #resign(): void {
    this.#cancelDeadline();
    this.#state = { name: "resigned" };
    this.#resigning.abort();
  }

  #cancelDeadline(): void {
    if (this.#state.name === "leader") this.#state.cancel();
  }

  async #read(): Promise<void> {
    const { api, name, namespace } = this.#options;
    this.#observe(await api.read<Lease>(kinds.lease, namespace, name));
  }

  #observe(lease: Lease | undefined): void {
    if (signature(lease) !== signature(this.#seen)) this.#seenAt = this.#clock.now();
    this.#seen = lease;
  }

  #isMine(): boolean {
    return this.#seen?.spec?.holderIdentity === this.#options.identity;
  }

  /** Milliseconds until another candidate's lease expires; 0 when no other one has it. */
  #takenFor(): number {
    const { holderIdentity, leaseDurationSeconds } = this.#seen?.spec ?? {};
    if (!holderIdentity || this.#isMine()) return 0;
    const duration = leaseDurationSeconds ? leaseDurationSeconds * 1000 : this.#leaseDuration;
    return Math.max(0, this.#seenAt + duration - this.#clock.now());
  }

  /** Milliseconds until the next attempt to take the lease: until it expires, if that is sooner. */
  #untilNextAttempt(): number {
    // With jitter, so that candidates that were started together do not collide again and again.
    const pause = this.#retryPeriod * (1 + 0.2 * this.#random());
    return Math.min(pause, this.#takenFor() || pause);
  }

  /** The lease as it is written to take or renew it. */
  #claim(): Lease {
    const { name, namespace, identity } = this.#options;
    const now = microTime();
    const { acquireTime, leaseTransitions = 0 } = this.#seen?.spec ?? {};
    const isSuccession = this.#seen !== undefined && !this.#isMine();
    return {
      metadata: this.#seen?.metadata ?? { name, namespace },
      spec: {
        ...this.#seen?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#leaseDuration / 1000),
        acquireTime: (this.#isMine() && acquireTime) || now,
        renewTime: now,
        leaseTransitions: isSuccession ? leaseTransitions + 1 : leaseTransitions,
      },
    };
  }
}

function signature(lease: Lease | undefined): string {
  const { holderIdentity, acquireTime, renewTime } = lease?.spec ?? {};
  return `${holderIdentity} ${acquireTime} ${renewTime}`;
}

/** Now, with the six digits after the second that a MicroTime must have. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
