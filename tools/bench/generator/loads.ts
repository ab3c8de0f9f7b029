import type { Rate, Users } from "../../../benchmarks/contract.ts";
import type { FigureName } from "./samples.ts";

/** What a server has to bear, from our generator and another one at once. */
export interface ComparedLoad {
  title: string;
  load: Rate | Users;
  /** Seconds that are measured, unless said. */
  seconds: number;
  other: "vegeta" | "locust";
  /** Answers per second, where they are not left to chance. */
  rps?: number;
}

/** Name of a load. */
export type LoadName = "rate" | "users";

const rate = 200;

/** How many people ask, and how many seconds they think. */
export const people = { users: 10, thinkTime: { min: 1, max: 5 } };

/** All loads. */
export const loads: Record<LoadName, ComparedLoad> = {
  rate: {
    title: `Rate, ${rate} a second`,
    load: { scenario: "Rate", rate },
    seconds: 20,
    other: "vegeta",
    rps: rate,
  },
  users: {
    title: `Users, ${people.users} who think for ${people.thinkTime.min} to ${people.thinkTime.max} s`,
    load: { scenario: "Users", ...people },
    seconds: 60,
    other: "locust",
  },
};

/** Name of a server: the French classifier, or answers that are delayed by known times. */
export type ServerName = "model" | "delays";

/** What the tables call the servers. */
export const serverTitles: Record<ServerName, string> = {
  model: "The model server with the French classifier",
  delays: "A server with known delays",
};

/** What the tables call the figures, with their units and digits. */
export const figureTitles: Record<FigureName, { title: string; decimals: number }> = {
  p50: { title: "P50, ms", decimals: 2 },
  p95: { title: "P95, ms", decimals: 2 },
  p99: { title: "P99, ms", decimals: 2 },
  rps: { title: "answers/s", decimals: 2 },
};
