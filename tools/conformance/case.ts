import { send, success, type Target } from "./target.ts";

/**
 * What follows from a failure: the protocol is broken, clients of some kind have trouble, or an
 * extension does not do what the server advertises.
 */
export type Level = "required" | "optional" | "extension";

/** One thing that the protocol says, as a sentence about a server that keeps to it. */
export interface Case {
  level: Level;
  title: string;
  /** Why it cannot be said of this server or model; nothing when it can. */
  exempt?: (target: Target) => string | undefined;
  /** Throws what is different. */
  check: (target: Target) => Promise<unknown>;
}

/** A case that the specification demands. */
export const required = (title: string, check: Case["check"]): Case => ({
  level: "required",
  title,
  check,
});

/** A case that clients rely on, or that the specification leaves open. */
export const optional = (title: string, check: Case["check"]): Case => ({
  level: "optional",
  title,
  check,
});

/** The object that a GET answers with 200. */
export const got = async (url: string): Promise<Record<string, unknown>> =>
  success(await send(url));
