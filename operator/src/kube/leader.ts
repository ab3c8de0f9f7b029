import type { Api } from "./api.ts";

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
}

/** Leader election by a Lease, compatible with client-go's. */
export declare function createLeaderElection(options: LeaderElectionOptions): LeaderElection;
